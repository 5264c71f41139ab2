/**
 * LVS106: the VIP is claimed by one machine and another in turn.
 * Neighbours follow every announcement: their packets go to one machine and the other, and established connections break each time.
 */
import type { Machine } from '../cluster/cluster.ts';
import type { Ip, Mac } from '../cluster/observations.ts';
import { captureOnMirror } from './capture-command.ts';
import { isIpv6 } from './lawful-claims.ts';
import { sharesByVrrp } from './masterships.ts';
import { announce } from './remedies.ts';
import { type Evidence, isGuessed, type Rule } from './rule.ts';
import { turnsOf } from './turns.ts';
import { claimSays, count } from './wording.ts';

interface Data {
  readonly ip: Ip;
  readonly macs: readonly Mac[];
  readonly changes: number;
  readonly seconds: number;
  readonly firstFrame: number;
}

const MAX_SHOWN = 8;

export const vipMacFlapping: Rule<Data> = {
  code: 'LVS106',
  name: 'vip-mac-flapping',
  severity: 'warning',
  summary: 'Two machines claim the VIP in turn.',
  headline: (who, ip) => `${who} claim ${ip} in turn`,

  *subjects(c) {
    for (const vip of c.cluster.vips) yield { ip: vip.ip, vip, machine: null };
    if (c.cluster.vips.length > 0) return;
    for (const ip of c.o.servers) if ((c.o.about(ip)?.macs.length ?? 0) > 1) yield { ip, vip: null, machine: null };
  },

  check(c, s) {
    const turns = turnsOf(c, s.ip);
    const machines = [...new Set(turns.map((t) => t.machine))];
    if (turns.length === 0 || sharesByVrrp(c, s.ip, machines)) return [];
    // Beside a director only the others are out of place.
    const strangers = machines.filter((m) => !(s.vip?.directors.some((d) => d.machine === m) ?? false));
    const culprits: readonly Machine[] = strangers.length > 0 ? strangers : machines;
    const first = turns[0]!.claim;
    const last = turns.at(-1)!.claim;
    return [
      {
        data: {
          ip: s.ip,
          macs: [...new Set(turns.slice(0, MAX_SHOWN).map((t) => t.claim.mac))],
          changes: turns.length - 1,
          seconds: Math.ceil((last.ref.at - first.ref.at) / 1e9),
          firstFrame: first.ref.frame,
        },
        culprits,
        confidence: s.vip === null ? 'probable' : culprits.some((m) => isGuessed(s.vip!, m)) ? 'possible' : 'confirmed',
        count: turns.length,
        unit: 'frames',
        first: first.ref,
        last: last.ref,
        evidence: turns.slice(0, MAX_SHOWN).map(({ claim }): Evidence => ({ at: claim.ref, shows: 'fault', says: claimSays(claim) })),
      },
    ];
  },

  blind(c, s) {
    const claims = c.o.about(s.ip)?.macs.reduce((sum, m) => sum + m.counts.gratuitous + m.counts.reply, 0) ?? 0;
    return claims > 0 ? null : { reason: `nobody claims ${s.ip} in this capture`, capture: captureOnMirror() };
  },

  message(d) {
    return `${d.macs.join(' and ')} claim ${d.ip} in turn: the owner changes ${count(d.changes, 'time')} within ${count(d.seconds, 'second')}, first claim in frame ${d.firstFrame}, and no VRRP change explains it.`;
  },

  remedy(d) {
    const flush = isIpv6(d.ip) ? `ip -6 addr del ${d.ip}/128 dev eth0` : `ip addr del ${d.ip}/32 dev eth0`;
    return {
      why: `Only one machine at a time may announce ${d.ip}. Two directors share it by VRRP; everybody else must hold it silently, on lo.`,
      steps: [
        {
          on: 'the machine that should not own it',
          commands: [
            `ip -br addr show to ${d.ip}; ps ax | grep -e '[a]rping' -e '[k]eepalived'   # what holds and announces it`,
            `${flush}   # on a standby director, whose keepalived adds it when it becomes master`,
          ],
        },
        announce(d.ip),
      ],
    };
  },
};
