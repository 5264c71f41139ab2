/**
 * keepalived.conf: virtual servers with their real servers, and what VRRP tells of VIPs and directors. One file often serves several
 * directors by `@id` lines: it is read once for each id, and what they read is put together.
 *
 *   virtual_server IP [PORT] | fwmark N | group NAME { lvs_method NAT|DR|TUN (also lb_kind; NAT by default), protocol, ops,
 *     persistence_timeout [360], real_server IP [PORT] { weight, lvs_method }, sorry_server IP [PORT] }
 *   virtual_server_group NAME { IP [PORT], IP-LAST [PORT], IP-IP [PORT], IP/LENGTH [PORT], fwmark N }
 *   vrrp_instance NAME { virtual_ipaddress { IP[/LENGTH] … }, unicast_src_ip IP, unicast_peer { IP } }
 */
import { formatIp, parseIp } from '../../decoders/address.ts';
import { readNumber, readPort } from './endpoint.ts';
import { type Given, type GivenMachine, type GivenTarget, type GivenVip, NOTHING_GIVEN } from './given.ts';
import { type IpvsAddress, IpvsTable } from './ipvs-table.ts';
import {
  configIdsOf,
  type IncludeReader,
  type KeepalivedStatement,
  linesFor,
  ReadingBudget,
  statementsOf,
  withIncludes,
} from './keepalived-lines.ts';
import { mergeGiven } from './merge-given.ts';
import { errorAt, type Place, sayPlace } from './place.ts';
import { quoted } from './printed.ts';
import { addressUse, readIp } from './read-address.ts';

/** Addresses of all groups together: a range of IPv6 could name any number. */
const MOST_GROUP_ADDRESSES = 4096;
/** Seconds of persistence_timeout without a value, by keepalived.conf(5). */
const DEFAULT_PERSISTENCE = 360;

/** Whether a line could stand at the top level of a keepalived.conf. */
export function isKeepalivedLine(line: string): boolean {
  return /^\s*(?:(?:global_defs|static_ipaddress|static_routes|vrrp_script|vrrp_instance|vrrp_sync_group|vrrp_track_process|virtual_server|virtual_server_group)\b|include[rmwba]?\s+\S*[/.*]|\$\w+=|@\^?\w+\s+\S|! ?Configuration File for keepalived)/.test(
    line,
  );
}

/**
 * @param readInclude reads the files that an include names; without it includes are not followed, and a note says so.
 * @throws UsageError naming file and line.
 */
export function parseKeepalivedConf(file: string, text: string, readInclude: IncludeReader | null = null): Given {
  const notes: string[] = [];
  const budget = new ReadingBudget();
  const lines = withIncludes(file, text, readInclude, notes, budget);
  const ids = configIdsOf(lines);
  const parts = ids.map((id) => new KeepalivedReader(file).read(statementsOf(linesFor(id, lines, budget))));
  return mergeGiven([...parts, { ...NOTHING_GIVEN, sources: [file], notes }]);
}

class KeepalivedReader {
  private readonly file: string;
  private readonly table = new IpvsTable();
  private readonly groups = new Map<string, KeepalivedStatement>();
  private groupAddresses = 0;
  private readonly vrrpAddresses = new Map<string, string>();
  private readonly ownIps = new Map<string, string>();
  private readonly peerIps = new Map<string, string>();
  private hasVirtualServer = false;
  private hasMark = false;

  constructor(file: string) {
    this.file = file;
  }

  read(statements: readonly KeepalivedStatement[]): Given {
    for (const statement of statements)
      if (statement.words[0] === 'virtual_server_group') this.groups.set(statement.words[1] ?? '', statement);
    for (const statement of statements) {
      if (statement.words[0] === 'virtual_server') this.virtualServer(statement);
      else if (statement.words[0] === 'vrrp_instance') this.vrrpInstance(statement);
      else if (statement.words[0] === 'static_ipaddress') this.addresses(statement, this.ownIps, 'a static address');
    }
    const given = this.table.toGiven(this.file);
    const served = new Set(given.vips.map((vip) => vip.ip));
    // Beside virtual servers with addresses, another VRRP address is rather the gateway that NATed real servers use than a VIP.
    const isVip = (ip: string) => !served.has(ip) && (this.hasMark || !this.hasVirtualServer);
    const more = [...this.vrrpAddresses].filter(([ip]) => isVip(ip)).map(([ip, where]): GivenVip => ({ ip, services: [], where }));
    const vips = [...given.vips, ...more];
    const isOwn = (ip: string) => !this.vrrpAddresses.has(ip) && !served.has(ip);
    const own = [...this.ownIps].filter(([ip]) => isOwn(ip));
    const directors: GivenMachine[] = [...this.peerIps]
      .filter(([ip]) => isOwn(ip) && !this.ownIps.has(ip))
      .map(([ip, where]) => ({ name: null, ips: [ip], macs: [], active: 'by-vrrp', where }));
    const [first] = own;
    if (first !== undefined) directors.unshift({ name: null, ips: own.map(([ip]) => ip), macs: [], active: 'by-vrrp', where: first[1] });
    const realServers = given.realServers.filter((machine) => !machine.ips.some((ip) => vips.some((vip) => vip.ip === ip)));
    return { ...given, vips, directors, realServers };
  }

  private vrrpInstance(instance: KeepalivedStatement): void {
    for (const statement of instance.children) {
      const [keyword, value] = statement.words;
      if (keyword === 'virtual_ipaddress' || keyword === 'virtual_ipaddress_excluded')
        this.addresses(statement, this.vrrpAddresses, 'a virtual address');
      else if (keyword === 'unicast_peer') this.addresses(statement, this.peerIps, 'a unicast peer');
      else if ((keyword === 'unicast_src_ip' || keyword === 'mcast_src_ip') && value !== undefined) {
        this.ownIps.set(this.ip(value, statement.place, keyword), sayPlace(statement.place));
      }
    }
  }

  /** The first word of each line in a block: an address with or without a prefix length. */
  private addresses(block: KeepalivedStatement, into: Map<string, string>, what: string): void {
    for (const { words, place } of block.children) {
      const text = (words[0] ?? '').replace(/\/\d{1,3}$/, '');
      const ip = this.ip(text, place, what);
      if (!into.has(ip)) into.set(ip, sayPlace(place));
    }
  }

  private ip(text: string, place: Place, what: string): string {
    const undefinedName = /\$\{?(\w+)/.exec(text);
    if (undefinedName !== null) {
      throw errorAt(
        place,
        `${what} uses ${quoted(`$${undefinedName[1]}`)}, which is not defined above; give the file that defines it, or write the address out.`,
      );
    }
    return readIp(text, place, what);
  }

  private virtualServer(server: KeepalivedStatement): void {
    this.hasVirtualServer = true;
    const value = (...keywords: string[]) => server.children.findLast((child) => keywords.includes(child.words[0] ?? ''));
    const protocol = this.protocol(value('protocol'));
    const persistence = value('persistence_timeout');
    const seconds = persistence?.words[1];
    const addresses = this.serviceAddresses(server, protocol);
    const mode = this.mode(value('lvs_method', 'lb_kind')) ?? 'nat';
    for (const address of addresses) {
      this.table.addService({
        address,
        persistentSeconds:
          persistence === undefined
            ? null
            : seconds === undefined
              ? DEFAULT_PERSISTENCE
              : readNumber(seconds, 2 ** 31, persistence.place, 'persistence_timeout'),
        onePacket: value('ops') !== undefined,
        place: server.place,
      });
      for (const target of server.children) this.target(address, target, mode);
    }
  }

  private target(address: IpvsAddress, statement: KeepalivedStatement, serviceMode: GivenTarget['mode']): void {
    const { words, place, children } = statement;
    if (words[0] !== 'real_server' && words[0] !== 'sorry_server') return;
    const text = words[1] ?? '';
    // A sorry server on the director itself has a loopback address.
    const ip = parseIp(text) !== null && addressUse(text) === 'loopback' ? text : this.ip(text, place, `the address of a ${words[0]}`);
    const port = words[2] === undefined ? ('port' in address ? address.port : 0) : readPort(words[2], place);
    const weight = children.findLast((child) => child.words[0] === 'weight');
    const mode = this.mode(children.findLast((child) => child.words[0] === 'lvs_method')) ?? serviceMode;
    const isSorry = words[0] === 'sorry_server';
    this.table.addTarget(address, {
      ip,
      port,
      weight: isSorry ? 0 : weight?.words[1] === undefined ? 1 : readNumber(weight.words[1], 2 ** 31, weight.place, 'the weight'),
      mode,
      isLocal: false,
      place,
    });
  }

  private mode(statement: KeepalivedStatement | undefined): GivenTarget['mode'] {
    if (statement === undefined) return null;
    const method = statement.words[1] ?? '';
    if (method === 'NAT') return 'nat';
    if (method === 'DR') return 'dr';
    if (method === 'TUN') return 'tun';
    throw errorAt(
      statement.place,
      `${statement.words[0]} reads ${quoted(method)}, but NAT, DR or TUN is expected (in capitals, as keepalived reads it).`,
    );
  }

  /** TCP when it is not told: so did keepalived for long, and a service that works says what it is. */
  private protocol(statement: KeepalivedStatement | undefined): 'tcp' | 'udp' | 'sctp' {
    const text = statement?.words[1] ?? 'TCP';
    const protocol = (['tcp', 'udp', 'sctp'] as const).find((known) => known.toUpperCase() === text.toUpperCase());
    if (protocol !== undefined) return protocol;
    throw errorAt(
      statement?.place ?? { file: this.file, line: null },
      `the protocol reads ${quoted(text)}, but TCP, UDP or SCTP is expected.`,
    );
  }

  private serviceAddresses({ words, place, children }: KeepalivedStatement, protocol: 'tcp' | 'udp' | 'sctp'): IpvsAddress[] {
    const [, first = '', second] = words;
    const family = children.find((child) => child.words[0] === 'ip_family')?.words[1];
    const usesIpv6 = family === 'inet6' || children.some((child) => child.words[0] === 'real_server' && child.words[1]?.includes(':'));
    if (first === 'fwmark') return [this.mark(second, place, usesIpv6)];
    if (first !== 'group')
      return [
        {
          protocol,
          ip: this.ip(first, place, 'the address of a virtual_server'),
          port: second === undefined ? 0 : readPort(second, place),
        },
      ];
    const group = this.groups.get(second ?? '');
    if (group === undefined) {
      throw errorAt(
        place,
        `the virtual_server_group ${quoted(second ?? '')} is not in this file; give the file that has it, or "ipvsadm-save -n" of the director.`,
      );
    }
    return group.children.flatMap((entry): IpvsAddress[] => {
      const [text = '', port] = entry.words;
      if (text === 'fwmark') return [this.mark(port, entry.place, usesIpv6)];
      const ips = this.range(text, entry.place);
      return ips.map((ip) => ({ protocol, ip, port: port === undefined ? 0 : readPort(port, entry.place) }));
    });
  }

  private mark(text: string | undefined, place: Place, usesIpv6: boolean): IpvsAddress {
    this.hasMark = true;
    return { mark: readNumber(text ?? '', 0xffffffff, place, 'the firewall mark'), version: usesIpv6 ? 6 : 4 };
  }

  /** `IP`, `192.168.200.1-10` (the last byte, or the last group of IPv6), `IP-IP` or `IP/LENGTH`, as single addresses. */
  private range(text: string, place: Place): string[] {
    const [, from = text, dash, length] = /^([^-/]+)(?:-(.+)|\/(\d{1,3}))?$/.exec(text) ?? [];
    const first = parseIp(this.ip(from, place, 'the address in a virtual_server_group'));
    if (first === null) return [];
    const { version, words } = first;
    const start = words[3] >>> 0;
    let low = start;
    let high = start;
    if (dash !== undefined) {
      const separator = version === 4 ? '.' : ':';
      const lastText = dash.includes(separator) ? dash : from.slice(0, from.lastIndexOf(separator) + 1) + dash;
      const last = parseIp(this.ip(lastText, place, 'the end of a range'));
      const isSameNet = last !== null && last.version === version && [0, 1, 2].every((i) => last.words[i] === words[i]);
      high = isSameNet ? (last.words[3] ?? 0) >>> 0 : -1;
    } else if (length !== undefined) {
      const hostBits = (version === 4 ? 32 : 128) - Number(length);
      const size = hostBits >= 0 && hostBits < 32 ? 2 ** hostBits : Number.POSITIVE_INFINITY;
      low = start - (start % size);
      high = low + size - 1;
    }
    this.groupAddresses += high - low + 1;
    if (high < low || !(this.groupAddresses <= MOST_GROUP_ADDRESSES)) {
      throw errorAt(
        place,
        `the range ${quoted(text)} does not run upwards, or names too many addresses (${MOST_GROUP_ADDRESSES} in all groups are read); list the VIPs in a cluster.yaml.`,
      );
    }
    return Array.from({ length: high - low + 1 }, (_, i) => formatIp(version, words[0], words[1], words[2], (low + i) | 0));
  }
}
