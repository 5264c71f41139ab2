/**
 * `ipvsadm -Ln`: the table for people, also with --stats, --rate or --thresholds (then without the forwarding method).
 *
 *   IP Virtual Server version 1.2.1 (size=4096)
 *   Prot LocalAddress:Port Scheduler Flags
 *     -> RemoteAddress:Port           Forward Weight ActiveConn InActConn
 *   TCP  192.168.1.100:80 rr persistent 300
 *     -> 192.168.1.10:80              Route   1      0          0
 *   FWM  1 IPv6 rr
 *
 * `Local` is a real server on the director itself, so its address is the director's.
 */
import { readEndpoint, readNumber } from './endpoint.ts';
import type { Given, GivenTarget } from './given.ts';
import { type IpvsAddress, IpvsTable } from './ipvs-table.ts';
import { errorAt, type Place } from './place.ts';
import { quoted } from './printed.ts';
import { linesOf } from './text-lines.ts';

const HEADER = /^\s*(?:IP Virtual Server version\b|Prot\s+LocalAddress:Port\b|->\s+RemoteAddress:Port\b)/;
const SERVICE = /^\s*(TCP|UDP|SCTP)\s+(\S+)(.*)$/;
const MARK = /^\s*FWM\s+(\S+)(\s+IPv6\b)?(.*)$/;
const TARGET = /^\s*->\s+(\S+)(?:\s+(\S+))?(?:\s+(\S+))?/;
/** A shell prompt that was copied along: `root@lvs1:~# ipvsadm -Ln`, `[root@lvs1 ~]#`. */
const PROMPT = /^(?:\[[^\]]*\]|\S*)[#$%](?:\s|$)/;

const FORWARD: Readonly<Record<string, GivenTarget['mode']>> = { Route: 'dr', Masq: 'nat', Tunnel: 'tun', Local: null };

/** Whether a line could stand in such a table. */
export function isIpvsadmListLine(line: string): boolean {
  return HEADER.test(line) || /^\s*(?:TCP|UDP|SCTP|FWM)\s+\S/.test(line) || isConnectionTable(line);
}

/** `ipvsadm -Lcn`, which lists connections, no services. */
function isConnectionTable(line: string): boolean {
  return /^IPVS connection entries/.test(line);
}

/** @throws UsageError naming file and line. */
export function parseIpvsadmList(file: string, text: string): Given {
  const table = new IpvsTable();
  let current: IpvsAddress | null = null;
  for (const { number, text: line } of linesOf(file, text)) {
    const place: Place = { file, line: number };
    if (line.trim() === '' || HEADER.test(line) || PROMPT.test(line)) continue;
    if (isConnectionTable(line)) {
      throw errorAt(place, 'this is a table of connections, but the table of services is expected; give the output of "ipvsadm -Ln".');
    }
    const address = readAddress(line, place);
    if (address !== null) {
      current = address.address;
      table.addService({
        address: current,
        persistentSeconds: readPersistence(address.flags, place),
        onePacket: /\sops\b/.test(address.flags),
        place,
      });
      continue;
    }
    const target = TARGET.exec(line);
    if (target === null) {
      throw errorAt(
        place,
        `${quoted(line.trim())} is no line of "ipvsadm -Ln"; a service (TCP, UDP, SCTP, FWM) or a real server (->) is expected.`,
      );
    }
    if (current === null)
      throw errorAt(place, 'a real server stands before any service; give the output of "ipvsadm -Ln" from its first line.');
    const [, endpoint = '', forward = '', weight = ''] = target;
    addTarget(table, current, endpoint, forward, weight, place);
  }
  return table.toGiven(file);
}

function readAddress(line: string, place: Place): { address: IpvsAddress; flags: string } | null {
  const mark = MARK.exec(line);
  if (mark !== null) {
    const [, number = '', ipv6, flags = ''] = mark;
    const address = { mark: readNumber(number, 0xffffffff, place, 'the firewall mark'), version: ipv6 === undefined ? 4 : 6 } as const;
    return { address, flags };
  }
  const service = SERVICE.exec(line);
  if (service === null) return null;
  const [, protocol, text = '', flags = ''] = service;
  const { ip, port } = readEndpoint(text, place);
  return { address: { protocol: protocol === 'UDP' ? 'udp' : protocol === 'SCTP' ? 'sctp' : 'tcp', ip, port: port ?? 0 }, flags };
}

function readPersistence(flags: string, place: Place): number | null {
  const match = /\spersistent\s+(\S+)/.exec(flags);
  return match === null ? null : readNumber(match[1] ?? '', 2 ** 31, place, 'the persistence timeout');
}

function addTarget(table: IpvsTable, service: IpvsAddress, text: string, forward: string, weight: string, place: Place): void {
  const { ip, port } = readEndpoint(text, place);
  const isNamed = Object.hasOwn(FORWARD, forward);
  // --stats, --rate and the like have numbers in place of the method, with units: 1234K.
  if (!isNamed && forward !== '' && !/^\d+[KMGT]?$/.test(forward)) {
    throw errorAt(place, `${quoted(forward)} is no forwarding method; Route, Masq, Tunnel or Local is expected.`);
  }
  table.addTarget(service, {
    ip,
    port: port ?? ('port' in service ? service.port : 0),
    weight: isNamed && /^\d+$/.test(weight) ? readNumber(weight, 2 ** 31, place, 'the weight') : null,
    mode: isNamed ? (FORWARD[forward] ?? null) : null,
    isLocal: forward === 'Local',
    place,
  });
}
