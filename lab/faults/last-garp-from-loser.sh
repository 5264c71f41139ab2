about='lvs1 is master again by VRRP, but lvs2 was the last to announce the VIP.'
needs=(keepalived)
expect=('last-garp-from-loser lvs2')
may=(gateway-arp-flip stale-gateway-arp)
directors=(lvs1 lvs2)
fault_on() { start_vrrp; }
fault_off() { stop_vrrp; }
scene() {
  requests 4
  announce lvs2 "$VIP"
  requests 4
  pause 3
}
