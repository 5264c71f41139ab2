about='The default gateway of rs2 is the director, which drops replies that have its own address as source.'
expect=('reply-via-director rs2')
may=(rs-no-reply handshake-never-completes)
fault_on() { ip -n "${PREFIX}rs2" route replace default via "${IP[lvs1]}"; }
fault_off() { ip -n "${PREFIX}rs2" route replace default via "${IP[gateway]}"; }
