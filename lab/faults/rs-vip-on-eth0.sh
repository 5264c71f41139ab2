about='rs2 has the VIP on eth0 instead of lo: arp_ignore=1 does not silence it there.'
expect=('rs-answers-arp rs2')
may=(director-bypassed gateway-arp-flip vip-arp-race uneven-distribution)
fault_off() {
  ip -n "${PREFIX}rs2" addr del "$VIP/32" dev eth0
  ip -n "${PREFIX}rs2" addr add "$VIP/32" dev lo
}
scene() {
  requests 3
  ip -n "${PREFIX}rs2" addr del "$VIP/32" dev lo
  ip -n "${PREFIX}rs2" addr add "$VIP/32" dev eth0
  forget_neighbours
  requests 6
}
