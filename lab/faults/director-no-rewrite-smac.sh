about='The director writes its own MAC as source, but no real server as destination.'
nft_only=yes
expect=('director-no-rewrite lvs1')
fault_on() {
  stop_forwarding lvs1
  forward_by_nft lvs1 'ether saddr set DIRECTOR_MAC'
}
fault_off() {
  stop_forwarding lvs1
  forward lvs1
}
scene() { requests 4; }
