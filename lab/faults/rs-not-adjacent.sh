about='The director sends the requests of rs2 to the gateway, as for a real server on another LAN.'
nft_only=yes
expect=('rs-not-adjacent gateway')
may=(forwarding-loop rs-no-reply icmp-redirect)
fault_on() {
  stop_forwarding lvs1
  forward_by_nft lvs1 "$(to_macs "$BY_CONNECTION" "${MAC[rs1]}" "${MAC[gateway]}" "${MAC[rs3]}")"
}
fault_off() {
  stop_forwarding lvs1
  forward lvs1
}
