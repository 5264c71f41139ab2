about='The director has the VIP but no service: it refuses every request itself.'
expect=('director-not-forwarding lvs1')
fault_off() { forward lvs1; }
scene() {
  requests 4
  stop_forwarding lvs1
  requests 5
}
