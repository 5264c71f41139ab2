about='The director gives every request to rs1.'
nft_only=yes
level=info
expect=('uneven-distribution rs1')
fault_on() {
  stop_forwarding lvs1
  forward_by_nft lvs1 "$(to_macs "$BY_CONNECTION" "${MAC[rs1]}" "${MAC[rs1]}" "${MAC[rs1]}")"
}
fault_off() {
  stop_forwarding lvs1
  forward lvs1
}
scene() { requests 15; }
