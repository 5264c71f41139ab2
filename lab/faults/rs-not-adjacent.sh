about='The director sends the requests of rs2 to a router (lvs2 plays it), as for a real server on another LAN.'
nft_only=yes
expect=('rs-not-adjacent lvs2')
may=(forwarding-loop rs-no-reply icmp-redirect vip-syn-from-rs)
fault_on() {
  setting lvs2 net.ipv4.ip_forward=1
  stop_forwarding lvs1
  forward_by_nft lvs1 "$(to_macs "$BY_CONNECTION" "${MAC[rs1]}" "${MAC[lvs2]}" "${MAC[rs3]}")"
}
fault_off() {
  setting lvs2 net.ipv4.ip_forward=0
  stop_forwarding lvs1
  forward lvs1
}
