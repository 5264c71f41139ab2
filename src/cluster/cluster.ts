/** Who is who: machines with their MACs and IPs, and the roles they have for each VIP, with the clues that say so. */
import type { RoleSource } from '../diagnosis.ts';
import type { GivenVip } from './given/given.ts';
import type { Ip, Mac } from './observations.ts';

/** A machine: all that is known of one box. */
export interface Machine {
  name: string | null;
  readonly ips: Ip[];
  readonly macs: Mac[];
  /** A MAC that several machines share in turn (VRRP, HSRP, …), not a box. */
  readonly isVirtual: boolean;
}

/** A machine in a role for a VIP. */
export interface Role {
  readonly machine: Machine;
  source: RoleSource;
  /** Why, one short sentence each. */
  readonly clues: string[];
  /** Times at which its clues begin and end, in nanoseconds since the first frame; null when given. */
  from: number | null;
  until: number | null;
  /** Whether only earlier frames than these show it. */
  readonly isRemembered?: true;
}

/** A virtual IP with its cluster. */
export interface Vip {
  readonly ip: Ip;
  /** `80/tcp`, in order of first use. */
  readonly services: string[];
  /** How requests are forwarded: as the frames show it, else as given; null when neither says. */
  mode: 'dr' | 'nat' | 'tun' | null;
  /** All modes that some flow shows; empty when none does. */
  modesSeen: readonly ('dr' | 'nat' | 'tun')[];
  readonly source: RoleSource;
  readonly clues: string[];
  readonly given: GivenVip | null;
  readonly directors: Role[];
  readonly realServers: Role[];
}

/** A router or an on-link client that sends to VIPs. */
export interface Gateway {
  readonly machine: Machine;
  readonly source: RoleSource;
  readonly clues: string[];
}

/** The MAC prefixes that redundancy protocols give to whichever machine is active. */
const VIRTUAL_MAC_PREFIXES = [
  '00:00:5e:00:01:', // VRRP and CARP, IPv4 (RFC 9568)
  '00:00:5e:00:02:', // VRRP, IPv6
  '00:00:0c:07:ac:', // HSRP version 1
  '00:00:0c:9f:f', // HSRP version 2
  '00:05:73:a0:', // HSRP for IPv6
  '00:07:b4:', // GLBP
  '02:bf:', // Microsoft NLB, unicast
  '03:bf:', // Microsoft NLB, multicast
];

/** Whether a MAC belongs to a redundancy protocol instead of a network card. */
export function isVirtualMac(mac: Mac): boolean {
  return VIRTUAL_MAC_PREFIXES.some((prefix) => mac.startsWith(prefix));
}

export class Cluster {
  readonly vips: Vip[] = [];
  readonly gateways: Gateway[] = [];
  /** What frames show against the roles that were given, in words. */
  readonly contradictions: string[] = [];
  readonly #byMac = new Map<Mac, Machine>();

  /** The machine that a MAC belongs to, made when it is new. */
  machineOf(mac: Mac): Machine {
    let machine = this.#byMac.get(mac);
    if (machine === undefined) {
      machine = { name: null, ips: [], macs: [mac], isVirtual: isVirtualMac(mac) };
      this.#byMac.set(mac, machine);
    }
    return machine;
  }

  /** Gives a MAC to a machine. */
  assign(mac: Mac, machine: Machine): void {
    if (!machine.macs.includes(mac)) machine.macs.push(mac);
    this.#byMac.set(mac, machine);
  }

  /** Whether the MAC is known to belong to a machine already. */
  knows(mac: Mac): boolean {
    return this.#byMac.has(mac);
  }

  get machines(): Machine[] {
    return [...new Set(this.#byMac.values())];
  }

  vip(ip: Ip): Vip | undefined {
    return this.vips.find((v) => v.ip === ip);
  }

  isDirector(mac: Mac, vip: Vip): boolean {
    return vip.directors.some((role) => role.machine.macs.includes(mac));
  }

  isRealServer(mac: Mac, vip: Vip): boolean {
    return vip.realServers.some((role) => role.machine.macs.includes(mac));
  }

  gatewayOf(mac: Mac): Gateway | undefined {
    return this.gateways.find((g) => g.machine.macs.includes(mac));
  }
}

/** How a report names a machine: its name with IP, else IP, else MAC. */
export function nameOf(machine: Machine): string {
  const ip = machine.ips[0];
  if (machine.name !== null) return ip === undefined ? machine.name : `${machine.name} (${ip})`;
  return ip ?? machine.macs[0] ?? 'unknown machine';
}
