/**
 * LVS212: the directors send IPVS sync messages with different ids, so each ignores what the other tells.
 * After a failover the new master knows no connection.
 */
import type { Machine, Vip } from '../cluster/cluster.ts';
import type { Mac } from '../cluster/observations.ts';
import type { FrameRef } from '../correlation/frame-ref.ts';
import { captureOn } from './capture-command.ts';
import type { Case, Rule } from './rule.ts';
import { hostOf } from './wording.ts';

interface Sender {
  readonly mac: Mac;
  readonly syncId: number;
  readonly at: FrameRef;
}

interface Data {
  readonly senders: readonly Sender[];
  readonly hosts: readonly string[];
}

export const ipvsSyncProblem: Rule<Data> = {
  code: 'LVS212',
  name: 'ipvs-sync-problem',
  severity: 'warning',
  summary: 'Directors synchronise their connections with different sync ids.',
  headline: (who) => `${who} send IPVS sync messages with different ids`,

  *subjects(c) {
    if (c.o.facts.sync.messages === 0) return;
    const vip = c.cluster.vips[0];
    if (vip !== undefined) yield { ip: vip.ip, vip, machine: null };
  },

  check(c, s) {
    const senders = disagreeing(c, s.vip!);
    if (senders.length === 0) return [];
    const machines = [...new Set(senders.map((x) => c.cluster.machineOf(x.mac)))];
    return [
      {
        data: { senders, hosts: machines.map((m: Machine) => hostOf(m, 'each director')) },
        culprits: machines,
        confidence: 'confirmed',
        count: senders.length,
        unit: 'frames',
        first: senders[0]!.at,
        last: senders.at(-1)!.at,
        evidence: senders.map((x) => ({
          at: x.at,
          shows: 'fault' as const,
          says: `IPVS sync message from ${x.mac} with sync id ${x.syncId}`,
        })),
      },
    ];
  },

  blind(c, s) {
    const macs = new Set(directorsThatSync(c, s.vip!).map((x) => x.mac));
    if (macs.size > 1) return null;
    const director = s.vip!.directors[0]?.machine;
    const missing = (reason: string) => ({
      reason,
      capture: director === undefined ? 'on each director: ipvsadm -L --daemon' : captureOn(director, '224.0.0.81', 'the director'),
    });
    return missing('only one director sends sync messages in this capture, so ids cannot be compared');
  },

  message(d) {
    return `${d.senders.map((s) => `${s.mac} sends IPVS sync messages with id ${s.syncId} (frame ${s.at.frame})`).join(', ')}: each ignores the other.`;
  },

  remedy(d) {
    return {
      why: 'A director takes over only connections that were told with its own sync id.',
      steps: d.hosts.map((host) => ({
        on: host,
        commands: [
          'ipvsadm -L --daemon   # syncid must be the same on both',
          'grep -n -A3 lvs_sync_daemon /etc/keepalived/keepalived.conf   # lvs_sync_daemon eth0 INSTANCE id 51',
        ],
      })),
    };
  },
};

/** Another cluster on the LAN has an id of its own, so that the two do not mix: only directors of one VIP must agree. */
function directorsThatSync(c: Case, vip: Vip): Sender[] {
  return c.o.syncSenders.filter((sender) => c.cluster.isDirector(sender.mac, vip));
}

/** The first director that disagrees with another one, and the first of others for each id that is not its own. */
function disagreeing(c: Case, vip: Vip): Sender[] {
  const senders = directorsThatSync(c, vip);
  const isOther = (a: Sender, b: Sender) => c.cluster.machineOf(a.mac) !== c.cluster.machineOf(b.mac) && a.syncId !== b.syncId;
  const first = senders.find((a) => senders.some((b) => isOther(a, b)));
  if (first === undefined) return [];
  const byId = new Map([[first.syncId, first]]);
  for (const sender of senders) if (isOther(first, sender) && !byId.has(sender.syncId)) byId.set(sender.syncId, sender);
  return [...byId.values()];
}
