# tcpdump at the mirror port, and on every machine when asked for.

# start_captures MIRROR_FILE [DIRECTORY]: waits until each listens.
start_captures() {
  CAPTURES=()
  start_capture mirror "$1"
  if [ -n "${2:-}" ]; then
    local machine
    for machine in client "${ON_LAN[@]}"; do start_capture "$machine" "$2/$machine.pcap"; done
  fi
}

start_capture() {
  ip netns exec "$PREFIX$1" tcpdump -i eth0 -s 0 -U --immediate-mode -Z root -w "$2" 2>"$WORK/tcpdump-$1.log" &
  CAPTURES+=($!)
  wait_for_line "$WORK/tcpdump-$1.log" 'listening on'
}

# The last frames are still on their way to tcpdump for a moment.
stop_captures() {
  pause 0.3
  local pid
  for pid in "${CAPTURES[@]}"; do
    kill -TERM "$pid"
    wait "$pid" || true
  done
}
