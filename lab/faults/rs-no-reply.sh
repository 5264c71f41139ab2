about='A firewall on rs2 drops the requests.'
expect=('rs-no-reply rs2')
may=(handshake-never-completes)
fault_on() {
  on rs2 nft -f - <<RULES
table ip firewall {
  chain input {
    type filter hook input priority 0;
    tcp dport $HTTP_PORT drop
  }
}
RULES
}
fault_off() { on rs2 nft delete table ip firewall; }
