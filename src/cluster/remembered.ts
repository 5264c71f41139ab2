/**
 * What earlier frames showed of the cluster, for facts that begin anew: who was who, and which MAC had which IP. Frames of today win over
 * it, and what a person gave wins over both.
 */
import type { RoleSource } from '../diagnosis.ts';
import type { Cluster, Role } from './cluster.ts';
import type { Ip, Mac } from './observations.ts';

export type RememberedKind = 'directors' | 'realServers';

/** A role that frames once showed. */
export interface RememberedRole {
  readonly kind: RememberedKind;
  /** In the order in which they were learned: the first one names the machine. */
  readonly macs: readonly Mac[];
  readonly ips: readonly Ip[];
  readonly source: RoleSource;
  /** One short sentence. */
  readonly clue: string;
}

export interface RememberedVip {
  readonly ip: Ip;
  readonly source: RoleSource;
  readonly services: readonly string[];
  readonly mode: 'dr' | 'nat' | 'tun' | null;
  readonly roles: readonly RememberedRole[];
}

export interface Remembered {
  readonly vips: readonly RememberedVip[];
  /** MACs of machines that were given by IP alone. */
  readonly neighbours: readonly { readonly ip: Ip; readonly mac: Mac }[];
}

export const NOTHING_REMEMBERED: Remembered = { vips: [], neighbours: [] };

/**
 * What is worth remembering of a cluster: nothing guessed, and nothing that was only remembered itself.
 * @param until up to when it was seen, as text for the clues
 */
export function rememberCluster(cluster: Cluster, until: string): Remembered {
  const isSeen = (role: Role) => role.source !== 'guessed' && role.source !== 'given' && !role.isRemembered;
  const vips = cluster.vips
    .filter((vip) => vip.source !== 'guessed')
    .map((vip) => ({
      ip: vip.ip,
      source: vip.source,
      services: [...vip.services],
      mode: vip.mode,
      roles: (['directors', 'realServers'] as const).flatMap((kind) =>
        vip[kind].filter(isSeen).map(({ machine, source }) => ({
          kind,
          macs: [...machine.macs],
          ips: [...machine.ips],
          source,
          clue: `was seen as a ${kind === 'directors' ? 'director' : 'real server'} of ${vip.ip} until ${until}`,
        })),
      ),
    }))
    .filter((vip) => vip.roles.length > 0);
  const given = cluster.vips.flatMap((vip) => [...vip.directors, ...vip.realServers]).filter((role) => role.source === 'given');
  const machines = new Set([...given.map((role) => role.machine), ...cluster.gateways.map((gateway) => gateway.machine)]);
  const neighbours = [...machines].flatMap(({ ips, macs }) => ips.flatMap((ip) => macs.map((mac) => ({ ip, mac }))));
  return { vips, neighbours };
}
