/** The tcpdump command that would decide what a capture cannot show. */
import type { Machine } from '../cluster/cluster.ts';
import type { Case } from './rule.ts';
import { hostOf } from './wording.ts';

/** Broadcasts, errors and VRRP belong into every capture: without them causes stay hidden. */
const ALWAYS = 'arp or icmp or icmp6 or proto 112';

/** On a machine: everything of the VIP and of the machine's own addresses. */
export function captureOn(machine: Machine, ip: string, otherwise: string): string {
  const own = machine.ips.filter((a) => a !== ip).map((a) => `host ${a}`);
  return `on ${hostOf(machine, otherwise)}: tcpdump -i eth0 -s 128 -w ${fileName(machine, otherwise)}.pcap '${[ALWAYS, `host ${ip}`, ...own].join(' or ')}'`;
}

/** On a mirror port: everything. */
export function captureOnMirror(): string {
  return "on a mirror port that carries the director's and the real servers' ports: tcpdump -i eth0 -s 128 -w mirror.pcap";
}

/** On the machine that brings requests: the gateway where one is known. */
export function captureOnGateway(c: Case, ip: string): string {
  const gateway = c.cluster.gateways[0]?.machine;
  if (gateway !== undefined) return captureOn(gateway, ip, 'the gateway');
  return `on the gateway, or on a client of the same LAN: tcpdump -i eth0 -s 128 -w gateway.pcap '${ALWAYS} or host ${ip}'`;
}

function fileName(machine: Machine, otherwise: string): string {
  const name = machine.name ?? otherwise.replace(/^the /, '');
  return name.replace(/[^A-Za-z0-9_-]+/g, '-');
}
