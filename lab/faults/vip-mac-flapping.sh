about='lvs1 and lvs2 announce the VIP in turn, without VRRP between them.'
expect=('vip-mac-flapping lvs1' 'vip-mac-flapping lvs2')
may=(duplicate-director failover-without-garp last-garp-from-loser stale-gateway-arp)
scene() {
  local turn
  requests 3
  for turn in 1 2 3; do
    announce lvs2 "$VIP"
    pause 0.5
    announce lvs1 "$VIP"
    pause 0.5
    requests 2
  done
}
