about='lvs2 takes the VIP over, but its gratuitous ARP never leaves (keepalived, filtered).'
needs=(keepalived)
expect=('failover-without-garp lvs2')
may=(stale-gateway-arp)
directors=(lvs1 lvs2)
fault_on() {
  on lvs2 nft -f - <<RULES
table netdev no_garp {
  chain output {
    type filter hook egress device eth0 priority 0;
    arp saddr ip $VIP arp daddr ip $VIP drop
  }
}
RULES
  start_vrrp
}
fault_off() {
  on lvs2 nft delete table netdev no_garp
  forward lvs1
  start_keepalived lvs1 150
  until_owner lvs1 yes
  stop_vrrp
}
scene() {
  requests 4
  stop_keepalived lvs1
  stop_forwarding lvs1
  until_owner lvs2 yes
  requests 8
}
