about='rs2 has the VIP with mask /24 on lo: the whole LAN is local to it, and requests from there are martian.'
expect=('rs-no-reply rs2')
may=(handshake-never-completes)
fault_on() {
  ip -n "${PREFIX}rs2" addr del "$VIP/32" dev lo
  ip -n "${PREFIX}rs2" addr add "$VIP/24" dev lo
}
fault_off() {
  ip -n "${PREFIX}rs2" addr del "$VIP/24" dev lo
  ip -n "${PREFIX}rs2" addr add "$VIP/32" dev lo
}

# Clients from elsewhere are served; the gateway itself, whose address is of the LAN, is not.
scene() {
  requests 6
  on gateway python3 "$LAB/ask.py" http "$VIP" "$HTTP_PORT" 9 0.1 40101
}
