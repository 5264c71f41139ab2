/** Claims that look like faults and are none. */
import type { Machine } from '../cluster/cluster.ts';
import type { Case } from './rule.ts';

/** A machine that answers for this many IPs is a router with proxy ARP, not a machine with one address too many. */
const MANY_ADDRESSES = 8;

/** Proxy ARP: a machine that answers for many IPs, none of which it uses. */
export function answersForMany(c: Case, machine: Machine): boolean {
  let answered = 0;
  for (const mac of machine.macs) {
    const { ips, more } = c.o.claimedBy(mac);
    if (more > 0) return true;
    for (const ip of ips) if (c.o.about(ip)!.macs.some((m) => m.mac === mac && m.counts.reply > 0)) answered++;
  }
  return answered >= MANY_ADDRESSES;
}

/** Whether an address is IPv6, where neighbour discovery takes the place of ARP. */
export function isIpv6(ip: string): boolean {
  return ip.includes(':');
}
