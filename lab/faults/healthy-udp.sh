about='Nothing is wrong; the service is UDP, bound to the VIP.'
service=udp
scene() { requests 9 udp; }
