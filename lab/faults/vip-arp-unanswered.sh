about='The VIP vanishes from the director: nobody answers ARP for it.'
expect=('vip-arp-unanswered')
fault_off() {
  own_vip lvs1
  forward lvs1
}
scene() {
  requests 3
  disown_vip lvs1
  stop_forwarding lvs1
  forget_neighbours
  requests 4
}
