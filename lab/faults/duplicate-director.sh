about='lvs2 has the VIP too, answers ARP for it and forwards, without VRRP between the two.'
expect=('duplicate-director lvs1' 'duplicate-director lvs2')
may=(vip-arp-race)
directors=(lvs1 lvs2)
fault_off() {
  disown_vip lvs2
  stop_forwarding lvs2
}
scene() {
  requests 4
  own_vip lvs2
  forward lvs2
  forget_neighbours
  requests 5
}
