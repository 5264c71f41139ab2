# The LAN: one network namespace a machine, a bridge between them, and a mirror port that gets every frame exactly once.
#
#   client 198.51.100.7 ── 198.51.100.1 gateway 203.0.113.1 ─┬─ lvs1 .2 ─ lvs2 .3 ─ rs1 .10 ─ rs2 .11 ─ rs3 .12      VIP .100
#                                                            └─ mirror (listens only)
#
# Every port of the bridge duplicates what comes in to the mirror port. A frame comes in once, wherever it goes out, so the mirror has it once.

VIP=203.0.113.100
CLIENT=198.51.100.7
REAL_SERVERS=(rs1 rs2 rs3)
ON_LAN=(gateway lvs1 lvs2 rs1 rs2 rs3)

# Namespaces of this run begin with this; nothing without it is ever touched.
PREFIX="lvslab$$-"

declare -A IP=([gateway]=203.0.113.1 [lvs1]=203.0.113.2 [lvs2]=203.0.113.3 [rs1]=203.0.113.10 [rs2]=203.0.113.11 [rs3]=203.0.113.12)

# MACs tell the machine: "LVS" in ASCII, locally administered, and the last number of its address.
declare -A MAC=([client]=02:4c:56:53:01:07)
for machine in "${ON_LAN[@]}"; do MAC[$machine]="02:4c:56:53:00:${IP[$machine]##*.}"; done
for machine in gateway lvs1 lvs2; do MAC[$machine]="02:4c:56:53:00:0${IP[$machine]##*.}"; done

# on MACHINE COMMAND...: runs it there. What is to run in the background is started with `ip netns exec` itself, so that $! is its own.
on() {
  local machine=$1
  shift
  ip netns exec "$PREFIX$machine" "$@"
}

# setting MACHINE KEY=VALUE...: kernel settings of that machine alone.
setting() {
  local machine=$1
  shift
  on "$machine" sysctl -qw "$@"
}

build_lan() {
  local machine
  for machine in lan mirror client "${ON_LAN[@]}"; do
    ip netns add "$PREFIX$machine"
    standard_settings "$machine"
    ip -n "$PREFIX$machine" link set lo up
  done
  ip -n "${PREFIX}lan" link add name switch type bridge mcast_snooping 0
  ip -n "${PREFIX}lan" link set switch up
  add_mirror_port
  for machine in "${ON_LAN[@]}"; do plug_in "$machine"; done
  # Its far end sends no frame of its own, and the bridge does not know it: it only gets duplicates.
  connect_client
  for machine in lvs1 lvs2 "${REAL_SERVERS[@]}"; do ip -n "$PREFIX$machine" route add default via "${IP[gateway]}"; done
}

# Said explicitly, because a namespace may inherit them from the host.
standard_settings() {
  setting "$1" net.ipv4.ip_forward=0
  local of
  for of in all default; do
    setting "$1" "net.ipv4.conf.$of.arp_ignore=0" "net.ipv4.conf.$of.arp_announce=0" "net.ipv4.conf.$of.arp_accept=0" \
      "net.ipv4.conf.$of.rp_filter=0" "net.ipv4.conf.$of.accept_redirects=1" "net.ipv4.conf.$of.send_redirects=1"
    if [ -e "/proc/sys/net/ipv6/conf/$of/disable_ipv6" ]; then setting "$1" "net.ipv6.conf.$of.disable_ipv6=1"; fi
  done
}

add_mirror_port() {
  ip -n "${PREFIX}lan" link add name mirror type veth peer name eth0 netns "${PREFIX}mirror"
  ip -n "${PREFIX}lan" link set mirror up
  ip -n "${PREFIX}mirror" link set eth0 up
  on lan nft add table netdev mirror
}

# plug_in MACHINE: its eth0 into a port of the bridge, named after it.
plug_in() {
  local machine=$1
  ip -n "$PREFIX$machine" link add name eth0 address "${MAC[$machine]}" type veth peer name "$machine" netns "${PREFIX}lan"
  ip -n "${PREFIX}lan" link set "$machine" master switch up
  on lan nft add chain netdev mirror "$machine" "{ type filter hook ingress device $machine priority 0; }"
  on lan nft add rule netdev mirror "$machine" dup to mirror
  ip -n "$PREFIX$machine" addr add "${IP[$machine]}/24" dev eth0
  ip -n "$PREFIX$machine" link set eth0 up
}

connect_client() {
  ip -n "${PREFIX}gateway" link add name outside type veth peer name eth0 address "${MAC[client]}" netns "${PREFIX}client"
  ip -n "${PREFIX}gateway" addr add 198.51.100.1/24 dev outside
  ip -n "${PREFIX}gateway" link set outside up
  ip -n "${PREFIX}client" addr add "$CLIENT/24" dev eth0
  ip -n "${PREFIX}client" link set eth0 up
  ip -n "${PREFIX}client" route add default via 198.51.100.1
  setting gateway net.ipv4.ip_forward=1
}

# Nobody remembers a MAC: the next request begins with ARP.
forget_neighbours() {
  local machine
  for machine in "${ON_LAN[@]}"; do ip -n "$PREFIX$machine" neigh flush dev eth0; done
}

# remove_namespaces PREFIX: ends what runs in its namespaces, and removes them with all their interfaces.
remove_namespaces() {
  local name pid
  for name in $(ip netns list | awk '{ print $1 }'); do
    case $name in
      "$1"*)
        for pid in $(ip netns pids "$name"); do kill -KILL "$pid" 2>/dev/null || true; done
        ip netns delete "$name" || true
        ;;
    esac
  done
}
