about='No director has the VIP: nobody answers ARP for it.'
expect=('vip-arp-unanswered')
fault_on() { disown_vip lvs1; }
fault_off() { own_vip lvs1; }
