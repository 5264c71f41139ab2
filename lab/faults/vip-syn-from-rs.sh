about='rs3 has no VIP, and a program on it asks the VIP: the request leaves on the wire.'
expect=('vip-syn-from-rs rs3')
may=(rs-no-reply handshake-never-completes)
fault_on() { ip -n "${PREFIX}rs3" addr del "$VIP/32" dev lo; }
fault_off() { ip -n "${PREFIX}rs3" addr add "$VIP/32" dev lo; }
scene() {
  requests 6
  on rs3 python3 "$LAB/ask.py" http "$VIP" "$HTTP_PORT" 3 0.1 47001
}
