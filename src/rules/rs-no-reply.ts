/**
 * LVS302: requests are handed to a real server and nothing comes back, from no address and no MAC.
 * It does not take the VIP for its own, or will not send, or is dead.
 */
import type { Machine, Vip } from '../cluster/cluster.ts';
import type { FlowPath, Ip, Mac } from '../cluster/observations.ts';
import type { FrameRef } from '../correlation/frame-ref.ts';
import { PathEvent } from '../correlation/paths.ts';
import { captureOn } from './capture-command.ts';
import { isIpv6 } from './lawful-claims.ts';
import { beyondChance } from './losses.ts';
import { has, hopTo, isHealthCheck, isSeenFromStart, isUnanswered, reaches, requestsOn, sightingsOf, stepsAsEvidence } from './requests.ts';
import { type Case, isGuessed, type Rule, realServersOf } from './rule.ts';
import { serviceOf } from './services.ts';
import { count, hostOf, NO_DESTINATIONS, questionSays, verb, whoIs } from './wording.ts';

interface Data {
  readonly ip: Ip;
  readonly who: string;
  readonly host: string;
  readonly requests: number;
  readonly firstFrame: number;
  /** Whether it speaks at all: ARP, or replies to others. */
  readonly isAlive: boolean;
  /** A sentence on another real server that asks for the way back, which this one never does; empty without one. */
  readonly neverAsks: string;
}

/** A lost packet is repeated; three requests without any answer are no loss. */
const MIN_REQUESTS = 3;
const MAX_SHOWN = 2;

export const rsNoReply: Rule<Data> = {
  code: 'LVS302',
  name: 'rs-no-reply',
  severity: 'critical',
  summary: 'Requests reach a real server and nothing comes back.',
  headline: (who, ip, isOne) => `${who} ${verb(isOne, 'does', 'do')} not answer requests for ${ip}`,

  subjects: (c) => realServersOf(c),

  check(c, s) {
    const { machine, vip } = s as { machine: Machine; vip: Vip };
    if (!c.sight.seesAllFrom(machine) || !areRepliesInSight(c, s.ip)) return [];
    const all = requestsTo(c, vip, machine);
    const mute = beyondChance(
      all.filter((path) => isMute(c, vip, path)),
      all,
    );
    const requests = requestsOn(mute);
    const seen = sightingsOf(mute, (path) => hopTo(path, machine));
    const first = seen[0];
    const way = wayBack(c, vip, machine);
    if (requests < MIN_REQUESTS || first === undefined) return [];
    return [
      {
        data: {
          ip: s.ip,
          who: whoIs(machine, first.step.destination),
          host: hostOf(machine, 'the real server'),
          requests,
          firstFrame: first.example.frames[0]!.frame,
          isAlive: machine.macs.some((mac) => c.o.unicast.has(mac)),
          neverAsks:
            way === null
              ? ''
              : ` It never asks for the way back, as ${way.asker} does in frame ${way.at.frame}: it drops the requests themselves and has nothing to send.`,
        },
        culprits: [machine],
        confidence: isGuessed(vip, machine) ? 'possible' : c.sight.given ? 'confirmed' : 'probable',
        count: requests,
        unit: 'requests',
        first: first.example.frames[0]!,
        last: seen.at(-1)!.example.frames.at(-1)!,
        evidence: [
          ...(way === null ? [] : [{ at: way.at, shows: 'effect' as const, says: questionSays(way.ip, way.asker) }]),
          ...seen.slice(0, MAX_SHOWN).flatMap((e) => stepsAsEvidence(e, () => 'fault')),
        ],
      },
    ];
  },

  blind(c, s) {
    const { machine, vip } = s as { machine: Machine; vip: Vip };
    const missing = (reason: string) => ({ reason, capture: captureOn(machine, s.ip, 'the real server') });
    if (!c.sight.hasDestinations) return missing(NO_DESTINATIONS);
    if (!c.sight.seesAllFrom(machine)) return missing('its replies do not pass this capture point');
    if (!areRepliesInSight(c, s.ip)) return missing(`no reply from ${s.ip} of any machine is in this capture`);
    const answered = c.o.passagesOf(s.ip).some((p) => !p.toward && machine.macs.includes(p.source));
    if (answered) return null;
    return requestsTo(c, vip, machine).length > 0
      ? missing('too few requests reach it in this capture to tell silence from loss')
      : missing(`no request for ${s.ip} reaches it in this capture`);
  },

  message(d) {
    const alive = d.isAlive ? 'It does send other frames, so it is up.' : 'No frame of its own is in the capture.';
    return `${count(d.requests, 'request')} for ${d.ip} went to ${d.who} and nothing came back from any address, first in frame ${d.firstFrame}. ${alive}${d.neverAsks}`;
  },

  remedy(d) {
    const isV6 = isIpv6(d.ip);
    return {
      why: 'In order of likelihood: the VIP is missing on it; its mask is not that of a single host (with /24 on lo all addresses of that subnet are local, so requests from there are dropped as forged, and it never asks for the client or the gateway); a DAD conflict; reverse path filter; a firewall; it is down.',
      steps: [
        {
          on: d.host,
          commands: isV6
            ? [
                `ip -6 addr show to ${d.ip}   # must be on lo with /128, and not 'dadfailed' or 'tentative'`,
                `ip -6 addr replace ${d.ip}/128 dev lo preferred_lft 0`,
                'nft list ruleset | grep -n drop',
              ]
            : [
                `ip -br addr show to ${d.ip}   # must be on lo with /32`,
                `ip addr replace ${d.ip}/32 dev lo`,
                'sysctl net.ipv4.conf.all.rp_filter net.ipv4.conf.eth0.rp_filter   # 0 or 2 where replies leave by another interface',
                'nft list ruleset | grep -n drop; iptables-save | grep -n DROP',
              ],
        },
      ],
    };
  },
};

/**
 * Before its first reply a real server asks for whom it sends it to. How another one that answers did so, where this one asks for
 * nobody but directors; else null.
 */
function wayBack(c: Case, vip: Vip, machine: Machine): { readonly at: FrameRef; readonly asker: Mac; readonly ip: Ip } | null {
  const others = vip.realServers.flatMap((role) => role.machine.macs);
  const replies = c.o.passagesOf(vip.ip).filter((p) => !p.toward && others.includes(p.source));
  const ofDirectors = new Set([vip.ip, ...vip.directors.flatMap((d) => d.machine.ips)]);
  let way: { readonly at: FrameRef; readonly asker: Mac; readonly ip: Ip } | null = null;
  for (const ip of c.o.claimedIps.filter((x) => !ofDirectors.has(x))) {
    const about = c.o.about(ip)!;
    for (const { asker, broadcasts, first } of about.askings) {
      if (machine.macs.includes(asker)) return null;
      const isNextHop = replies.some((p) => p.source === asker && about.macs.some((m) => m.mac === p.destination));
      if (broadcasts > 0 && isNextHop) way ??= { at: first, asker, ip };
    }
  }
  return way;
}

/** Whether replies pass at all: told by the point given, or by one that is seen. A machine's ARP does not tell it, a filter may have let just that through. */
function areRepliesInSight(c: Case, ip: Ip): boolean {
  return c.sight.given || c.sight.kind === 'host' || c.o.passagesOf(ip).some((p) => !p.toward);
}

/** Requests that this real server got and keeps. */
function requestsTo(c: Case, vip: Vip, machine: Machine): FlowPath[] {
  return c.o
    .pathsTouching(machine.macs, vip.ip)
    .filter((path) => isSeenFromStart(path) && reaches(path, machine) && !isHealthCheck(vip, path));
}

/** Unanswered, though an answer is due. A client that goes on has got one, whatever this capture shows. Services over UDP may be one-way, so only where other requests of it are answered. */
function isMute(c: Case, vip: Vip, path: FlowPath): boolean {
  if (!isUnanswered(path) || has(path, PathEvent.loop) || has(path, PathEvent.established)) return false;
  return path.protocol === 'tcp' || serviceOf(c, vip, path).answers.size > 0;
}
