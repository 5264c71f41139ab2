/**
 * Neighbour tables: `ip neigh` (also -s, -6, show dev X), `arp -an` of Linux, BSD and macOS, `arp -n` of Linux. They only complete
 * the MACs of machines named elsewhere. Entries without a MAC (FAILED, INCOMPLETE) are passed over.
 *
 *   192.168.1.10 dev eth0 lladdr 52:54:00:b0:61:3f REACHABLE
 *   ? (192.168.1.10) at 52:54:00:b0:61:3f [ether] on eth0
 *   192.168.1.10             ether   52:54:00:b0:61:3f   C                     eth0
 */
import { formatMac, parseMac } from '../../decoders/address.ts';
import { type Given, NOTHING_GIVEN } from './given.ts';
import { errorAt, type Place } from './place.ts';
import { quoted } from './printed.ts';
import { addressUse, ipOrNull, isMachineMac } from './read-address.ts';
import { linesOf } from './text-lines.ts';

const IP_NEIGH = /^\s*([0-9a-fA-F:.]+)(?:\s+dev\s+\S+)?(?:\s+lladdr\s+(\S+))?(?:\s|$)/;
const ARP_AN = /^\s*\S+\s+\(([0-9a-fA-F:.]+)\)\s+at\s+(\S+)/;
const ARP_N = /^\s*([0-9.]+)\s+(?:ether\s+(\S+)|\(incomplete\))(?:\s|$)/;
const ARP_N_HEADER = /^\s*Address\s+HWtype\s+HWaddress\b/;

/** Whether a line could stand in a neighbour table. */
export function isNeighbourLine(line: string): boolean {
  return ARP_N_HEADER.test(line) || ARP_N.test(line) || ARP_AN.test(line) || /^\s*[0-9a-fA-F:.]+\s+(?:dev\s+\S|lladdr\s)/.test(line);
}

/** @throws UsageError naming file and line. */
export function parseNeighbours(file: string, text: string): Given {
  const seen = new Set<string>();
  const neighbours: { ip: string; mac: string }[] = [];
  for (const { number, text: line } of linesOf(file, text)) {
    if (line.trim() === '' || ARP_N_HEADER.test(line) || /^\s*Entries:/.test(line)) continue;
    const place: Place = { file, line: number };
    if (!isNeighbourLine(line)) {
      throw errorAt(place, `${quoted(line.trim())} is no line of a neighbour table; give the output of "ip neigh" or "arp -an" unchanged.`);
    }
    const match = ARP_N.exec(line) ?? ARP_AN.exec(line) ?? IP_NEIGH.exec(line);
    const [, ipText = '', macText] = match ?? [];
    const ip = ipOrNull(ipText);
    if (ip === null)
      throw errorAt(place, `${quoted(ipText || line.trim())} is no IP address; give the output of "ip neigh" or "arp -an" unchanged.`);
    if (macText === undefined || /^[<(]/.test(macText)) continue;
    const mac = parseMac(macText);
    if (mac === null) throw errorAt(place, `${quoted(macText)} is no MAC address; give the output of "ip neigh" or "arp -an" unchanged.`);
    if (addressUse(ip) !== 'unicast' || !isMachineMac(mac) || seen.has(`${ip} ${mac}`)) continue;
    seen.add(`${ip} ${mac}`);
    neighbours.push({ ip, mac: formatMac(mac) });
  }
  return { ...NOTHING_GIVEN, neighbours, sources: [file] };
}
