about='For some seconds lvs2 does not hear lvs1 and announces the VIP; lvs1 stays master, but does not announce it again.'
needs=(keepalived)
expect=('last-garp-from-loser lvs2')
may=(gateway-arp-flip stale-gateway-arp vrrp-split-brain vip-mac-flapping duplicate-director)
directors=(lvs1 lvs2)
fault_on() { start_vrrp 'garp_lower_prio_repeat 0'; }
fault_off() { stop_vrrp; }
scene() {
  requests 4
  on lvs2 nft -f - <<RULES
table ip no_vrrp {
  chain input {
    type filter hook input priority 0;
    ip protocol 112 drop
  }
}
RULES
  until_owner lvs2 yes
  pause 1.5
  on lvs2 nft delete table ip no_vrrp
  until_owner lvs2 no
  requests 5
  # A master may take ten seconds to announce itself again; only then is it late.
  pause 12
}
