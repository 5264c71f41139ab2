/**
 * LVS111: two machines use one IP that is no VIP.
 * Whoever resolves it gets the one or the other; a director that does so sends a share of its requests to a stranger.
 */
import type { Ip, Mac } from '../cluster/observations.ts';
import { captureOnMirror } from './capture-command.ts';
import { isIpv6 } from './lawful-claims.ts';
import { groupsOf } from './masterships.ts';
import { type Case, type Evidence, MAX_EVIDENCE, type Rule, type Subject } from './rule.ts';
import { isOneMachine, type Rivals, rivalsOf, type Turn, turnsOf } from './turns.ts';
import { claimSays, count, questionSays } from './wording.ts';

interface Data {
  readonly ip: Ip;
  readonly macs: readonly Mac[];
  /** Questions that several answered; where there are none, one claims it after the other. */
  readonly races: number;
  readonly changes: number;
  readonly firstFrame: number;
}

const MAX_SHOWN = 6;

export const duplicateIp: Rule<Data> = {
  code: 'LVS111',
  name: 'duplicate-ip',
  severity: 'warning',
  summary: 'Two machines use one IP that is no VIP.',
  headline: (who, ip) => `${who} use ${ip} at the same time`,

  *subjects(c) {
    const own = new Set(c.cluster.vips.flatMap((vip) => [...vip.directors, ...vip.realServers].flatMap((r) => r.machine.ips)));
    for (const ip of c.o.claimedIps) {
      if (c.cluster.vip(ip) !== undefined || groupsOf(c, ip).length > 0) continue;
      if (own.has(ip) || c.o.about(ip)!.macs.length > 1) yield { ip, vip: null, machine: null };
    }
  },

  check(c, s) {
    const rivals = rivalsOf(c, s.ip);
    const isRace = rivals.length > 0;
    const all = isRace ? rivals.flatMap((r) => r.answers) : turnsOf(c, s.ip);
    if (all.length === 0) return [];
    const byTime = [...all].sort((a, b) => a.claim.ref.at - b.claim.ref.at);
    const evidence = (isRace ? raceEvidence(s, rivals) : turnEvidence(all)).slice(0, MAX_EVIDENCE);
    const cited = new Set(evidence.map((e) => e.at.frame));
    const shown = byTime.map((t) => t.claim).filter((claim) => cited.has(claim.ref.frame));
    return [
      {
        data: {
          ip: s.ip,
          macs: [...new Set(shown.map((claim) => claim.mac))],
          races: rivals.length,
          changes: all.length - 1,
          firstFrame: shown[0]!.ref.frame,
        },
        culprits: [...new Set(all.map((t) => t.machine))],
        confidence: isSure(c, s) ? 'confirmed' : 'probable',
        count: all.length,
        unit: 'frames',
        first: byTime[0]!.claim.ref,
        last: byTime.at(-1)!.claim.ref,
        evidence,
      },
    ];
  },

  blind(c, s) {
    const answered = c.o.about(s.ip)?.askings.some((a) => a.answered > 0) ?? false;
    if (c.sight.kind === 'mirror' && answered) return null;
    const reason = answered ? 'unicast ARP replies of others do not pass this capture point' : `nobody asks for ${s.ip} in this capture`;
    return { reason, capture: captureOnMirror() };
  },

  message(d) {
    const how =
      d.races > 0
        ? `answer the same question for ${d.ip} (${count(d.races, 'question')} with several answers)`
        : `claim ${d.ip} in turn (the owner changes ${count(d.changes, 'time')})`;
    return `${d.macs.join(' and ')} ${how}, first in frame ${d.firstFrame}: the address is used twice.`;
  },

  remedy(d) {
    const v6 = isIpv6(d.ip);
    return {
      why: `An IP belongs to one machine. Find which of ${d.macs.join(' and ')} should not have ${d.ip}: the switch's MAC table says where it is plugged in.`,
      steps: [
        {
          on: 'the machine that should not have it',
          commands: [
            v6
              ? `ip -6 addr del ${d.ip}/64 dev eth0   # with the prefix length that ip -6 addr shows`
              : `ip addr del ${d.ip}/24 dev eth0   # with the prefix length that ip addr shows`,
            ...(v6 ? [] : ['sysctl -w net.ipv4.conf.all.arp_ignore=1   # if it only answers for it, because a wider prefix is on lo']),
          ],
        },
        {
          on: 'the machine that should have it',
          commands: v6 ? [`ndsend ${d.ip} eth0`] : [`arping -D -c 3 -I eth0 ${d.ip}; arping -U -c 3 -I eth0 ${d.ip}`],
        },
      ],
    };
  },
};

/** Whether what is sent to one of the claimants shows that it is not the other: nothing comes back, or a refusal. */
function isSure(c: Case, s: Subject): boolean {
  const macs = (c.o.about(s.ip)?.macs ?? []).map((m) => m.mac);
  return macs.every((a) => macs.every((b) => a === b || !isOneMachine(c, a, b, s.ip))) && macs.every((mac) => c.o.unicast.has(mac));
}

function raceEvidence(s: Subject, rivals: readonly Rivals[]): Evidence[] {
  return rivals
    .slice(0, MAX_SHOWN)
    .flatMap(({ request, asker, answers }) => [
      ...(request === null ? [] : [{ at: request, shows: 'cause' as const, says: questionSays(s.ip, asker) }]),
      ...answers.map(({ claim }) => ({ at: claim.ref, shows: 'fault' as const, says: claimSays(claim) })),
    ]);
}

function turnEvidence(turns: readonly Turn[]): Evidence[] {
  return turns.slice(0, MAX_SHOWN).map(({ claim }) => ({ at: claim.ref, shows: 'fault', says: claimSays(claim) }));
}
