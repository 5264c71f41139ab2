about='The gateway drops what rs2 sends from the VIP, as port security does: its SYN-ACKs are never acknowledged.'
expect=('synack-unacknowledged')
may=(handshake-never-completes)
fault_on() {
  on gateway nft -f - <<RULES
table netdev port_security {
  chain ingress {
    type filter hook ingress device eth0 priority 0;
    ether saddr ${MAC[rs2]} ip saddr $VIP drop
  }
}
RULES
}
fault_off() { on gateway nft delete table netdev port_security; }
scene() { requests 9; pause 4; }
