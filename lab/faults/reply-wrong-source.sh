about='rs2 translates the source of its replies to its own address.'
expect=('reply-wrong-source rs2')
may=(rs-no-reply)
fault_on() {
  on rs2 nft -f - <<RULES
table ip wrong_source {
  chain replies {
    type filter hook postrouting priority 0;
    ip saddr $VIP tcp sport $HTTP_PORT ip saddr set ${IP[rs2]}
  }
}
RULES
}
fault_off() { on rs2 nft delete table ip wrong_source; }
