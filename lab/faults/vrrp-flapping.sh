about='keepalived on lvs1 is restarted again and again: the VIP moves to and fro.'
needs=(keepalived)
expect=('vrrp-flapping lvs1' 'vrrp-flapping lvs2')
may=(vip-mac-flapping)
directors=(lvs1 lvs2)
fault_on() { start_vrrp; }
fault_off() { stop_vrrp; }
scene() {
  local turn
  for turn in 1 2 3; do
    requests 3
    stop_keepalived lvs1
    until_owner lvs2 yes
    requests 3
    start_keepalived lvs1 150
    until_owner lvs1 yes
  done
  pause 2
}
