# The cluster on the LAN: the service on each real server, the VIP, and the director that hands requests on.

HTTP_PORT=80
UDP_PORT=4000

build_cluster() {
  local rs
  for rs in "${REAL_SERVERS[@]}"; do
    setting "$rs" net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2
    ip -n "$PREFIX$rs" addr add "$VIP/32" dev lo
    start_http "$rs"
    start_udp "$rs" "$VIP"
  done
  own_vip lvs1
  forward lvs1
}

# own_vip DIRECTOR, disown_vip DIRECTOR: the director answers ARP for the VIP, or not.
own_vip() { ip -n "$PREFIX$1" addr add "$VIP/32" dev eth0; }
disown_vip() { ip -n "$PREFIX$1" addr del "$VIP/32" dev eth0; }

# forward DIRECTOR: requests go to the real servers, by IPVS or nftables, whichever this run has.
forward() {
  if [ "$DIRECTOR" = ipvs ]; then forward_by_ipvs "$1"; else forward_by_nft "$1" "$(to_real_servers)"; fi
}

stop_forwarding() {
  if [ "$DIRECTOR" = ipvs ]; then on "$1" ipvsadm -C; else on "$1" nft delete table netdev direct_routing; fi
}

forward_by_ipvs() {
  local rs
  on "$1" ipvsadm -A -t "$VIP:$HTTP_PORT" -s rr
  on "$1" ipvsadm -A -u "$VIP:$UDP_PORT" -s rr
  for rs in "${REAL_SERVERS[@]}"; do
    on "$1" ipvsadm -a -t "$VIP:$HTTP_PORT" -r "${IP[$rs]}" -g
    on "$1" ipvsadm -a -u "$VIP:$UDP_PORT" -r "${IP[$rs]}" -g
  done
}

# forward_by_nft DIRECTOR REWRITE: each request to the VIP leaves again on the same interface, after the statements of REWRITE, in which
# DIRECTOR_MAC and CLIENT_PORT stand for what they say.
# Unlike IPVS, `fwd` leaves the TTL as it is, and knows no connections: the same client port always goes to the same real server.
forward_by_nft() {
  local rewrite=${2//DIRECTOR_MAC/${MAC[$1]}}
  on "$1" nft -f - <<RULES
table netdev direct_routing {
  chain requests {
    type filter hook ingress device eth0 priority 0;
    ether daddr ${MAC[$1]} ip daddr $VIP tcp dport $HTTP_PORT ${rewrite//CLIENT_PORT/tcp sport} fwd to eth0
    ether daddr ${MAC[$1]} ip daddr $VIP udp dport $UDP_PORT ${rewrite//CLIENT_PORT/udp sport} fwd to eth0
  }
}
RULES
}

# The rewrite of direct routing: the director's MAC as source, a real server's as destination. The seed is one that spreads nine requests evenly.
BY_CONNECTION='jhash ip saddr . CLIENT_PORT mod 3 seed 2'
to_real_servers() { to_macs "$BY_CONNECTION" "${MAC[rs1]}" "${MAC[rs2]}" "${MAC[rs3]}"; }

# to_macs CHOICE MAC MAC MAC: CHOICE gives 0, 1 or 2.
to_macs() { echo "ether saddr set DIRECTOR_MAC ether daddr set $1 map { 0 : $2, 1 : $3, 2 : $4 }"; }

start_http() { start_service "$1" http "$HTTP_PORT" 0.0.0.0; }

# start_udp RS ADDRESS: bound to the VIP it answers from the VIP; bound to 0.0.0.0, from the address of the interface.
start_udp() { start_service "$1" udp "$UDP_PORT" "$2"; }

start_service() {
  ip netns exec "$PREFIX$1" python3 "$LAB/serve.py" "$2" "$4" "$3" "$1" >"$WORK/$1-$2.log" 2>&1 &
  echo $! >"$WORK/$1-$2.pid"
  # Or the shell would tell of its end.
  disown
  wait_for_line "$WORK/$1-$2.log" serving
}

# stop_service RS http|udp
stop_service() {
  local pid
  pid=$(<"$WORK/$1-$2.pid")
  kill -KILL "$pid"
  while kill -0 "$pid" 2>/dev/null; do pause 0.02; done
}

# requests [COUNT [http|udp [PAUSE]]]: the client asks the VIP, one request after the other, each from a new port; prints who answered.
# Run in the background and waited for, so that an interrupt is heard at once.
requests() {
  local port=$HTTP_PORT
  if [ "${2:-http}" = udp ]; then port=$UDP_PORT; fi
  ip netns exec "${PREFIX}client" python3 "$LAB/ask.py" "${2:-http}" "$VIP" "$port" "${1:-9}" "${3:-0.1}" "$NEXT_CLIENT_PORT" &
  NEXT_CLIENT_PORT=$((NEXT_CLIENT_PORT + ${1:-9}))
  wait $!
}
NEXT_CLIENT_PORT=40001

# pause SECONDS: heard by an interrupt, unlike a plain sleep.
pause() {
  sleep "$1" &
  wait $!
}

# announce MACHINE IP [MAC]: gratuitous ARP, saying IP is at its own MAC or at the MAC given.
announce() { on "$1" python3 "$LAB/announce.py" "${MAC[$1]}" "$2" "${3:-${MAC[$1]}}"; }

# wait_for_line FILE TEXT: until a program has said in its log that it is ready; five seconds at most.
wait_for_line() {
  local try
  for try in $(seq 250); do
    if grep -q "$2" "$1" 2>/dev/null; then return 0; fi
    sleep 0.02
  done
  stop_with "a program of the lab did not start: $(tail -n 1 "$1")"
}
