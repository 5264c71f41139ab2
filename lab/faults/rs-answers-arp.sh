about='rs2 has arp_ignore=0: it answers ARP requests for the VIP that it holds on lo.'
expect=('rs-answers-arp rs2')
may=(director-bypassed gateway-arp-flip vip-arp-race uneven-distribution)
switch_on() { setting rs2 net.ipv4.conf.all.arp_ignore=0; }
fault_off() { setting rs2 net.ipv4.conf.all.arp_ignore=1; }

# At first all is well. The gateway keeps the first of two answers, so each race may go either way.
scene() {
  requests 3
  switch_on
  forget_neighbours
  requests 3
  forget_neighbours
  requests 3
}
