/**
 * LVS109: a real server says by neighbour discovery that the IPv6 VIP is at its MAC.
 * The last advertisement wins: packets of one connection go to it and to the director in turn, and the connection breaks.
 */
import type { Machine, Vip } from '../cluster/cluster.ts';
import type { Ip, Mac } from '../cluster/observations.ts';
import { captureOn } from './capture-command.ts';
import { answersForMany, claimsOn, isIpv6, isLeftOut, MANY_CLAIM_IT } from './lawful-claims.ts';
import { sharesByVrrp } from './masterships.ts';
import { announce, forget, NEIGHBOURS, silence } from './remedies.ts';
import { type Evidence, isGuessed, type Rule, realServersOf } from './rule.ts';
import { claimSays, count, hostOf, questionSays, verb, whoIs } from './wording.ts';

interface Data {
  readonly ip: Ip;
  readonly who: string;
  readonly host: string;
  readonly answers: number;
  /** Solicitations that give the VIP as their sender. */
  readonly solicitations: number;
  readonly mac: Mac;
  readonly firstFrame: number;
}

const MAX_SHOWN = 4;

export const rsAnswersNd: Rule<Data> = {
  code: 'LVS109',
  name: 'rs-answers-nd',
  severity: 'critical',
  summary: 'A real server answers neighbour solicitations for the IPv6 VIP, or names itself its owner.',
  headline: (who, ip, isOne) => `${who} ${verb(isOne, 'answers', 'answer')} neighbour discovery for ${ip}`,

  *subjects(c) {
    for (const subject of realServersOf(c)) if (isIpv6(subject.ip)) yield subject;
  },

  check(c, s) {
    const { machine, vip } = s as { machine: Machine; vip: Vip };
    // A real server that took the VIP over is its master, and says so by VRRP.
    if (answersForMany(c, machine) || sharesByVrrp(c, s.ip, [machine])) return [];
    const claims = claimsOn(c, vip, machine);
    const events = claims.flatMap((m) => [...m.events.reply, ...m.events.gratuitous, ...m.events.request]);
    if (events.length === 0) return [];
    events.sort((a, b) => a.ref.at - b.ref.at);
    const shown = [...events.slice(0, MAX_SHOWN), ...events.slice(-1)];
    const evidence = shown.flatMap((e): Evidence[] => [
      ...(e.request === null ? [] : [{ at: e.request, shows: 'cause' as const, says: questionSays(s.ip, e.to) }]),
      { at: e.ref, shows: 'fault', says: claimSays(e) },
    ]);
    const answers = claims.reduce((sum, m) => sum + m.counts.reply + m.counts.gratuitous, 0);
    const solicitations = claims.reduce((sum, m) => sum + m.counts.request, 0);
    const first = events[0]!;
    return [
      {
        data: {
          ip: s.ip,
          who: whoIs(machine, first.mac),
          host: hostOf(machine, 'the real server'),
          answers,
          solicitations,
          mac: first.mac,
          firstFrame: first.ref.frame,
        },
        culprits: [machine],
        confidence: isGuessed(vip, machine) ? 'possible' : 'confirmed',
        count: answers + solicitations,
        unit: 'frames',
        first: first.ref,
        last: events.at(-1)!.ref,
        evidence,
      },
    ];
  },

  blind(c, s) {
    const machine = s.machine!;
    const missing = (reason: string) => ({ reason, capture: captureOn(machine, s.ip, 'the real server') });
    if (machine.macs.length === 0) return missing('its MAC is not known: no frame shows it, and none was given');
    const askings = c.o.about(s.ip)?.askings.filter((a) => a.broadcasts > 0 && !machine.macs.includes(a.asker)) ?? [];
    if (askings.length === 0) return missing(`nobody solicits ${s.ip} by multicast in this capture`);
    if (isLeftOut(c, s.ip, machine)) return missing(MANY_CLAIM_IT);
    const seen = askings.some((a) => machine.macs.some((mac) => c.sight.sees(mac, a.asker)));
    return seen ? null : missing('its unicast neighbour advertisements do not pass this capture point');
  },

  message(d) {
    const parts: string[] = [];
    if (d.answers > 0) parts.push(`advertises ${d.ip} (${count(d.answers, 'neighbour advertisement')})`);
    if (d.solicitations > 0) parts.push(`solicits its neighbours with ${d.ip} as its own address (${count(d.solicitations, 'frame')})`);
    return `${d.who} ${parts.join(' and ')}, first in frame ${d.firstFrame}. Neighbours then send packets for ${d.ip} to ${d.mac}, past the director.`;
  },

  remedy(d) {
    return {
      why: `IPv6 has no arp_ignore: an address on eth0 is answered, one on lo is not. ${d.ip} must be on lo of a real server, and nowhere else.`,
      steps: [silence(d.host, d.ip), forget(NEIGHBOURS, d.ip), announce(d.ip)],
    };
  },
};
