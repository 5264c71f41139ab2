about='The UDP daemon of rs2 is bound to 0.0.0.0: the kernel picks its own address as source of the answers.'
service=udp
expect=('reply-wrong-source rs2')
may=(rs-no-reply)
fault_on() {
  stop_service rs2 udp
  start_udp rs2 0.0.0.0
}
fault_off() {
  stop_service rs2 udp
  start_udp rs2 "$VIP"
}
scene() { requests 9 udp; }
