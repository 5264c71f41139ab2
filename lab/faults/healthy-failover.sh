about='Nothing is wrong: lvs1 leaves, lvs2 takes the VIP over by VRRP and announces it.'
needs=(keepalived)
directors=(lvs1 lvs2)
fault_on() { start_vrrp; }
fault_off() {
  start_keepalived lvs1 150
  until_owner lvs1 yes
  stop_vrrp
}
scene() {
  requests 4
  stop_keepalived lvs1
  until_owner lvs2 yes
  pause 2
  requests 5
}
