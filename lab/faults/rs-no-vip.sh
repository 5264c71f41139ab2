about='rs2 has no VIP: it drops what is not for it.'
expect=('rs-no-reply rs2')
may=(handshake-never-completes)
fault_on() { ip -n "${PREFIX}rs2" addr del "$VIP/32" dev lo; }
fault_off() { ip -n "${PREFIX}rs2" addr add "$VIP/32" dev lo; }
