about='The director chooses a real server for each packet instead of each connection.'
nft_only=yes
expect=('mid-flow-rs-switch lvs1')
may=(rs-no-reply rs-refuses director-no-rewrite)
fault_on() {
  stop_forwarding lvs1
  forward_by_nft lvs1 "$(to_macs 'numgen inc mod 3' "${MAC[rs1]}" "${MAC[rs2]}" "${MAC[rs3]}")"
}
fault_off() {
  stop_forwarding lvs1
  forward lvs1
}
