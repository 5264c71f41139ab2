# VRRP between lvs1 (priority 150) and lvs2 (100), by keepalived. Faults that use it say needs=(keepalived).

# start_keepalived DIRECTOR PRIORITY [LINE...]: with more lines for its vrrp_instance.
start_keepalived() {
  local director=$1 priority=$2 config=$WORK/$1-keepalived.conf
  shift 2
  {
    echo 'global_defs { vrrp_garp_master_refresh 0 }'
    echo 'vrrp_instance cluster {'
    echo '  state BACKUP'
    echo '  interface eth0'
    echo '  virtual_router_id 51'
    echo "  priority $priority"
    echo '  advert_int 1'
    echo '  garp_master_delay 1'
    printf '  %s\n' "$@"
    echo "  virtual_ipaddress { $VIP/32 dev eth0 }"
    echo '}'
  } >"$config"
  ip netns exec "$PREFIX$director" keepalived --dont-fork --log-console --vrrp --use-file "$config" \
    --pid "$WORK/$director-keepalived.pid" --vrrp_pid "$WORK/$director-vrrp.pid" >"$WORK/$director-keepalived.log" 2>&1 &
  disown
}

# Takes its leave with an advert of priority 0.
stop_keepalived() {
  kill -TERM "$(<"$WORK/$1-keepalived.pid")"
  until_owner "$1" no
}

# until_owner DIRECTOR yes|no: waits until it has the VIP, or has it no more; ten seconds at most.
until_owner() {
  local try has
  for try in $(seq 100); do
    has=no
    if ip -n "$PREFIX$1" -o addr show dev eth0 | grep -qF " $VIP/32 "; then has=yes; fi
    if [ "$has" = "$2" ]; then return 0; fi
    pause 0.1
  done
  stop_with "keepalived on $1 did not change in time: $(tail -n 1 "$WORK/$1-keepalived.log")"
}

# start_vrrp [LINE...]: both directors forward, lvs1 is master and has announced itself twice.
start_vrrp() {
  disown_vip lvs1
  forward lvs2
  start_keepalived lvs1 150 "$@"
  until_owner lvs1 yes
  start_keepalived lvs2 100 "$@"
  pause 2
}

stop_vrrp() {
  stop_keepalived lvs2
  stop_keepalived lvs1
  stop_forwarding lvs2
  own_vip lvs1
}
