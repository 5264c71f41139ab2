about='rs2 has arp_announce=0: it asks for the gateway with the VIP as sender, and the gateway believes it.'
expect=('rs-announces-vip rs2' 'gateway-arp-flip rs2')
may=(director-bypassed uneven-distribution)
fault_on() { setting rs2 net.ipv4.conf.all.arp_announce=0; }
fault_off() { setting rs2 net.ipv4.conf.all.arp_announce=2; }
