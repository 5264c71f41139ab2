/**
 * LVS212: the directors send IPVS sync messages with different ids, so each ignores what the other tells.
 * After a failover the new master knows no connection.
 */
import type { Machine } from '../cluster/cluster.ts';
import type { Mac } from '../cluster/observations.ts';
import type { FrameRef } from '../correlation/frame-ref.ts';
import { captureOn } from './capture-command.ts';
import type { Rule } from './rule.ts';
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

  check(c) {
    const byId = new Map<number, Sender>();
    for (const sender of c.o.syncSenders) if (!byId.has(sender.syncId)) byId.set(sender.syncId, sender);
    const senders = [...byId.values()];
    if (senders.length < 2) return [];
    const machines = [...new Set(senders.map((s) => c.cluster.machineOf(s.mac)))];
    return [
      {
        data: { senders, hosts: machines.map((m: Machine) => hostOf(m, 'each director')) },
        culprits: machines,
        confidence: 'confirmed',
        count: senders.length,
        unit: 'frames',
        first: senders[0]!.at,
        last: senders.at(-1)!.at,
        evidence: senders.map((s) => ({
          at: s.at,
          shows: 'fault' as const,
          says: `IPVS sync message from ${s.mac} with sync id ${s.syncId}`,
        })),
      },
    ];
  },

  blind(c, s) {
    const macs = new Set(c.o.syncSenders.map((x) => x.mac));
    if (macs.size > 1) return null;
    const director = s.vip!.directors[0]?.machine;
    const capture = director === undefined ? 'on each director: ipvsadm -L --daemon' : captureOn(director, '224.0.0.81', 'the director');
    return { reason: 'only one director sends sync messages in this capture, so ids cannot be compared', capture };
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
