/** What to capture live of a given cluster, so that a busy interface does not drown what is judged. */
import type { Given } from './given/given.ts';
import { alsoInVlans, captureFilter, IPVS_SYNC, TUNNELS } from './tcpdump.ts';

/**
 * A filter in the pcap language that keeps ARP, neighbour discovery, VRRP, ICMP, tunnels, the synchronisation of IPVS, and every address of the
 * cluster; null, which keeps everything, unless all addresses are given: an answer from a wrong address shows the real server's own.
 */
export function liveFilter(given: Given): string | null {
  const machines = [...given.directors, ...given.realServers];
  const isWhole = given.vips.length > 0 && given.directors.length > 0 && given.realServers.length > 0 && given.firewallMarks.length === 0;
  if (!isWhole || machines.some((machine) => machine.ips.length === 0)) return null;
  const addresses = [...given.vips.map((vip) => vip.ip), ...machines.flatMap((machine) => machine.ips)];
  return alsoInVlans(captureFilter(addresses, [...TUNNELS, IPVS_SYNC]));
}
