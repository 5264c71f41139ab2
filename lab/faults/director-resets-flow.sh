about='The director forgets its connections: data in the middle of one draws a RST from the director.'
nft_only=yes
expect=('director-resets-flow lvs1')
may=(director-not-forwarding)
fault_off() { forward lvs1; }
scene() {
  local slow
  requests 4
  ip netns exec "${PREFIX}client" python3 "$LAB/ask.py" slow-http "$VIP" "$HTTP_PORT" 3 0 45001 &
  slow=$!
  pause 0.5
  stop_forwarding lvs1
  wait "$slow"
}
