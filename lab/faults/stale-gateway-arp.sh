about='lvs2 takes the VIP over and announces it, but the gateway does not listen and goes on sending to lvs1.'
expect=('stale-gateway-arp lvs2')
may=(director-not-forwarding director-no-rewrite failover-without-garp vip-arp-unanswered)
directors=(lvs1 lvs2)
fault_off() {
  disown_vip lvs2
  stop_forwarding lvs2
  own_vip lvs1
  forward lvs1
}
scene() {
  requests 4
  on gateway nft -f - <<RULES
table arp deaf {
  chain input {
    type filter hook input priority 0;
    arp saddr ip $VIP arp saddr ether ${MAC[lvs2]} drop
  }
}
RULES
  disown_vip lvs1
  stop_forwarding lvs1
  own_vip lvs2
  forward lvs2
  announce lvs2 "$VIP"
  requests 6
  on gateway nft delete table arp deaf
  announce lvs2 "$VIP"
  requests 4
}
