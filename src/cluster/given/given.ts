/** What the user told about the cluster, from any number of files and options. Intent, not observation. */

/** A service of a VIP as configured. */
export interface GivenService {
  readonly protocol: 'tcp' | 'udp' | 'sctp';
  /** Virtual port, 1 to 65535; 0 means any port. */
  readonly port: number;
  /** Forwarding mode; null when the source does not say. */
  readonly mode: 'dr' | 'nat' | 'tun' | null;
  /** Persistence timeout in seconds; null without persistence or when not told. */
  readonly persistentSeconds: number | null;
  /** UDP one-packet scheduling. */
  readonly onePacket: boolean;
  readonly realServers: readonly GivenTarget[];
  /** Where it was told, in words ('lvs1.save, line 3'); absent when not known. */
  readonly where?: string;
}

/** A real server as a service names it. */
export interface GivenTarget {
  readonly name: string | null;
  /** RIP, canonical text; null when only named. */
  readonly ip: string | null;
  /** Real port as configured; null when the source does not say. In direct routing the kernel ignores it on the wire. */
  readonly port: number | null;
  readonly weight: number | null;
  readonly mode: 'dr' | 'nat' | 'tun' | null;
}

/** A virtual IP. */
export interface GivenVip {
  /** Canonical text (lower-case, RFC 5952 for IPv6). */
  readonly ip: string;
  readonly services: readonly GivenService[];
  /** Where it was told, in words ('cluster.yaml, line 2', '--vip'); absent when not known. */
  readonly where?: string;
}

/** A machine in a role. The same machine may stand in two lists (localnode, two-box). */
export interface GivenMachine {
  readonly name: string | null;
  /** Own addresses (RIP, DIP, …), canonical text. */
  readonly ips: readonly string[];
  /** Lower-case, colon-separated; empty when they must be learned from ARP or ND. */
  readonly macs: readonly string[];
  /** Directors: 'always' for active-active, 'by-vrrp' when VRRP decides. */
  readonly active: 'always' | 'by-vrrp';
  /** Where it was told first, in words ('cluster.yaml, line 7', '--director'); absent when not known. */
  readonly where?: string;
}

/** A finding that the user does not want to see. */
export interface GivenIgnore {
  readonly rule: string;
  /** Only findings that concern this VIP or culprit address; null: all of the rule. */
  readonly ip: string | null;
}

/** Everything given, merged. */
export interface Given {
  readonly vips: readonly GivenVip[];
  readonly directors: readonly GivenMachine[];
  readonly realServers: readonly GivenMachine[];
  readonly gateways: readonly GivenMachine[];
  /** Firewall-mark services: their VIPs are not named. */
  readonly firewallMarks: readonly number[];
  readonly ignore: readonly GivenIgnore[];
  /** Address-to-MAC pairs (from `ip neigh`, `arp -an`), which only complete machines that are named elsewhere. */
  readonly neighbours: readonly { readonly ip: string; readonly mac: string }[];
  /** Where it came from, in words, for the report: 'cluster.yaml', '--vip'. */
  readonly sources: readonly string[];
  /** Sentences about what was told but could not be taken in (an include that is not followed); absent when there are none. */
  readonly notes?: readonly string[];
}

/** Nothing given. */
export const NOTHING_GIVEN: Given = {
  vips: [],
  directors: [],
  realServers: [],
  gateways: [],
  firewallMarks: [],
  ignore: [],
  neighbours: [],
  sources: [],
};
