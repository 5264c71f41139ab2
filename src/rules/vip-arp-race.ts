/**
 * LVS105: several machines answer the same ARP question for one IP, and the frames do not say which of them should.
 * Whoever answers first gets the traffic until the entry expires; then the race runs again.
 */
import type { Machine } from '../cluster/cluster.ts';
import { isVirtualMac } from '../cluster/cluster.ts';
import type { Ip, Mac, RaceSeen } from '../cluster/observations.ts';
import { captureOnMirror } from './capture-command.ts';
import { answersForMany, isIpv6 } from './lawful-claims.ts';
import { silence } from './remedies.ts';
import { type Case, type Evidence, MAX_EVIDENCE, type Rule, type Subject } from './rule.ts';
import { claimSays, count, questionSays } from './wording.ts';

interface Data {
  readonly ip: Ip;
  readonly macs: readonly Mac[];
  /** Machines that answer beside those. */
  readonly more: number;
  readonly races: number;
  readonly requestFrame: number;
}

const MAX_RACES_SHOWN = 2;
/** With its question, each race has its share of the evidence. */
const MAX_ANSWERS_SHOWN = MAX_EVIDENCE / MAX_RACES_SHOWN - 1;
const OTHERS = 'every machine but the director';

export const vipArpRace: Rule<Data> = {
  code: 'LVS105',
  name: 'vip-arp-race',
  severity: 'critical',
  summary: 'Several machines answer the same ARP request for one IP.',
  headline: (who, ip, isOne) =>
    isOne
      ? `${who} answers ${protocolOf(ip)} for ${ip} beside another machine`
      : `${who} answer ${protocolOf(ip)} for ${ip} at the same time`,

  *subjects(c) {
    const asked = c.o.claimedIps.filter((ip) => c.o.about(ip)!.askings.some((a) => a.answered > 0));
    // Where the VIPs are known, or several machines answer for a service, two owners of another address are a duplicate IP.
    const vips = asked.filter((ip) => c.cluster.vip(ip) !== undefined);
    const services = asked.filter((ip) => c.o.pathsTo(ip).length > 0 && racesFor(c, ip).length > 0);
    const likely = c.cluster.vips.length > 0 ? vips : services.length > 0 ? services : asked;
    for (const ip of likely) yield { ip, vip: c.cluster.vip(ip) ?? null, machine: null };
  },

  check(c, s) {
    const about = c.o.about(s.ip)!;
    const racing = racesFor(c, s.ip);
    const machines = [...new Set(racing.flatMap((race) => machinesIn(c, race)))];
    const strangers = machines.filter((m) => !hasRole(s, m));
    if (strangers.length === 0) return [];
    const culprits = s.vip === null ? machines : strangers;
    const shown = racing.slice(0, MAX_RACES_SHOWN).map((race) => ({ ...race, answers: race.answers.slice(0, MAX_ANSWERS_SHOWN) }));
    const evidence: Evidence[] = shown.flatMap((race) => [
      { at: race.request, shows: 'cause' as const, says: questionSays(s.ip, race.asker) },
      ...race.answers.map(({ mac, sender, ref }) => ({
        at: ref,
        shows: 'fault' as const,
        says: claimSays({ ref, kind: 'reply', ip: s.ip, mac, sender, to: race.asker, asksFor: null, request: race.request }),
      })),
    ]);
    const isService = c.o.pathsTo(s.ip).length > 0;
    return [
      {
        data: {
          ip: s.ip,
          macs: [...new Set(shown.flatMap((race) => race.answers.map((answer) => answer.sender)))],
          more: Math.max(0, machines.length - new Set(shown.flatMap((race) => machinesIn(c, race))).size),
          races: about.raceCount,
          requestFrame: racing[0]!.request.frame,
        },
        culprits,
        confidence: isService ? 'confirmed' : 'probable',
        count: about.raceCount,
        unit: 'requests',
        first: racing[0]!.request,
        last: racing.at(-1)!.answers.at(-1)!.ref,
        evidence,
      },
    ];
  },

  blind(c) {
    // Answers are unicast: they must have been in sight for the asker, and one was.
    const seen = c.sight.kind === 'mirror' || c.sight.kind === 'host';
    return seen ? null : { reason: 'it is not known whose ARP replies pass this capture point', capture: captureOnMirror() };
  },

  message(d) {
    const more = d.more === 0 ? '' : ` and ${count(d.more, 'more machine')}`;
    return `${d.macs.join(', ')}${more} answer the same ${isIpv6(d.ip) ? 'neighbour solicitation' : 'ARP request'} for ${d.ip}: ${count(d.races, isIpv6(d.ip) ? 'solicitation' : 'request')} with several answers, the first in frame ${d.requestFrame}. If ${d.ip} is a VIP, all but the director must be silent about it.`;
  },

  remedy(d) {
    return {
      why: `Only one machine may answer for ${d.ip}. If it is a VIP of LVS-DR, the others are real servers that must not answer; else the address is used twice. With --vip ${d.ip} and --director MAC the diagnosis says which of them is which.`,
      steps: [
        isIpv6(d.ip)
          ? silence(OTHERS, d.ip)
          : {
              on: OTHERS,
              commands: ['sysctl -w net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2', `ip addr replace ${d.ip}/32 dev lo`],
            },
      ],
    };
  },
};

function protocolOf(ip: Ip): string {
  return isIpv6(ip) ? 'neighbour discovery' : 'ARP';
}

/** Questions for an IP that several machines answered. */
function racesFor(c: Case, ip: Ip): RaceSeen[] {
  return c.o.about(ip)!.races.filter((race) => machinesIn(c, race).length > 1);
}

/** The machines that answered one question, whatever MAC they name; a redundancy protocol's MAC and a proxy do so lawfully. */
function machinesIn(c: Case, race: RaceSeen): Machine[] {
  const machines = race.answers.filter((a) => !isVirtualMac(a.mac)).map((a) => c.cluster.machineOf(a.sender));
  return [...new Set(machines)].filter((m) => !answersForMany(c, m));
}

function hasRole(s: Subject, machine: Machine): boolean {
  return s.vip !== null && [...s.vip.directors, ...s.vip.realServers].some((role) => role.machine === machine);
}
