/** Claims that look like faults and are none. */
import { isVirtualMac, type Machine, type Vip } from '../cluster/cluster.ts';
import type { ClaimsOfMac, Ip } from '../cluster/observations.ts';
import { oncePerCase } from './once.ts';
import type { Case } from './rule.ts';

/** A machine that answers for this many IPs is a router with proxy ARP, not a machine with one address too many. */
const MANY_ADDRESSES = 8;

/**
 * Proxy ARP: a machine that answers for many IPs. VIPs do not count: a cluster may have many, and who leaks one leaks them all. Of a real
 * server those do not count that another machine answers for too: with a VIP's whole network on lo it answers for all neighbours, where
 * a proxy answers for machines that the asker cannot reach. And who serves a VIP itself is none: it may have many addresses of its own.
 */
export const answersForMany = oncePerCase(isProxyArp);

function isProxyArp(c: Case, machine: Machine): boolean {
  const isServer = c.cluster.vips.some((vip) => vip.realServers.some((role) => role.machine === machine && role.source !== 'guessed'));
  if (isServer && c.cluster.vips.some((vip) => servesItself(c, vip, machine))) return false;
  let answered = 0;
  for (const mac of machine.macs) {
    for (const ip of c.o.claimedBy(mac).ips) {
      if (c.cluster.vip(ip) !== undefined) continue;
      const about = c.o.about(ip)!;
      if (isServer && about.racers.includes(mac)) continue;
      if (about.macs.some((m) => m.mac === mac && m.counts.reply > 0)) answered++;
    }
  }
  return answered >= MANY_ADDRESSES;
}

/** Whether a machine answers, with the VIP as source, what comes to it and is handed on to nobody. */
function servesItself(c: Case, vip: Vip, { macs }: Machine): boolean {
  return c.o
    .pathsTouching(macs, vip.ip)
    .some((path) => macs.includes(path.toward.at(-1)?.destination ?? '') && macs.includes(path.from[0]?.source ?? ''));
}

/** Whether a machine may have claimed an address without being kept: very many machines do, and it is none of those. */
export function isLeftOut(c: Case, ip: Ip, machine: Machine): boolean {
  const about = c.o.about(ip);
  return about !== null && about.leftOut > 0 && !about.macs.some((m) => machine.macs.includes(m.mac));
}

export const MANY_CLAIM_IT = 'more machines claim it than are remembered';

/** Whether an address is IPv6, where neighbour discovery takes the place of ARP. */
export function isIpv6(ip: string): boolean {
  return ip.includes(':');
}

/**
 * What the MACs of a machine say about a VIP on the LAN where the VIP lives. A redundancy protocol's MAC stands for whoever is active,
 * and on another VLAN the address may be somebody's own.
 */
export function claimsOn(c: Case, vip: Vip, machine: Machine): ClaimsOfMac[] {
  const macs = c.o.about(vip.ip)?.macs ?? [];
  const vlans = new Set([
    ...c.o.passagesOf(vip.ip).map((p) => p.vlan),
    ...macs.filter((m) => c.cluster.isDirector(m.mac, vip)).map((m) => m.vlan),
  ]);
  return macs.filter((m) => machine.macs.includes(m.mac) && !isVirtualMac(m.mac) && (vlans.size === 0 || vlans.has(m.vlan)));
}
