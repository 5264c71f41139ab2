/** Of very many VIPs and real servers those that are told, in every format: alike ones together, those with trouble first, the rest counted. */
import type { ClusterSummary, Diagnosis, RealServerSummary } from '../../diagnosis.ts';

type VipSummary = ClusterSummary['vips'][number];

/** So many VIPs that are alike stand one by one. */
const FEW = 3;

/** VIPs in their order; more than a few with the same services, mode, source and directors together, where the first of them stands. */
export function vipsAlike({ vips, directors }: ClusterSummary): (readonly [VipSummary, ...VipSummary[]])[] {
  const groups = new Map<string, [VipSummary, ...VipSummary[]]>();
  for (const vip of vips) {
    const owners = directors.flatMap((director, i) => (director.vips.includes(vip.ip) ? [i] : []));
    const key = JSON.stringify([vip.services, vip.mode, vip.source, owners]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [vip]);
    else group.push(vip);
  }
  const together = Array.from(groups.values()).filter((group) => group.length > FEW);
  return vips.flatMap((vip) => {
    const group = together.find((other) => other.includes(vip));
    return group === undefined ? [[vip]] : group[0] === vip ? [group] : [];
  });
}

/** Real servers of which the counts are told together. */
export interface OtherServers extends Pick<RealServerSummary, 'requests' | 'answered' | 'refused' | 'silent' | 'bypassed'> {
  readonly count: number;
  /** How many of them have trouble too. */
  readonly troubled: number;
}

/**
 * The real servers that are told one by one, and the rest; all of them where there are at most `most`. Else those with trouble come first,
 * and some others for comparison.
 */
export function serversTold(diagnosis: Diagnosis, most: number): { told: readonly RealServerSummary[]; others: OtherServers | null } {
  const servers = diagnosis.cluster.realServers;
  if (servers.length <= most) return { told: servers, others: null };
  const blamed = new Set(
    diagnosis.findings
      .filter(({ severity }) => severity !== 'info')
      .flatMap(({ culprits }) => culprits.flatMap(({ ip, mac }) => [ip, mac])),
  );
  const troubled = new Set(
    servers.filter(
      ({ ips, macs, refused, silent, bypassed }) =>
        refused + (silent ?? 0) + bypassed > 0 || [...ips, ...macs].some((address) => blamed.has(address)),
    ),
  );
  const inOrder = [...troubled, ...servers.filter((server) => !troubled.has(server))];
  const told = inOrder.slice(0, Math.max(Math.min(troubled.size, most), Math.min(COMPARED, most)));
  const rest = inOrder.slice(told.length);
  const sum = (of: (server: RealServerSummary) => number) => rest.reduce((total, server) => total + of(server), 0);
  return {
    told,
    others: {
      count: rest.length,
      troubled: rest.filter((server) => troubled.has(server)).length,
      requests: sum(({ requests }) => requests),
      answered: sum(({ answered }) => answered),
      refused: sum(({ refused }) => refused),
      silent: rest.some(({ silent }) => silent === null) ? null : sum(({ silent }) => silent ?? 0),
      bypassed: sum(({ bypassed }) => bypassed),
    },
  };
}

/** Where few have trouble, so many stand there in all. */
const COMPARED = 8;

/** 'and 192 more', 'and 192 more, 30 with trouble'. */
export function othersText({ count, troubled }: OtherServers): string {
  return `and ${count} more${troubled === 0 ? '' : `, ${troubled === count ? 'all' : troubled} with trouble`}`;
}
