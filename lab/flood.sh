#!/usr/bin/env bash
# A watch in a flood: forged random sources at the mirror port for as long as you like, with a real fault at the end. Memory must stay flat,
# and the fault must be found. Not a part of the checks: sudo lab/flood.sh [--stalled] [--backend NAME] [SECONDS [PACKETS_A_SECOND]],
# 4200 and 50000 by default: 30 minutes after 40 in which facts grow, two spans until all generations stand and two more until each has had its turn.
# --stalled: until the fault, nobody reads what the watch prints, and its webhook takes requests and never answers.
# Needs what the lab needs, and trafgen (apt-get install netsniff-ng). Frames, losses, lag, memory and the finding are printed.
set -euo pipefail
LAB=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
STALLED='' OPTIONS=()
while [[ ${1:-} == --* ]]; do
  case $1 in
    --stalled) STALLED=yes ;;
    --backend) OPTIONS+=(--backend "$2") && shift ;;
    *) echo "lab/flood.sh: $1 is not known; --stalled and --backend NAME are." >&2 && exit 2 ;;
  esac
  shift
done
SECONDS_LONG=${1:-4200}
RATE=${2:-50000}
command -v trafgen >/dev/null || { echo "lab/flood.sh: trafgen is not installed; try 'apt-get install netsniff-ng'." >&2 && exit 2; }

WORK=$(mktemp -d)
coproc CLUSTER { "$LAB/run" rs-answers-arp --live --director nft 2>/dev/null; }
LAB_PID=$CLUSTER_PID
exec {say}>&"${CLUSTER[1]}" {hear}<&"${CLUSTER[0]}" {CLUSTER[1]}>&- {CLUSTER[0]}<&-
TRAFGEN='' WATCH='' READER='' HOOK=''
clean_up() {
  [ -z "$READER" ] || kill -CONT "$READER" 2>/dev/null || true
  for pid in $TRAFGEN $WATCH $HOOK; do kill -TERM "$pid" 2>/dev/null || true; done
  exec {say}>&- || true
  wait "$LAB_PID" 2>/dev/null || true
  rm -rf "$WORK"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

read -r word prefix <&"$hear"
[ "$word" = ready ] || { echo 'lab/flood.sh: the lab cannot be built here; lab/run --check says why.' >&2 && exit 2; }
lab() { echo "$*" >&"$say" && read -r _ <&"$hear"; }

# SYNs from random sources and ports to the VIP, as they reach the director.
cat >"$WORK/flood.cfg" <<'CONFIG'
{
  eth(da=02:4c:56:53:00:02, sa=02:4c:56:53:00:01)
  ipv4(sa=drnd(), da=203.0.113.100, ttl=63)
  tcp(sp=drnd(), dp=80, seq=drnd(), syn)
}
CONFIG

mkfifo "$WORK/printed"
cat "$WORK/printed" >"$WORK/events" &
READER=$!
ip -n "${prefix}mirror" link set lo up
if [ -n "$STALLED" ]; then
  # The kernel takes the connections; nobody accepts them.
  ip netns exec "${prefix}mirror" python3 -c 'import signal, socket; s = socket.create_server(("127.0.0.1", 8080)); signal.pause()' &
  HOOK=$!
  OPTIONS+=(--webhook http://127.0.0.1:8080/)
fi
# With the priority that contrib/lvs-doctor@.service gives it.
ip netns exec "${prefix}mirror" nice -n -10 "${NODE:-node}" "$LAB/../bin/lvs-doctor.js" \
  watch -i mirror=eth0 -f json --metrics 127.0.0.1:9843 "${OPTIONS[@]}" >"$WORK/printed" 2>"$WORK/watch.log" &
WATCH=$!
until grep -qs watching "$WORK/watch.log"; do sleep 0.2; done
lab requests 6
[ -z "$STALLED" ] || kill -STOP "$READER"
ip netns exec "${prefix}lan" trafgen --dev mirror --conf "$WORK/flood.cfg" --rate "${RATE}pps" --cpus 1 --qdisc-path >/dev/null 2>&1 &
TRAFGEN=$!

metric() {
  ip netns exec "${prefix}mirror" python3 -c '
import re, sys, urllib.request
page = urllib.request.urlopen("http://127.0.0.1:9843/metrics", timeout=10).read().decode()
print(re.search(rf"^{sys.argv[1]}(?:{{.*}})? (\S+)$", page, re.M)[1])' "$1"
}
rss() { awk '/VmRSS/ { print $2 }' "/proc/$WATCH/status"; }
ticks() { awk '{ print $14 + $15 }' "/proc/$WATCH/stat"; }
started=$SECONDS
before=$(ticks)
while [ $((SECONDS - started)) -lt "$SECONDS_LONG" ]; do
  sleep 10
  kill -0 "$TRAFGEN" "$WATCH" || { echo 'lab/flood.sh: the flood or the watch has ended early.' >&2 && exit 1; }
  echo "$((SECONDS - started)) $(rss) $(metric lvs_doctor_lag_seconds)" | tee -a "$WORK/memory" | awk '{ printf "%5d s  %.1f MB  lag %.0f ms\n", $1, $2 / 1024, $3 * 1000 }'
done
used=$(($(ticks) - before))
[ -z "$STALLED" ] || kill -CONT "$READER"

faults_before=$(grep -c '"event":"found"' "$WORK/events" || true)
lab on
lab forget
lab requests 6
for _ in $(seq 100); do
  if grep -q '"event":"found".*"rule":"rs-answers-arp"' "$WORK/events"; then break; fi
  sleep 0.1
done
kill -TERM "$TRAFGEN" && TRAFGEN=''
kill -TERM "$WATCH"
wait "$WATCH" || true
WATCH=''

# The slope of memory in the last 30 minutes, or in the second half of a run that is shorter than an hour.
awk -v long="$SECONDS_LONG" '{ t[NR] = $1; m[NR] = $2 / 1024 } END {
  warm = long > 3600 ? long - 1800 : long / 2
  for (i = 1; i <= NR; i++) if (t[i] > warm) { n++; st += t[i]; sm += m[i]; stt += t[i] * t[i]; stm += t[i] * m[i] }
  d = n * stt - st * st
  printf "memory after %d s: %.1f MB on average, slope %.2f MB in 30 minutes\n", warm, sm / n, d == 0 ? 0 : (n * stm - st * sm) / d * 1800
}' "$WORK/memory"
tail -n 1 "$WORK/events" | sed 's/.*"state":/counts: /'
echo "processor: $((used * 100 / ($(getconf CLK_TCK) * SECONDS_LONG))) % of one"
echo "findings before the fault: $faults_before (the flood itself is requests that nobody answers)"
if grep -q '"event":"found".*"rule":"rs-answers-arp"' "$WORK/events"; then echo 'the fault was found'; else echo 'the fault was MISSED' && exit 1; fi
