/** Who was who, over all generations of facts: a quiet night does not make a cluster unknown. */
import type { Cluster } from '../cluster/cluster.ts';
import type { Mac } from '../cluster/observations.ts';
import { type Remembered, type RememberedRole, type RememberedVip, rememberCluster } from '../cluster/remembered.ts';
import { timeText } from '../cluster/time-text.ts';

/** A machine that was in no role for so long is forgotten. */
const KEEP_MS = 7 * 24 * 3_600_000;
/** The most recently seen are kept. */
const MAX_VIPS = 256;
const MAX_ROLES_A_VIP = 512;

interface Known<T> {
  readonly what: T;
  readonly seenMs: number;
}

interface KnownVip {
  readonly vip: Known<RememberedVip>;
  /** By the machine's first MAC: its roles for this VIP. */
  readonly roles: ReadonlyMap<Mac, Known<readonly RememberedRole[]>>;
}

export class RoleMemory {
  #vips: ReadonlyMap<string, KnownVip> = new Map();
  #neighbours: ReadonlyMap<string, Known<{ readonly ip: string; readonly mac: Mac }>> = new Map();

  /** Takes in what a cluster shows now; a machine's roles of today replace those it had. */
  learn(cluster: Cluster, nowMs: number): void {
    const now = rememberCluster(cluster, timeText(Math.floor(nowMs / 1000), 0).replace('.000000000', ''));
    const vips = new Map(this.#vips);
    for (const vip of now.vips) {
      const roles = new Map(vips.get(vip.ip)?.roles ?? []);
      for (const { macs } of vip.roles) {
        const mac = macs[0] ?? '';
        roles.set(mac, { what: vip.roles.filter((role) => role.macs[0] === mac), seenMs: nowMs });
      }
      vips.set(vip.ip, { vip: { what: vip, seenMs: nowMs }, roles: newest(roles, MAX_ROLES_A_VIP, nowMs, (known) => known.seenMs) });
    }
    this.#vips = newest(vips, MAX_VIPS, nowMs, (known) => known.vip.seenMs);
    const neighbours = new Map(this.#neighbours);
    for (const pair of now.neighbours) neighbours.set(`${pair.ip} ${pair.mac}`, { what: pair, seenMs: nowMs });
    this.#neighbours = newest(neighbours, MAX_ROLES_A_VIP, nowMs, (known) => known.seenMs);
  }

  /** What is remembered, and what this cluster shows beside it. */
  with(cluster: Cluster, nowMs: number): Remembered {
    const both = new RoleMemory();
    both.#vips = this.#vips;
    both.#neighbours = this.#neighbours;
    both.learn(cluster, nowMs);
    return both.remembered;
  }

  get remembered(): Remembered {
    return {
      vips: [...this.#vips.values()].map(({ vip, roles }) => ({ ...vip.what, roles: [...roles.values()].flatMap((known) => known.what) })),
      neighbours: [...this.#neighbours.values()].map((known) => known.what),
    };
  }
}

function newest<K, V>(all: ReadonlyMap<K, V>, most: number, nowMs: number, seenMs: (value: V) => number): ReadonlyMap<K, V> {
  const fresh = [...all].filter(([, value]) => nowMs - seenMs(value) <= KEEP_MS);
  if (fresh.length <= most) return new Map(fresh);
  return new Map(fresh.sort(([, a], [, b]) => seenMs(b) - seenMs(a)).slice(0, most));
}
