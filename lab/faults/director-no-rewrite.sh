about='The director sends requests out again as they came, without a real server as destination MAC.'
nft_only=yes
expect=('director-no-rewrite lvs1')
fault_on() {
  stop_forwarding lvs1
  forward_by_nft lvs1 ''
}
fault_off() {
  stop_forwarding lvs1
  forward lvs1
}
scene() { requests 4; }
