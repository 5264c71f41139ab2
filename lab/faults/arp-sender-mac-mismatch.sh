about='lvs1 announces the VIP with a MAC in the ARP payload that is not its own.'
expect=('arp-sender-mac-mismatch lvs1')
may=(director-bypassed stale-gateway-arp gateway-arp-flip director-no-rewrite director-not-forwarding)
scene() {
  requests 4
  announce lvs1 "$VIP" 02:4c:56:53:00:99
  requests 4
}
