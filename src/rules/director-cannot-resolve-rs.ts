/**
 * LVS204: the director asks by ARP or neighbour discovery for a real server, again and again, and nobody answers.
 * It keeps sending requests there all the same: the client gets silence or "no route to host".
 */
import type { Cluster, Machine, Vip } from '../cluster/cluster.ts';
import type { AskingSeen, Ip, Mac, Step } from '../cluster/observations.ts';
import type { Unanswered } from '../correlation/askings.ts';
import { captureOn } from './capture-command.ts';
import { isIpv6 } from './lawful-claims.ts';
import { oncePerCase } from './once.ts';
import { arrivalAt, examplesOf, type Seen, sightingsOf, stepsAsEvidence } from './requests.ts';
import type { Case, Evidence, Rule } from './rule.ts';
import { count, hostOf, questionSays, verb } from './wording.ts';

interface Data {
  readonly rip: Ip;
  readonly director: Mac;
  readonly host: string;
  readonly questions: number;
  readonly seconds: number;
  readonly firstFrame: number;
  readonly lastFrame: number;
}

const MIN_QUESTIONS = 3;
/** Three questions a second apart; kernel timers may be a tick early. */
const MIN_SPAN_NS = 1.9e9;

/** A request waits for the answer to the first question, and is given up a second after the last. */
const WAITS_NS = 2e9;

export const directorCannotResolveRs: Rule<Data> = {
  code: 'LVS204',
  name: 'director-cannot-resolve-rs',
  severity: 'critical',
  summary: 'The director asks for a real server by ARP and nobody answers.',
  headline: (who, _ip, isOne) => `${who} ${verb(isOne, 'does', 'do')} not answer the director's ARP requests`,

  *subjects(c) {
    for (const ip of c.o.claimedIps) {
      if (c.cluster.vip(ip) !== undefined) continue;
      for (const vip of c.cluster.vips) {
        const asks = vip.directors.some((d) => askingOf(c, ip, d.machine) !== undefined);
        if (!asks || !couldServe(c, ip)) continue;
        yield { ip: vip.ip, vip, machine: machineAt(c, ip) };
        // One director serves several VIPs with the same real server: tell it once.
        break;
      }
    }
  },

  check(c, s) {
    const rip = s.machine!.ips[0]!;
    for (const { machine: director } of s.vip!.directors) {
      const asking = askingOf(c, rip, director);
      const row = asking?.unanswered ?? null;
      if (asking === undefined || row === null || row.count < MIN_QUESTIONS || row.last.at - row.first.at < MIN_SPAN_NS) continue;
      if (!answersInSight(c, s.machine!, director)) continue;
      // A director may miss other hosts too. Which of them should serve is known, or shows in requests that wait for it.
      const known = isRealServer(c, s.machine!);
      if (!known && !keepsRequestsWaiting(c, s.vip!, director, row)) continue;
      if (sendsMeanwhile(c, s.vip!, s.machine!, director, row) || isTakenOut(c, director, row)) continue;
      return [
        {
          data: {
            rip,
            director: asking.asker,
            host: hostOf(s.machine!, rip),
            questions: row.count,
            seconds: Math.round((row.last.at - row.first.at) / 1e9),
            firstFrame: row.first.frame,
            lastFrame: row.last.frame,
          },
          culprits: [s.machine!],
          confidence: known ? 'confirmed' : 'probable',
          count: row.count,
          unit: 'frames',
          first: row.first,
          last: row.last,
          evidence: [
            { at: row.first, shows: 'fault', says: questionSays(rip, asking.asker) },
            { at: row.last, shows: 'fault', says: `${questionSays(rip, asking.asker)}, still without an answer` },
            ...waitingRequest(c, s.vip!, director),
          ],
        },
      ];
    }
    return [];
  },

  blind(c, s) {
    const director = s.vip!.directors[0]!.machine;
    const seen = s.vip!.directors.some((d) => answersInSight(c, s.machine!, d.machine));
    return seen
      ? null
      : {
          reason: "answers to the director's questions do not pass this capture point",
          capture: captureOn(director, s.ip, 'the director'),
        };
  },

  message(d) {
    return `The director ${d.director} asks for ${d.rip} ${count(d.questions, 'time')} within ${count(d.seconds, 'second')} (frames ${d.firstFrame} to ${d.lastFrame}) and gets no answer.`;
  },

  remedy(d) {
    const isV6 = isIpv6(d.rip);
    return {
      why: 'Without its MAC the director cannot send it anything. It is down, not on this LAN, or does not answer: arp_ignore=8 silences the real address too.',
      steps: [
        {
          on: d.host,
          commands: [
            `ip -br addr show to ${d.rip}`,
            ...(isV6
              ? []
              : ['sysctl net.ipv4.conf.all.arp_ignore net.ipv4.conf.eth0.arp_ignore   # 1 is right on a real server; 8 is not']),
          ],
        },
        {
          on: 'the director',
          commands: [
            `ip neigh show ${d.rip}`,
            `ipvsadm -Ln | grep '${d.rip}'   # take it out until it answers; a health check does so by itself`,
          ],
        },
      ],
    };
  },
};

/** Whether the director sends requests to the machine between its questions: then it knows where, by answers that pass elsewhere. */
function sendsMeanwhile(c: Case, vip: Vip, machine: Machine, director: Machine, { first, last }: Unanswered): boolean {
  return [machine, ...(machine.macs.length === 0 ? unseenServers(c, vip) : [])].some((server) =>
    requestsTo(c, server).some(({ step, at: { at } }) => at > first.at && at < last.at && director.macs.includes(step.source)),
  );
}

/** Real servers of which no frame passes and no address is known: each may be the one that nothing is known of but its address. */
function unseenServers(c: Case, vip: Vip): Machine[] {
  return vip.realServers.map(({ machine }) => machine).filter((machine) => machine.ips.length === 0 && !c.sight.seesAllFrom(machine));
}

/** The hops by which requests come to a machine, to whichever VIP. One request may come from several directors. */
const requestsTo = oncePerCase((c: Case, { macs }: Machine) =>
  c.cluster.vips
    .flatMap((vip) => c.o.pathsTouching(macs, vip.ip))
    .flatMap((path) => path.toward.filter((hop) => macs.includes(hop.destination)).flatMap((hop) => sightingsOf([path], () => hop))),
);

/** Whether only health checks of the director ask: meanwhile it hands requests on and keeps none waiting, of whichever VIP. */
function isTakenOut(c: Case, director: Machine, row: Unanswered): boolean {
  const { vips } = c.cluster;
  return (
    vips.some((vip) => checkersOf(c, vip).has(director)) &&
    vips.some((vip) => handsOn(c, vip, director, row)) &&
    !vips.some((vip) => keepsRequestsWaiting(c, vip, director, row))
  );
}

/** Directors of a VIP that open flows to real servers' own addresses. */
const checkersOf = oncePerCase((c: Case, vip: Vip) => {
  const ips = vip.realServers.flatMap((role) => role.machine.ips);
  const opens = ({ macs }: Machine) =>
    ips.some((ip) => c.o.pathsTouching(macs, ip).some((path) => macs.includes(path.toward[0]?.source ?? '')));
  return new Set(vip.directors.map((role) => role.machine).filter(opens));
});

/** Whether a director hands a new request on while it asks. */
function handsOn(c: Case, vip: Vip, director: Machine, row: Unanswered): boolean {
  return arrivalsOf(c, vip, director).some(({ handedOnAt }) => handedOnAt >= row.first.at && handedOnAt <= row.last.at);
}

/** Whether a request arrives while the director asks, and is neither handed on nor answered before it has asked for the last time. */
function keepsRequestsWaiting(c: Case, vip: Vip, director: Machine, row: Unanswered): boolean {
  const [from, until] = [row.first.at - WAITS_NS, row.last.at + WAITS_NS];
  return arrivalsOf(c, vip, director).some(({ at, servedAt }) => at >= from && at <= until && servedAt > row.last.at);
}

/** A request that the director got, best one that it could not hand on. */
function waitingRequest(c: Case, vip: Vip, director: Machine): Evidence[] {
  const arrivals = arrivalsOf(c, vip, director);
  const seen = arrivals.find(({ goesOn }) => !goesOn) ?? arrivals[0];
  return seen === undefined ? [] : stepsAsEvidence(seen, () => 'effect').slice(0, 2);
}

/** A request that comes to a director; times in nanoseconds since the first frame. */
interface Arrival extends Seen {
  readonly at: number;
  /** Whether it goes any further. */
  readonly goesOn: boolean;
  /** When the director hands it on; not a number where that is not remembered. */
  readonly handedOnAt: number;
  /** When it is handed on or answered, maybe by the director itself; infinity where it is neither. */
  readonly servedAt: number;
}

function arrivalsOf(c: Case, vip: Vip, director: Machine): readonly Arrival[] {
  return arrivals(c, vip).get(director) ?? [];
}

/** For each director of a VIP the requests that come to it, in order of time. */
const arrivals = oncePerCase(
  (c: Case, vip: Vip) => new Map(vip.directors.map(({ machine }) => [machine, readArrivals(c, vip, machine)] as const)),
);

function readArrivals(c: Case, vip: Vip, director: Machine): Arrival[] {
  const isSent = (hop: Step) => director.macs.includes(hop.source);
  const arrived = c.o.pathsTouching(director.macs, vip.ip).filter((path) => arrivalAt(c, vip, director, path) !== undefined);
  return examplesOf(arrived).map((seen) => {
    const { steps, toward, from } = seen.path;
    const { frames } = seen.example;
    const { at } = frames[0]!;
    const onward = toward.slice(toward.indexOf(arrivalAt(c, vip, director, seen.path)!) + 1);
    const served = [...onward, ...from].map((hop) => frames[steps.indexOf(hop)]?.at ?? at);
    const handedOn = toward.find(isSent);
    return {
      ...seen,
      at,
      goesOn: onward.length > 0,
      handedOnAt: handedOn === undefined ? Number.NaN : (frames[steps.indexOf(handedOn)]?.at ?? Number.NaN),
      servedAt: Math.min(...served),
    };
  });
}

function askingOf(c: Case, ip: Ip, director: Machine): AskingSeen | undefined {
  return c.o.about(ip)?.askings.find((a) => director.macs.includes(a.asker));
}

/** Clients and gateways are asked for too, when a director answers them itself. */
function couldServe(c: Case, ip: Ip): boolean {
  if (c.cluster.gateways.some((g) => g.machine.ips.includes(ip))) return false;
  if (c.given.realServers.some((g) => g.ips.includes(ip))) return true;
  return !clientsOf(c, c.cluster).has(ip);
}

/** Clients of any VIP, as far as examples tell. */
const clientsOf = oncePerCase(
  (c: Case, cluster: Cluster) =>
    new Set(cluster.vips.flatMap((vip) => c.o.pathsTo(vip.ip).flatMap((path) => path.examples.map((example) => example.client)))),
);

function machineAt(c: Case, ip: Ip): Machine {
  return c.cluster.machines.find((m) => m.ips.includes(ip)) ?? { name: nameGiven(c, ip), ips: [ip], macs: [], isVirtual: false };
}

function nameGiven(c: Case, ip: Ip): string | null {
  return c.given.realServers.find((g) => g.ips.includes(ip))?.name ?? null;
}

function isRealServer(c: Case, machine: Machine): boolean {
  return (
    c.cluster.vips.some((vip) => vip.realServers.some((r) => r.machine === machine)) ||
    c.given.realServers.some((g) => g.ips.some((ip) => machine.ips.includes(ip)))
  );
}

/** Whether an answer to this director would be in the capture. */
function answersInSight(c: Case, machine: Machine, director: Machine): boolean {
  if (c.sight.seesAllTo(director)) return true;
  return machine.macs.some((mac) => director.macs.some((to) => c.sight.sees(mac, to)));
}
