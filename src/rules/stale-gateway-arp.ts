/**
 * LVS403: a gateway or client keeps sending to a director that no longer owns the VIP.
 * Its entry is stale: requests vanish until it asks again, or is told.
 */
import type { Machine, Vip } from '../cluster/cluster.ts';
import type { ClaimSeen, Ip, Mac, Step } from '../cluster/observations.ts';
import type { FrameRef } from '../correlation/frame-ref.ts';
import { Begun, PathEvent } from '../correlation/paths.ts';
import { captureOnGateway } from './capture-command.ts';
import { isIpv6 } from './lawful-claims.ts';
import { advertSays, groupsOf, mastershipsOf } from './masterships.ts';
import { forget } from './remedies.ts';
import { arrivalAt } from './requests.ts';
import { type Case, type Evidence, type Fault, isGuessed, type Rule, type Subject } from './rule.ts';
import { claimSays, count, hopSays, hostOf, NO_DESTINATIONS, whoIs } from './wording.ts';

interface Data {
  readonly ip: Ip;
  readonly sender: string;
  readonly senderHost: string;
  readonly stale: Mac;
  readonly owner: Mac;
  readonly ownerHost: string;
  readonly ownerFrame: number;
  readonly requests: number;
  readonly seconds: number;
  readonly firstFrame: number;
  readonly probes: number;
  readonly healed: { readonly frame: number; readonly to: Mac } | null;
}

/** From a time on the VIP is another machine's. */
interface Ownership {
  readonly machine: Machine;
  readonly mac: Mac;
  /** The frame that shows it. */
  readonly ref: FrameRef;
  readonly says: string;
  /** Requests within these times are astray; nanoseconds. */
  readonly from: number;
  readonly until: number;
}

const LEAST_REQUESTS = 3;
const LEAST_NS = 5e9;
const MAX_SHOWN = 3;

export const staleGatewayArp: Rule<Data> = {
  code: 'LVS403',
  name: 'stale-gateway-arp',
  severity: 'critical',
  summary: 'A gateway or client keeps sending to a director that no longer owns the VIP.',
  headline: (_who, ip) => `requests for ${ip} go to a director that no longer owns it`,

  *subjects(c) {
    for (const vip of c.cluster.vips) {
      if (vip.directors.length < 2) continue;
      for (const sender of c.o.sendersTo(vip.ip)) {
        if (c.cluster.isDirector(sender, vip) || c.cluster.isRealServer(sender, vip)) continue;
        yield { ip: vip.ip, vip, machine: c.cluster.machineOf(sender), sender };
      }
    }
  },

  check(c, s) {
    const vip = s.vip!;
    const faults: Fault<Data>[] = [];
    for (const { machine: stale } of vip.directors) {
      const requests = lostRequests(c, s, stale);
      if (requests.length < LEAST_REQUESTS) continue;
      for (const owner of ownershipsOf(c, s, vip, stale, requests)) {
        const astray = requests.filter(({ at: { at } }) => at > owner.from && at <= owner.until);
        if (astray.length < LEAST_REQUESTS || astray.at(-1)!.at.at - astray[0]!.at.at <= LEAST_NS) continue;
        faults.push(faultOf(c, s, stale, owner, astray));
        break;
      }
    }
    return faults;
  },

  blind(c, s) {
    const missing = (reason: string) => ({ reason, capture: captureOnGateway(c, s.ip) });
    if (!c.sight.hasDestinations) return missing(NO_DESTINATIONS);
    const seen = s.vip!.directors.every((d) => d.machine.macs.some((mac) => c.sight.sees(s.sender!, mac)));
    return seen ? null : missing('its frames to all directors would not pass this capture point');
  },

  message(d) {
    const probes = d.probes === 0 ? '' : ` It also asks ${d.stale} itself ${count(d.probes, 'time')}, without an answer.`;
    const healed =
      d.healed === null ? ' It does not move within the capture.' : ` From frame ${d.healed.frame} on it sends to ${d.healed.to}.`;
    return `${d.sender} sends ${count(d.requests, 'request')} for ${d.ip} to ${d.stale} for ${count(d.seconds, 'second')}, the first in frame ${d.firstFrame}, and nothing comes of them: ${d.owner} owns the address (frame ${d.ownerFrame}).${probes}${healed}`;
  },

  remedy(d) {
    const v6 = isIpv6(d.ip);
    return {
      why: `A neighbour believes an old entry until it expires. The director that takes ${d.ip} over must announce it, more than once, and the old one must let go of it.`,
      steps: [
        {
          on: d.ownerHost,
          commands: [
            v6 ? `ndsend ${d.ip} eth0` : `arping -U -c 3 -I eth0 ${d.ip}`,
            'grep -n garp /etc/keepalived/keepalived.conf   # global_defs: vrrp_garp_master_repeat 5, vrrp_garp_master_delay 5, vrrp_garp_master_refresh 60',
          ],
        },
        forget(d.senderHost, d.ip),
      ],
    };
  },
};

function faultOf(c: Case, s: Subject, stale: Machine, owner: Ownership, astray: readonly Lost[]): Fault<Data> {
  const sender = s.sender!;
  const first = astray[0]!.at;
  const last = astray.at(-1)!.at;
  const about = c.o.about(s.ip);
  const probes = (about?.probes ?? []).filter(
    (p) => p.asker === sender && stale.macs.includes(p.asked) && p.ref.at > owner.from && p.ref.at <= last.at,
  );
  const healed = c.o.movesOf(sender, s.ip).find((m) => m.ref.at > first.at && owner.machine.macs.includes(m.to)) ?? null;
  const what = `request for ${s.ip}`;
  const evidence: Evidence[] = [{ at: owner.ref, shows: owner.ref.at <= first.at ? 'cause' : 'cure', says: owner.says }];
  for (const { at, to } of [...astray.slice(0, MAX_SHOWN), astray.at(-1)!]) {
    evidence.push({ at, shows: 'fault', says: hopSays(what, sender, to) });
  }
  for (const p of probes.slice(0, MAX_SHOWN)) {
    evidence.push({
      at: p.ref,
      shows: 'effect',
      says: `unicast question for ${s.ip} from ${p.asker} to ${p.asked}, which does not answer`,
    });
  }
  if (healed !== null) evidence.push({ at: healed.ref, shows: 'cure', says: hopSays(`packet for ${s.ip}`, sender, healed.to) });
  const claimedSince = claimsOf(c, s.ip, stale).some((e) => e.ref.at > owner.from);
  const culprit = claimedSince ? stale : owner.machine;
  return {
    data: {
      ip: s.ip,
      sender: whoIs(c.cluster.machineOf(sender), sender),
      senderHost: hostOf(c.cluster.machineOf(sender), 'the gateway'),
      stale: astray[0]!.to,
      owner: owner.mac,
      ownerHost: hostOf(owner.machine, 'the director'),
      ownerFrame: owner.ref.frame,
      requests: astray.length,
      seconds: Math.floor((last.at - first.at) / 1e9),
      firstFrame: first.frame,
      probes: probes.length,
      healed: healed === null ? null : { frame: healed.ref.frame, to: healed.to },
    },
    culprits: [culprit],
    confidence: isGuessed(s.vip!, culprit) ? 'possible' : 'confirmed',
    count: astray.length,
    unit: 'requests',
    first,
    last,
    evidence,
  };
}

/** A request and its repetitions; a mirror's second sight of one is none. */
const REQUESTS: ReadonlySet<PathEvent> = new Set([PathEvent.toward, PathEvent.retry, PathEvent.retryAgain]);

/** A request that nothing came of, and the MAC that it went to. */
interface Lost {
  readonly at: FrameRef;
  readonly to: Mac;
}

/** New requests from the sender to a director, of which neither a copy nor an answer is seen; repeated SYNs count. */
function lostRequests(c: Case, s: Subject, stale: Machine): Lost[] {
  const lost = c.o.pathsTouching(stale.macs, s.ip).filter((path) => {
    if (path.begun > Begun.datagram || arrivalAt(c, s.vip!, stale, path)?.source !== s.sender) return false;
    if (path.from.length > 0 || path.toward.some((hop) => stale.macs.includes(hop.source))) return false;
    return !path.steps.some((step) => step.event === PathEvent.established);
  });
  const isRequest = (step: Step) => REQUESTS.has(step.event) && step.source === s.sender && stale.macs.includes(step.destination);
  return lost
    .flatMap((path) =>
      path.examples.flatMap(({ frames }) => frames.map((at, i) => ({ at, step: path.steps[i]! })).filter(({ step }) => isRequest(step))),
    )
    .map(({ at, step }) => ({ at, to: step.destination }))
    .sort((a, b) => a.at.at - b.at.at);
}

/** Who else owns the VIP, and since when: by VRRP, by announcement, or because it alone answers in the end. */
function ownershipsOf(c: Case, s: Subject, vip: Vip, stale: Machine, requests: readonly Lost[]): Ownership[] {
  const found: Ownership[] = [];
  const shared = groupsOf(c, s.ip);
  for (const m of shared.flatMap((group) => mastershipsOf(c, group))) {
    if (m.machine === stale) continue;
    found.push({ machine: m.machine, mac: m.sender.mac, ref: m.from, says: advertSays(m.sender), from: m.from.at, until: m.until });
  }
  if (shared.length > 0) return found;
  for (const { machine } of vip.directors) {
    const claims = claimsOf(c, s.ip, machine);
    const announced = claims.find((e) => e.kind === 'gratuitous');
    const first = claims[0];
    const lastOfStale = Math.max(Number.NEGATIVE_INFINITY, ...signsOf(c, s.ip, stale));
    if (announced !== undefined && announced.ref.at > lastOfStale) {
      found.push({
        machine,
        mac: announced.mac,
        ref: announced.ref,
        says: claimSays(announced),
        from: announced.ref.at,
        until: Number.POSITIVE_INFINITY,
      });
    } else if (first !== undefined && first.kind === 'reply' && answersAlone(c, s, machine, requests)) {
      found.push({ machine, mac: first.mac, ref: first.ref, says: claimSays(first), from: lastOfStale, until: first.ref.at });
    }
  }
  return found;
}

/** Whether the sender's requests go to this machine once those to the old one are over. */
function answersAlone(c: Case, s: Subject, machine: Machine, requests: readonly Lost[]): boolean {
  return c.o.movesOf(s.sender!, s.ip).some((m) => machine.macs.includes(m.to) && m.ref.at > requests[0]!.at.at);
}

/** Times at which a machine shows that it owns the VIP: it claims it, or sends its requests on. */
function signsOf(c: Case, ip: Ip, machine: Machine): number[] {
  const sends = c.o.passagesOf(ip).filter((p) => machine.macs.includes(p.source));
  return [...claimsOf(c, ip, machine).map((e) => e.ref.at), ...sends.map((p) => p.last.at)];
}

function claimsOf(c: Case, ip: Ip, machine: Machine): ClaimSeen[] {
  return (c.o.about(ip)?.log ?? []).filter((e) => e.kind !== 'vrrp' && machine.macs.includes(e.mac));
}
