about='rs2 has the VIP with mask /24 on lo, so that its whole LAN is local to it, the gateway included.'
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
