about='The web server of rs2 is down: the kernel refuses connections.'
expect=('rs-refuses rs2')
fault_on() { stop_service rs2 http; }
fault_off() { start_http rs2; }
