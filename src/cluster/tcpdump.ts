/** The forms of tcpdump command that rules and the capture plan recommend. */

import { addressBlocks } from '../decoders/address-blocks.ts';

/** Who claims which address, errors, and VRRP belong into every capture: without them causes stay hidden. */
const ALWAYS = ['arp', 'icmp', 'icmp6', 'proto 112'];

/** What the director of a tunnel sends: IP in IP, IPv6 in IP, GRE. The addresses of the cluster are inside, where `host` does not look. */
export const TUNNELS = ['proto 4', 'proto 41', 'proto 47'];

/** Synchronisation of IPVS between directors. */
export const IPVS_SYNC = 'udp port 8848';

/**
 * A filter in the pcap language that keeps what is judged of these addresses.
 * Never the VIPs alone: an answer from a wrong address does not contain them, so the machine's own addresses belong in.
 */
export function captureFilter(addresses: readonly string[], alsoKeep: readonly string[] = []): string {
  return filterOf([...alsoKeep, ...new Set(addresses.map((address) => `host ${address}`))]);
}

/** So many addresses stand in a filter as they are: that is easier to read than blocks of them. */
const FEW = 8;

/** `host 203.0.113.7`, `net 203.0.113.128/25`: tests that keep packets of these addresses, and of no other. */
export function addressTests(addresses: readonly string[]): string[] {
  const blocks = addresses.length > FEW ? addressBlocks(addresses) : addresses;
  return blocks.map((block) => `${block.includes('/') ? 'net' : 'host'} ${block}`);
}

/** A filter that keeps what any of these tests does, and what every capture needs. */
export function filterOf(tests: readonly string[]): string {
  return [...ALWAYS, ...tests].join(' or ');
}

/** `filter` so that it keeps frames with a VLAN tag too. */
export function alsoInVlans(filter: string): string {
  return `(${filter}) or (vlan and (${filter}))`;
}

/**
 * The command; 128 bytes of a frame hold all headers that are judged.
 * @param file name of the capture without directory; characters that a shell would read otherwise become `-`.
 * @param filter in the pcap language; null keeps everything.
 */
export function tcpdumpCommand(file: string, filter: string | null): string {
  return `tcpdump -i eth0 -s 128 -w ${captureFileName(file)}${filter === null ? '' : ` '${filter}'`}`;
}

/** The command that shows frames as they pass, with their MACs. */
export function watchCommand(filter: string): string {
  return `tcpdump -n -e -i eth0 '${filter}'`;
}

/** `name` as a file name that needs no quotes, ending in `.pcap`. */
export function captureFileName(name: string): string {
  return `${name.replace(/[^A-Za-z0-9_.-]+/g, '-').replace(/^[-.]+/, '') || 'capture'}.pcap`;
}
