about='rs3 is dead, and the director goes on sending requests to it for more than half a minute.'
expect=('traffic-to-dead-rs rs3')
may=(rs-no-reply handshake-never-completes director-cannot-resolve-rs)
fault_off() { ip -n "${PREFIX}rs3" link set eth0 up && ip -n "${PREFIX}rs3" route replace default via "${IP[gateway]}"; }
scene() {
  requests 6
  ip -n "${PREFIX}rs3" link set eth0 down
  requests 40 http 0.6
}
