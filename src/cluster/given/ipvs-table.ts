/**
 * The services of one director as ipvsadm or keepalived lists them, collected line by line. Adding checks them against what was
 * listed before; the end is a Given: VIPs with their services, and the real servers (each RIP) as machines.
 */
import type { Given, GivenMachine, GivenService, GivenTarget, GivenVip } from './given.ts';
import { NOTHING_GIVEN } from './given.ts';
import { errorAt, type Place, sayPlace } from './place.ts';
import { addressUse } from './read-address.ts';

/** What a service listens on: an address, or a firewall mark of one IP version. */
export type IpvsAddress =
  | { readonly protocol: GivenService['protocol']; readonly ip: string; readonly port: number }
  | { readonly mark: number; readonly version: 4 | 6 };

export interface IpvsService {
  readonly address: IpvsAddress;
  /** Null without persistence or when not told. */
  readonly persistentSeconds: number | null;
  readonly onePacket: boolean;
  readonly place: Place;
}

export interface IpvsTarget {
  readonly ip: string;
  readonly port: number;
  readonly weight: number | null;
  readonly mode: GivenTarget['mode'];
  /** Listed as an address of the director itself (`Local` in `ipvsadm -Ln`). */
  readonly isLocal: boolean;
  readonly place: Place;
}

interface Row {
  readonly service: IpvsService;
  readonly targets: Map<string, IpvsTarget>;
}

/** 'TCP 192.168.1.100:80' or 'firewall mark 1'. */
export function sayIpvsAddress(address: IpvsAddress): string {
  if ('mark' in address) return `firewall mark ${address.mark}${address.version === 6 ? ' (IPv6)' : ''}`;
  return `${address.protocol.toUpperCase()} ${sayEndpoint(address.ip, address.port)}`;
}

function sayEndpoint(ip: string, port: number): string {
  return `${ip.includes(':') ? `[${ip}]` : ip}:${port}`;
}

export class IpvsTable {
  private readonly rows = new Map<string, Row>();

  /** Lists a service. The same service again is harmless. @throws UsageError when it differs from the earlier one. */
  addService(service: IpvsService): void {
    const key = sayIpvsAddress(service.address);
    const earlier = this.rows.get(key)?.service;
    if (earlier === undefined) {
      this.rows.set(key, { service, targets: new Map() });
      return;
    }
    if (earlier.persistentSeconds !== service.persistentSeconds || earlier.onePacket !== service.onePacket) {
      throw errorAt(
        service.place,
        `the service ${key} is listed again with other flags than at ${sayPlace(earlier.place)}; keep one of the two.`,
      );
    }
  }

  /** Lists a real server of a service. @throws UsageError when the service is not listed, or the real server is with other values. */
  addTarget(address: IpvsAddress, target: IpvsTarget): void {
    const key = sayIpvsAddress(address);
    const row = this.rows.get(key);
    if (row === undefined) {
      throw errorAt(
        target.place,
        `the real server ${target.ip} belongs to ${key}, but no line above lists that service; add the line that does.`,
      );
    }
    const endpoint = sayEndpoint(target.ip, target.port);
    const earlier = row.targets.get(endpoint);
    if (earlier !== undefined && (earlier.mode !== target.mode || earlier.weight !== target.weight || earlier.isLocal !== target.isLocal)) {
      throw errorAt(
        target.place,
        `the real server ${endpoint} of ${key} is listed again with another forwarding method or weight than at ${sayPlace(earlier.place)}; keep one of the two.`,
      );
    }
    row.targets.set(endpoint, target);
  }

  /** Forgets everything listed, as `ipvsadm -C` does. */
  clear(): void {
    this.rows.clear();
  }

  /**
   * What the table says of the cluster. Loopback addresses are never on the wire: a VIP there (kube-proxy) is left out, a real
   * server there, or on a VIP, is the director itself (localnode) and no machine of its own.
   */
  toGiven(source: string): Given {
    const vips = new Map<string, { services: GivenService[]; where: string }>();
    const marks = new Set<number>();
    for (const { service, targets } of this.rows.values()) {
      const { address } = service;
      if ('mark' in address) {
        marks.add(address.mark);
        continue;
      }
      if (addressUse(address.ip) !== 'unicast') continue;
      const where = sayPlace(service.place);
      const vip = vips.get(address.ip) ?? { services: [], where };
      vips.set(address.ip, vip);
      const realServers = [...targets.values()].map(({ ip, port, weight, mode }): GivenTarget => ({ name: null, ip, port, weight, mode }));
      const modes = new Set(realServers.map((target) => target.mode).filter((mode) => mode !== null));
      vip.services.push({
        protocol: address.protocol,
        port: address.port,
        mode: modes.size === 1 ? ([...modes][0] ?? null) : null,
        persistentSeconds: service.persistentSeconds,
        onePacket: service.onePacket,
        realServers,
        where,
      });
    }

    const realServers = new Map<string, GivenMachine>();
    const ownIps = new Map<string, string>();
    for (const { targets } of this.rows.values()) {
      for (const { ip, isLocal, place } of targets.values()) {
        if (addressUse(ip) !== 'unicast' || vips.has(ip)) continue;
        const where = sayPlace(place);
        if (!realServers.has(ip)) realServers.set(ip, { name: null, ips: [ip], macs: [], active: 'by-vrrp', where });
        if (isLocal && !ownIps.has(ip)) ownIps.set(ip, where);
      }
    }
    const [firstOwn] = ownIps.values();
    return {
      ...NOTHING_GIVEN,
      vips: [...vips].map(([ip, { services, where }]): GivenVip => ({ ip, services, where })),
      directors: firstOwn === undefined ? [] : [{ name: null, ips: [...ownIps.keys()], macs: [], active: 'by-vrrp', where: firstOwn }],
      realServers: [...realServers.values()],
      firewallMarks: [...marks],
      sources: [source],
    };
  }
}
