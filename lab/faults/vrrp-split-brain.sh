about='A firewall drops VRRP on both directors: each believes it is alone and holds the VIP.'
needs=(keepalived)
expect=('vrrp-split-brain lvs1' 'vrrp-split-brain lvs2')
may=(duplicate-director vip-arp-race vip-mac-flapping)
directors=(lvs1 lvs2)
fault_on() {
  local director
  for director in lvs1 lvs2; do
    on "$director" nft -f - <<RULES
table ip no_vrrp {
  chain input {
    type filter hook input priority 0;
    ip protocol 112 drop
  }
}
RULES
  done
  start_vrrp
}
fault_off() {
  stop_vrrp
  on lvs1 nft delete table ip no_vrrp
  on lvs2 nft delete table ip no_vrrp
}
scene() {
  requests 3
  until_owner lvs2 yes
  pause 3
  requests 6
}
