about='rs2 opens connections of its own with the VIP as source; the answers go to the director.'
expect=('rs-originates-from-vip rs2')
scene() {
  requests 6
  on rs2 python3 "$LAB/ask.py" http "$CLIENT" 8080 2 0.1 46001 "$VIP" || true
  requests 3
}
fault_on() { start_service client http 8080 0.0.0.0; }
