/**
 * How to see that a fault is gone: for each rule, on which machine, with which command, and what must be seen. `VIP` stands for the
 * address of the finding, `CULPRIT` for a machine that was to be mended. What must be seen is Markdown.
 */

export interface Cure {
  readonly on: string;
  readonly run: string;
  /** For IPv6, where the command is another one. */
  readonly run6?: string;
  readonly see: string;
}

const ASK: Pick<Cure, 'on' | 'run' | 'run6'> = {
  on: 'the gateway, or a client on the same LAN',
  run: 'arping -b -c 3 -I eth0 VIP',
  run6: 'ndisc6 -m VIP eth0',
};
const ENTRY: Pick<Cure, 'on' | 'run' | 'run6'> = {
  on: 'the gateway, or a client on the same LAN',
  run: 'ip neigh show to VIP',
  run6: 'ip -6 neigh show to VIP',
};
const CLAIMS: Pick<Cure, 'on' | 'run' | 'run6'> = {
  on: 'any machine of this LAN',
  run: "tcpdump -n -e -i eth0 'arp and host VIP'",
  run6: "tcpdump -n -e -i eth0 'icmp6'",
};
const ADVERTS: Pick<Cure, 'on' | 'run'> = { on: 'any machine of this LAN', run: "tcpdump -n -e -i eth0 'proto 112'" };
const REQUESTS = "tcpdump -n -e -i eth0 'dst host VIP'";
const SERVICE = "tcpdump -n -e -i eth0 'host VIP'";

/** By the name of the rule. A test of the house says which is missing. */
export const CURES: Readonly<Record<string, Cure>> = {
  'rs-answers-arp': { ...ASK, see: "every reply names the director's MAC, and no other machine replies" },
  'rs-announces-vip': {
    ...CLAIMS,
    see: 'no request or announcement with this sender comes from a real server, not even after `ip neigh flush dev eth0` there',
  },
  'gateway-arp-flip': { ...ENTRY, see: "the director's MAC, and still so after `ip neigh flush` and ten new requests" },
  'director-bypassed': { on: 'each real server', run: REQUESTS, see: "every request comes from the director's MAC" },
  'vip-arp-race': { ...ASK, see: 'one machine replies, each time' },
  'vip-mac-flapping': { ...CLAIMS, see: 'for two minutes and more, all announcements come from one MAC' },
  'vip-arp-unanswered': { ...ASK, see: "the director's MAC replies to each request" },
  'arp-sender-mac-mismatch': { ...CLAIMS, see: 'the MAC inside each message is the one that the frame comes from' },
  'rs-answers-nd': { ...ASK, see: "every advertisement names the director's MAC, and no other machine advertises" },
  'vip6-dad-conflict': {
    on: 'CULPRIT',
    run: 'ip -6 addr show dadfailed; ip -6 addr show to VIP',
    see: 'nothing is listed as dadfailed, and the address stands on lo',
  },
  'duplicate-ip': { ...ASK, see: 'one machine replies, each time' },
  'director-no-rewrite': { on: 'each real server', run: REQUESTS, see: 'requests arrive with its own MAC as destination' },
  'director-not-forwarding': {
    on: 'the director',
    run: 'ipvsadm -Ln --stats',
    see: 'while new requests come, the connections of every real server grow',
  },
  'forwarding-loop': {
    on: 'the director',
    run: "tcpdump -n -e -v -i eth0 'dst host VIP'",
    see: 'each request passes twice, once in and once out to a real server, and does not come back with a lower TTL',
  },
  'director-cannot-resolve-rs': {
    on: 'the director',
    run: 'arping -c 3 -I eth0 CULPRIT',
    run6: 'ndisc6 CULPRIT eth0',
    see: 'the real server replies',
  },
  'rs-not-adjacent': {
    on: 'the director',
    run: 'arping -c 3 -I eth0 CULPRIT',
    run6: 'ndisc6 CULPRIT eth0',
    see: "the reply names the real server's own MAC, not that of a router",
  },
  'forwarding-mode-mismatch': { on: 'the director', run: 'ipvsadm -Ln', see: 'Forward is Route for each real server' },
  'port-mapping': { on: 'the director', run: 'ipvsadm -Sn', see: 'the port behind each -r is that of its service' },
  'traffic-to-dead-rs': {
    on: 'the director',
    run: 'ipvsadm -Ln',
    see: 'once the service is stopped on the real server, its weight is 0 or its line is gone within half a minute',
  },
  'mid-flow-rs-switch': {
    on: 'the director',
    run: "ipvsadm -Lnc | grep 'VIP'",
    see: 'a connection that was silent for as long as the application ever is keeps its real server',
  },
  'uneven-distribution': {
    on: 'the director',
    run: 'ipvsadm -Ln --stats',
    see: 'connections are shared as the weights say, if that is wanted',
  },
  'port-reuse-delay': {
    on: 'a client',
    run: 'for i in 1 2; do nc -zv -p 40000 VIP PORT; done',
    see: 'the second connection from the same port stands at once, not after a second',
  },
  'ipvs-sync-problem': {
    on: 'both directors',
    run: 'ipvsadm -L --daemon',
    see: 'the same syncid on both; `ipvsadm -Lnc` on the backup lists what the master has',
  },
  'director-resets-flow': {
    on: 'the director',
    run: "tcpdump -n -e -i eth0 'src host VIP'",
    see: "no RST from the director's own MAC, also after a silence as long as the application ever makes and after a failover",
  },
  'reply-wrong-source': {
    on: 'CULPRIT',
    run: "tcpdump -n -e -i eth0 'host VIP or host CULPRIT'",
    see: 'each request is answered from the address that it was sent to',
  },
  'rs-no-reply': { on: 'CULPRIT', run: SERVICE, see: 'each request is followed by an answer' },
  'rs-refuses': { on: 'CULPRIT', run: SERVICE, see: 'each SYN is followed by a SYN-ACK, none by a RST or an ICMP error' },
  'reply-via-director': { on: 'CULPRIT', run: "tcpdump -n -e -i eth0 'src host VIP'", see: "answers go to the gateway's or client's MAC" },
  'rs-originates-from-vip': { on: 'CULPRIT', run: "tcpdump -n -e -i eth0 'src host VIP'", see: 'answers alone, and no request of its own' },
  'vip-syn-from-rs': {
    on: 'CULPRIT',
    run: 'ip -br addr show to VIP',
    see: 'the address stands on lo, and requests of this machine for it stay off the wire',
  },
  'icmp-redirect': {
    on: 'any machine that got them',
    run: "tcpdump -n -e -i eth0 'icmp[icmptype] == icmp-redirect'",
    run6: "tcpdump -n -e -i eth0 'icmp6 and ip6[40] == 137'",
    see: 'none for some minutes of traffic',
  },
  'handshake-never-completes': {
    on: 'the director',
    run: "ipvsadm -Lnc | grep 'SYN_RECV'",
    see: 'new connections to this real server do not stay in this state',
  },
  'synack-unacknowledged': { on: 'CULPRIT', run: 'ss -tn state syn-recv', see: 'no connection stays in this state' },
  'vrrp-split-brain': { ...ADVERTS, see: 'for a minute and more, one machine alone advertises' },
  'failover-without-garp': { ...CLAIMS, see: 'when the master is stopped, the next one announces the address within two seconds' },
  'stale-gateway-arp': { ...ENTRY, see: "within a second of a failover, the new director's MAC" },
  'last-garp-from-loser': { ...CLAIMS, see: 'after a failover, the last announcement comes from the master' },
  'duplicate-director': { ...ASK, see: 'one director replies, each time' },
  'vrrp-flapping': { ...ADVERTS, see: 'for two minutes and more one master advertises, at one interval' },
  'tunnel-mtu-blackhole': {
    on: 'the director',
    run: REQUESTS,
    see: 'an upload of some 100 kB goes on, and no full-size segment is sent again and again',
  },
  'pmtu-icmp-not-forwarded': {
    on: 'each real server',
    run: "tcpdump -n -e -i eth0 'icmp[icmptype] == icmp-unreach'",
    run6: "tcpdump -n -e -i eth0 'icmp6 and ip6[40] == 2'",
    see: 'the message arrives, and what is sent next is smaller',
  },
  'director-receive-offload': {
    on: 'the director',
    run: "tcpdump -n -i eth0 'icmp[icmptype] == icmp-unreach'",
    run6: "tcpdump -n -i eth0 'icmp6 and ip6[40] == 2'",
    see: 'it sends none while clients upload',
  },
};
