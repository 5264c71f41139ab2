/**
 * LVS405: two directors own the VIP at once, and no VRRP explains it.
 * Each neighbour uses the one it heard last: connections change the director in their midst, and its table does not know them.
 */
import type { Ip, Mac } from '../cluster/observations.ts';
import { captureOnMirror } from './capture-command.ts';
import { isIpv6 } from './lawful-claims.ts';
import { sharesByVrrp } from './masterships.ts';
import { type Case, type Evidence, isGuessed, MAX_EVIDENCE, type Rule, type Subject } from './rule.ts';
import { rivalsOf, type Turn, turnsOf } from './turns.ts';
import { claimSays, count, questionSays } from './wording.ts';

interface Data {
  readonly ip: Ip;
  readonly macs: readonly Mac[];
  readonly races: number;
  readonly changes: number;
  readonly firstFrame: number;
}

const MAX_SHOWN = 4;

export const duplicateDirector: Rule<Data> = {
  code: 'LVS405',
  name: 'duplicate-director',
  severity: 'critical',
  summary: 'Two directors own the VIP at once, without VRRP between them.',
  headline: (who, ip) => `${who} own ${ip} at the same time`,

  *subjects(c) {
    for (const vip of c.cluster.vips) if (vip.directors.length > 1) yield { ip: vip.ip, vip, machine: null };
  },

  check(c, s) {
    const isDirector = (t: Turn) => s.vip!.directors.some((d) => d.machine === t.machine);
    const rivals = rivalsOf(c, s.ip)
      .map((r) => ({ ...r, answers: r.answers.filter(isDirector) }))
      .filter((r) => r.answers.length > 1);
    const turns = turnsOf(c, s.ip).filter(isDirector);
    const claims = [...rivals.flatMap((r) => r.answers), ...turns];
    const culprits = [...new Set(claims.map((t) => t.machine))];
    if (culprits.length < 2 || sharesByVrrp(c, s.ip, culprits)) return [];
    const byTime = claims.map((t) => t.claim).sort((a, b) => a.ref.at - b.ref.at);
    const evidence: Evidence[] = rivals
      .slice(0, MAX_SHOWN)
      .flatMap((r) => [
        ...(r.request === null ? [] : [{ at: r.request, shows: 'cause' as const, says: questionSays(s.ip, r.asker) }]),
        ...r.answers.map(({ claim }) => ({ at: claim.ref, shows: 'fault' as const, says: claimSays(claim) })),
      ]);
    for (const { claim } of turns.slice(0, MAX_SHOWN)) evidence.push({ at: claim.ref, shows: 'fault', says: claimSays(claim) });
    evidence.splice(MAX_EVIDENCE);
    const cited = new Set(evidence.map((e) => e.at.frame));
    const shown = byTime.filter((claim) => cited.has(claim.ref.frame));
    return [
      {
        data: {
          ip: s.ip,
          macs: [...new Set(shown.map((claim) => claim.mac))],
          races: rivals.length,
          changes: Math.max(0, turns.length - 1),
          firstFrame: shown[0]!.ref.frame,
        },
        culprits,
        confidence: culprits.some((m) => isGuessed(s.vip!, m)) ? 'possible' : rivals.length > 0 ? 'confirmed' : 'probable',
        count: claims.length,
        unit: 'frames',
        first: byTime[0]!.ref,
        last: byTime.at(-1)!.ref,
        evidence,
      },
    ];
  },

  blind(c, s) {
    return seesClaims(c, s)
      ? null
      : { reason: `answers of all its directors for ${s.ip} do not pass this capture point`, capture: captureOnMirror() };
  },

  message(d) {
    const parts: string[] = [];
    if (d.races > 0) parts.push(`answer the same question for ${d.ip} (${count(d.races, 'time')})`);
    if (d.changes > 0) parts.push(`claim ${d.ip} in turn (the owner changes ${count(d.changes, 'time')})`);
    return `The directors ${d.macs.join(' and ')} ${parts.join(' and ')}, first in frame ${d.firstFrame}; no VRRP of both explains it.`;
  },

  remedy(d) {
    const v6 = isIpv6(d.ip);
    return {
      why: `One director at a time may own ${d.ip}. Let keepalived on both decide it by VRRP, and add the address nowhere else.`,
      steps: [
        {
          on: 'the director that should stand by',
          commands: [
            v6
              ? `ip -6 addr del ${d.ip}/128 dev eth0   # with the prefix length that ip -6 addr shows`
              : `ip addr del ${d.ip}/32 dev eth0   # with the prefix length that ip addr shows`,
            `grep -rn '${d.ip}' /etc/network /etc/netplan /etc/sysconfig/network-scripts /etc/keepalived 2>/dev/null   # only a vrrp_instance may name it`,
          ],
        },
        { on: 'the director that should be active', commands: [v6 ? `ndsend ${d.ip} eth0` : `arping -U -c 3 -I eth0 ${d.ip}`] },
      ],
    };
  },
};

/** Whether both would be seen to answer, were they asked: the answers go to whoever asks. */
function seesClaims(c: Case, s: Subject): boolean {
  const askers = (c.o.about(s.ip)?.askings ?? []).filter((a) => a.broadcasts > 0).map((a) => a.asker);
  const macs = s.vip!.directors.map((d) => d.machine.macs);
  return askers.some((asker) => macs.every((own) => own.some((mac) => c.sight.sees(mac, asker))));
}
