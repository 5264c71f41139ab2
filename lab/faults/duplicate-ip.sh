about='lvs2 has the address of rs3 as well.'
expect=('duplicate-ip rs3' 'duplicate-ip lvs2')
may=(vip-arp-race)
fault_on() { ip -n "${PREFIX}lvs2" addr add "${IP[rs3]}/32" dev eth0; }
fault_off() { ip -n "${PREFIX}lvs2" addr del "${IP[rs3]}/32" dev eth0; }

# Nothing asks for a real server's own address when nftables is the director, so the gateway does.
scene() {
  requests 6
  forget_neighbours
  on gateway python3 "$LAB/ask.py" http "${IP[rs3]}" "$HTTP_PORT" 1 0 50001
  requests 3
}
