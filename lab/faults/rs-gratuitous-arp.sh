about='rs2 sends gratuitous ARP for the VIP, as a start script with arping -U does.'
expect=('rs-announces-vip rs2' 'gateway-arp-flip rs2')
may=(director-bypassed uneven-distribution)
scene() {
  requests 4
  announce rs2 "$VIP"
  requests 5
}
