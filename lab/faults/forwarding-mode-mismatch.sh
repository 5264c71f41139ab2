about='The director translates addresses (NAT) instead of direct routing.'
nft_only=yes
level=info
expect=('forwarding-mode-mismatch lvs1')
fault_on() {
  local rs
  stop_forwarding lvs1
  setting lvs1 net.ipv4.ip_forward=1 net.ipv4.conf.all.send_redirects=0 net.ipv4.conf.eth0.send_redirects=0
  on lvs1 nft -f - <<RULES
table ip address_translation {
  chain requests {
    type nat hook prerouting priority dstnat;
    ip daddr $VIP dnat to jhash ip saddr . tcp sport mod 3 seed 2 map { 0 : ${IP[rs1]}, 1 : ${IP[rs2]}, 2 : ${IP[rs3]} }
  }
}
RULES
  for rs in "${REAL_SERVERS[@]}"; do ip -n "$PREFIX$rs" route replace default via "${IP[lvs1]}"; done
}
fault_off() {
  local rs
  on lvs1 nft delete table ip address_translation
  setting lvs1 net.ipv4.ip_forward=0
  for rs in "${REAL_SERVERS[@]}"; do ip -n "$PREFIX$rs" route replace default via "${IP[gateway]}"; done
  forward lvs1
}
