about='The gateway has a static ARP entry for the VIP with the MAC of rs2.'
expect=('director-bypassed rs2')
may=(gateway-arp-flip uneven-distribution)
fault_off() { ip -n "${PREFIX}gateway" neigh del "$VIP" dev eth0; }
scene() {
  requests 3
  ip -n "${PREFIX}gateway" neigh replace "$VIP" lladdr "${MAC[rs2]}" dev eth0 nud permanent
  requests 6
}
