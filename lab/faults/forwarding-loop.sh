about='rs2 has no VIP but ip_forward=1: it sends requests back to the director, round and round until the TTL is used up.'
expect=('forwarding-loop rs2')
may=(vip-syn-from-rs icmp-redirect rs-no-reply)
fault_on() {
  ip -n "${PREFIX}rs2" addr del "$VIP/32" dev lo
  setting rs2 net.ipv4.ip_forward=1
}
fault_off() {
  setting rs2 net.ipv4.ip_forward=0
  ip -n "${PREFIX}rs2" addr add "$VIP/32" dev lo
}
