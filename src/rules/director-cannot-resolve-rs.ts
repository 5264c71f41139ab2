/**
 * LVS204: the director asks by ARP or neighbour discovery for a real server, again and again, and nobody answers.
 * It keeps sending requests there all the same: the client gets silence or "no route to host".
 */
import type { Machine, Vip } from '../cluster/cluster.ts';
import type { AskingSeen, FlowPath, Ip, Mac, Step } from '../cluster/observations.ts';
import type { Unanswered } from '../correlation/askings.ts';
import { captureOn } from './capture-command.ts';
import { isIpv6 } from './lawful-claims.ts';
import { arrivalAt, examplesOf, sightingsOf, stepsAsEvidence } from './requests.ts';
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
      if (!known && !keepsRequestsWaiting(c, s.ip, director, row)) continue;
      if (sendsMeanwhile(c, s.machine!, director, row) || isTakenOut(c, director, row)) continue;
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
            ...waitingRequest(c, s.ip, director),
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
function sendsMeanwhile(c: Case, machine: Machine, director: Machine, { first, last }: Unanswered): boolean {
  const isSent = (hop: Step) => director.macs.includes(hop.source) && machine.macs.includes(hop.destination);
  return c.cluster.vips.some((vip) =>
    sightingsOf(c.o.pathsTouching(machine.macs, vip.ip), (path) => path.toward.find(isSent)).some(
      ({ at: { at } }) => at > first.at && at < last.at,
    ),
  );
}

/** Whether only health checks of the director ask: meanwhile it hands requests on and keeps none waiting, of whichever VIP. */
function isTakenOut(c: Case, director: Machine, row: Unanswered): boolean {
  const vips = c.cluster.vips.filter((vip) => vip.directors.some((d) => d.machine === director));
  return (
    vips.some((vip) => checksRealServers(c, vip, director)) &&
    vips.some((vip) => handsOn(c, vip, director, row)) &&
    !vips.some((vip) => keepsRequestsWaiting(c, vip.ip, director, row))
  );
}

/** Whether a director opens flows to real servers' own addresses. */
function checksRealServers(c: Case, vip: Vip, director: Machine): boolean {
  const ips = vip.realServers.flatMap((role) => role.machine.ips);
  return ips.some((ip) => c.o.pathsTouching(director.macs, ip).some((path) => director.macs.includes(path.toward[0]?.source ?? '')));
}

/** Whether a director hands a new request on while it asks. */
function handsOn(c: Case, vip: Vip, director: Machine, row: Unanswered): boolean {
  const onward = c.o.pathsTouching(director.macs, vip.ip).filter((path) => arrivalAt(c, vip, director, path) !== undefined);
  return sightingsOf(onward, (path) => path.toward.find((hop) => director.macs.includes(hop.source))).some(
    ({ at: { at } }) => at >= row.first.at && at <= row.last.at,
  );
}

/** Whether a request arrives while the director asks, and is neither handed on nor answered by another machine before it has asked for the last time. */
function keepsRequestsWaiting(c: Case, ip: Ip, director: Machine, row: Unanswered): boolean {
  return c.o.pathsTouching(director.macs, ip).some((path) => {
    const arrival = arrivalAt(c, c.cluster.vip(ip)!, director, path);
    if (arrival === undefined) return false;
    const onward = path.toward.slice(path.toward.indexOf(arrival) + 1);
    const served = [...onward, ...path.from.filter((hop) => !director.macs.includes(hop.source))].map((hop) => path.steps.indexOf(hop));
    return path.examples.some(({ frames }) => {
      const at = frames[0]?.at ?? Number.NaN;
      const isMeanwhile = at >= row.first.at - WAITS_NS && at <= row.last.at + WAITS_NS;
      return isMeanwhile && served.every((i) => (frames[i]?.at ?? at) > row.last.at);
    });
  });
}

/** Whether a request comes to the director and goes no further. */
function endsAt(c: Case, ip: Ip, path: FlowPath, director: Machine): boolean {
  const arrival = arrivalAt(c, c.cluster.vip(ip)!, director, path);
  return arrival !== undefined && path.toward.at(-1) === arrival;
}

/** A request that the director got, best one that it could not hand on. */
function waitingRequest(c: Case, ip: Ip, director: Machine): Evidence[] {
  const arrived = c.o.pathsTouching(director.macs, ip).filter((p) => arrivalAt(c, c.cluster.vip(ip)!, director, p) !== undefined);
  const waiting = arrived.filter((p) => endsAt(c, ip, p, director));
  const seen = examplesOf(waiting.length > 0 ? waiting : arrived)[0];
  return seen === undefined ? [] : stepsAsEvidence(seen, () => 'effect').slice(0, 2);
}

function askingOf(c: Case, ip: Ip, director: Machine): AskingSeen | undefined {
  return c.o.about(ip)?.askings.find((a) => director.macs.includes(a.asker));
}

/** Clients and gateways are asked for too, when a director answers them itself. */
function couldServe(c: Case, ip: Ip): boolean {
  if (c.cluster.gateways.some((g) => g.machine.ips.includes(ip))) return false;
  if (c.given.realServers.some((g) => g.ips.includes(ip))) return true;
  return !c.cluster.vips.some((vip) => c.o.pathsTo(vip.ip).some((path) => path.examples.some((e) => e.client === ip)));
}

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
