/**
 * LVS101: a real server answers ARP for the VIP.
 * Whoever believes it sends its packets past the director: no balancing, and connections that the director knows break.
 */
import type { Machine, Vip } from '../cluster/cluster.ts';
import type { ClaimSeen, Ip } from '../cluster/observations.ts';
import { captureOn } from './capture-command.ts';
import { answersForMany, claimsOn, isIpv6, isLeftOut, MANY_CLAIM_IT } from './lawful-claims.ts';
import { announce, forget, NEIGHBOURS, silence } from './remedies.ts';
import { type Case, type Evidence, isGuessed, type Rule, realServersOf } from './rule.ts';
import { claimSays, count, hopSays, hostOf, msBetween, questionSays, verb, whoIs } from './wording.ts';

interface Data {
  readonly ip: Ip;
  readonly host: string;
  readonly who: string;
  readonly replies: number;
  readonly firstFrame: number;
  /** How its first reply compares with that of the director to the same request. */
  readonly race: string;
  /** What else the frames show of it: sentences, each with a space before it. */
  readonly more: string;
}

/** Something more that frames show of the machine. */
interface More {
  readonly says: string;
  readonly evidence: readonly Evidence[];
}

const MAX_REPLIES_SHOWN = 3;

export const rsAnswersArp: Rule<Data> = {
  code: 'LVS101',
  name: 'rs-answers-arp',
  severity: 'critical',
  summary: 'A real server answers ARP for the VIP.',
  headline: (who, ip, isOne) => `${who} ${verb(isOne, 'answers', 'answer')} ARP for ${ip}`,

  *subjects(c) {
    for (const subject of realServersOf(c)) if (!isIpv6(subject.ip)) yield subject;
  },

  check(c, s) {
    const { machine, vip } = s as { machine: Machine; vip: Vip };
    const claims = claimsOn(c, vip, machine).filter((m) => m.counts.reply > 0);
    if (claims.length === 0 || answersForMany(c, machine)) return [];
    const replies = claims.flatMap((m) => m.events.reply);
    const first = replies[0]!;
    const { log } = c.o.about(s.ip)!;
    const answersOf = (reply: ClaimSeen) => log.filter((e) => e.request !== null && e.request.frame === reply.request?.frame);
    const shown = replies.slice(0, MAX_REPLIES_SHOWN);
    const more = [redirected(c, machine, replies), answersForAnother(c, s.ip, machine)].filter((m) => m !== null);
    const director = answersOf(first).find((e) => c.cluster.isDirector(e.mac, vip));
    // Its own replies are among them: of a frame that is cited twice it is told once that it is the fault.
    const others = shown.flatMap(answersOf);
    const evidence: Evidence[] = [
      ...shown.flatMap((reply): Evidence[] => [
        ...(reply.request === null ? [] : [{ at: reply.request, shows: 'cause' as const, says: questionSays(s.ip, reply.to) }]),
        { at: reply.ref, shows: 'fault', says: claimSays(reply) },
      ]),
      ...more.flatMap((m) => m.evidence),
      ...[...(director === undefined ? [] : [director]), ...others].map(
        (e): Evidence => ({ at: e.ref, shows: 'effect', says: claimSays(e) }),
      ),
    ];
    return [
      {
        data: {
          ip: s.ip,
          host: hostOf(machine, 'the real server'),
          who: whoIs(machine, first.mac),
          replies: claims.reduce((sum, m) => sum + m.counts.reply, 0),
          firstFrame: first.ref.frame,
          race: raceWords(first, director),
          more: more.map((m) => ` ${m.says}`).join(''),
        },
        culprits: [machine],
        confidence: isGuessed(vip, machine) ? 'possible' : 'confirmed',
        count: claims.reduce((sum, m) => sum + m.counts.reply, 0),
        unit: 'frames',
        first: claims[0]!.events.reply[0]!.ref,
        last: replies.at(-1)!.ref,
        evidence,
      },
    ];
  },

  blind(c, s) {
    const machine = s.machine!;
    const askings = c.o.about(s.ip)?.askings.filter((a) => a.broadcasts > 0 && !machine.macs.includes(a.asker)) ?? [];
    const missing = (reason: string) => ({ reason, capture: captureOn(machine, s.ip, 'the real server') });
    if (machine.macs.length === 0) return missing('its MAC is not known: no frame shows it, and none was given');
    if (askings.length === 0) return missing(`nobody asks for ${s.ip} by broadcast in this capture`);
    if (isLeftOut(c, s.ip, machine)) return missing(MANY_CLAIM_IT);
    const seen = askings.some((a) => machine.macs.some((mac) => c.sight.sees(mac, a.asker)));
    return seen ? null : missing('its unicast ARP replies do not pass this capture point');
  },

  message(d) {
    return `${d.who} answers ARP for ${d.ip}: ${count(d.replies, 'reply', 'replies')}, the first in frame ${d.firstFrame}${d.race}.${d.more}`;
  },

  remedy(d) {
    return {
      why: `A real server must hold ${d.ip} without answering for it. The kernel takes the greater of the all and the interface value, so setting lo alone has no effect.`,
      steps: [silence(d.host, d.ip), forget(NEIGHBOURS, d.ip), announce(d.ip)],
    };
  },
};

/**
 * Where replies leave a gateway on the LAN that they came in by, it sends ICMP redirects to their source, the VIP. That is why it asks
 * for the VIP, though it has no request to bring there; and whom it believes then gets the redirects.
 */
function redirected(c: Case, machine: Machine, replies: readonly ClaimSeen[]): More | null {
  for (const { ref, source, destination } of c.o.redirects) {
    if (!machine.macs.includes(destination)) continue;
    const reply = replies.find((r) => r.to === source && r.request !== null && r.ref.at < ref.at);
    if (reply === undefined) continue;
    return {
      says: `${source}, through which replies from ${reply.ip} pass, asks in frame ${reply.request!.frame} and sends an ICMP redirect to ${destination} in frame ${ref.frame}: a redirect goes to a packet's source, so it must look up ${reply.ip} though it brings it no request.`,
      evidence: [
        { at: reply.request!, shows: 'cause', says: questionSays(reply.ip, source) },
        { at: reply.ref, shows: 'fault', says: claimSays(reply) },
        { at: ref, shows: 'effect', says: hopSays('ICMP redirect', source, destination) },
      ],
    };
  }
  return null;
}

/** It answers for the address of another machine of the cluster as well: then a whole subnet is local there. */
function answersForAnother(c: Case, vip: Ip, machine: Machine): More | null {
  const isOthers = (ip: Ip) => c.cluster.vip(ip) === undefined && c.cluster.machines.some((m) => m !== machine && m.ips.includes(ip));
  for (const ip of machine.macs.flatMap((mac) => c.o.claimedBy(mac).ips).filter(isOthers)) {
    const reply = c.o.about(ip)?.macs.find((m) => machine.macs.includes(m.mac))?.events.reply[0];
    if (reply === undefined) continue;
    return {
      says: `In frame ${reply.ref.frame} it answers for ${ip} too, the address of another machine: so does one that has ${vip} on lo with a mask wider than that of a single host, and takes the whole subnet for its own.`,
      evidence: [{ at: reply.ref, shows: 'fault', says: claimSays(reply) }],
    };
  }
  return null;
}

function raceWords(reply: ClaimSeen, director: ClaimSeen | undefined): string {
  if (reply.request === null) return '';
  const after = `, ${msBetween(reply.request, reply.ref)} after the request in frame ${reply.request.frame}`;
  if (director === undefined) return after;
  const before = reply.ref.frame < director.ref.frame;
  return `${after} and ${before ? 'before' : 'after'} the director's own reply in frame ${director.ref.frame}`;
}
