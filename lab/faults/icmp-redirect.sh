about='rs1 reaches another network through the director, which tells it by ICMP redirect to go to the gateway.'
expect=('icmp-redirect lvs1')
fault_on() {
  setting lvs1 net.ipv4.ip_forward=1
  ip -n "${PREFIX}client" addr add 198.51.100.9/24 dev eth0
  ip -n "${PREFIX}rs1" route add 198.51.100.9/32 via "${IP[lvs1]}"
  start_service client http 8080 0.0.0.0
}
fault_off() {
  ip -n "${PREFIX}rs1" route del 198.51.100.9/32 via "${IP[lvs1]}"
  setting lvs1 net.ipv4.ip_forward=0
}
scene() {
  requests 6
  on rs1 python3 "$LAB/ask.py" http 198.51.100.9 8080 3 0.1 48001
}
