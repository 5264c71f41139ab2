/**
 * LVS213: the director resets an established connection.
 * It has no entry for it: expired, lost with the table, or never told to the new master.
 */
import type { Machine, Vip } from '../cluster/cluster.ts';
import type { FlowPath, Ip, Step } from '../cluster/observations.ts';
import { Begun, PathEvent } from '../correlation/paths.ts';
import { captureOn } from './capture-command.ts';
import { entryOf, flowsOn, sightingsOf, stepsAsEvidence } from './requests.ts';
import { type Case, isGuessed, type Rule } from './rule.ts';
import { count, hostOf, NO_DESTINATIONS, verb, whoIs } from './wording.ts';

interface Data {
  readonly ip: Ip;
  readonly who: string;
  readonly host: string;
  readonly flows: number;
  readonly resetFrame: number;
}

const MAX_SHOWN = 2;

export const directorResetsFlow: Rule<Data> = {
  code: 'LVS213',
  name: 'director-resets-flow',
  severity: 'warning',
  summary: 'The director resets established connections.',
  headline: (who, ip, isOne) => `${who} ${verb(isOne, 'resets', 'reset')} established connections to ${ip}`,

  *subjects(c) {
    for (const vip of c.cluster.vips) for (const { machine } of vip.directors) yield { ip: vip.ip, vip, machine };
  },

  check(c, s) {
    const { machine, vip } = s as { machine: Machine; vip: Vip };
    const reset = c.o.pathsTouching(machine.macs, s.ip).filter((path) => isReset(c, vip, machine, path));
    const isFault = (step: Step) => step.event === PathEvent.reset && machine.macs.includes(step.source);
    const seen = sightingsOf(reset, (path) => path.steps.find(isFault));
    const first = seen[0];
    if (first === undefined) return [];
    const flows = flowsOn(reset);
    return [
      {
        data: {
          ip: s.ip,
          who: whoIs(machine, first.step.source),
          host: hostOf(machine, 'the director'),
          flows,
          resetFrame: first.at.frame,
        },
        culprits: between(c, vip, machine, reset),
        confidence: isGuessed(vip, machine) ? 'possible' : reset.some((p) => p.begun <= Begun.reuse) ? 'confirmed' : 'probable',
        count: flows,
        unit: 'flows',
        first: first.at,
        last: seen.at(-1)!.example.frames.at(-1)!,
        evidence: seen.slice(0, MAX_SHOWN).flatMap((e) => stepsAsEvidence(e, (step) => (isFault(step) ? 'fault' : 'cause'))),
      },
    ];
  },

  blind(c, s) {
    const { machine } = s as { machine: Machine };
    const missing = (reason: string) => ({ reason, capture: captureOn(machine, s.ip, 'the director') });
    if (!c.sight.hasDestinations) return missing(NO_DESTINATIONS);
    if (!c.sight.seesAllFrom(machine)) return missing('what the director sends to clients does not pass this capture point');
    const others = s.vip!.directors.some((d) => !c.sight.seesAllFrom(d.machine));
    if (others) return missing('resets of the other director, which may have taken its connections over, do not pass this capture point');
    const established = c.o.pathsTouching(machine.macs, s.ip).some((p) => p.steps.some((x) => x.event === PathEvent.established));
    return established ? null : missing(`no established connection to ${s.ip} passes it in this capture`);
  },

  message(d) {
    return `${d.who} answers packets of ${count(d.flows, 'connection')} to ${d.ip} with a reset of its own, first in frame ${d.resetFrame}: it has no entry for them.`;
  },

  remedy(d) {
    return {
      why: 'A packet of a connection without an entry goes up to the director itself, which has no such socket.',
      steps: [
        {
          on: d.host,
          commands: [
            'ipvsadm -L --timeout   # the TCP timeout must exceed the longest silence of the application: ipvsadm --set 900 120 300',
            'ipvsadm -L --daemon   # after a failover: both directors need the sync daemon, with the same id',
            'journalctl -u keepalived -n 50   # a restart or a failover at that time',
          ],
        },
      ],
    };
  },
};

/** The director that resets, and the one that began these connections and did not hand its entries over. */
function between(c: Case, vip: Vip, machine: Machine, paths: readonly FlowPath[]): Machine[] {
  return [...new Set([machine, ...paths.map((path) => c.cluster.machineOf(entryOf(c, vip, path)!.destination))])];
}

/** A reset by the director for a flow that a real server serves, or that the director should forward. */
function isReset(c: Case, vip: Vip, machine: Machine, path: FlowPath): boolean {
  const reset = path.steps.findIndex((step) => step.event === PathEvent.reset && machine.macs.includes(step.source));
  // What a real server sends by itself, or a director asks, is no client's flow.
  const entry = entryOf(c, vip, path);
  if (reset < 0 || entry === undefined || !c.cluster.isDirector(entry.destination, vip)) return false;
  // It may answer itself, as a real server of its own or at a port that is no service: then the reset is the program's.
  const [answer] = path.from;
  const isOwn = answer !== undefined && machine.macs.includes(answer.source);
  if (isOwn && (!isHopOfReset(path, answer) || vip.realServers.some((r) => r.machine === machine))) return false;
  const established = path.steps.findIndex((step) => step.event === PathEvent.established);
  if (path.begun <= Begun.reuse) return established >= 0 && established < reset;
  // Seen from the middle on: the flow may have begun past the director. It was this one's if it forwarded it before, or took the VIP over.
  const forwarded = path.steps.slice(0, reset).some((step) => path.toward.includes(step) && machine.macs.includes(step.source));
  return forwarded || tookOver(c, vip, machine, path);
}

/**
 * Whether what is seen on the first hop from the server's side is a reset, which is told as a step of its own: one that took another hop
 * would have that one before it.
 */
function isHopOfReset(path: FlowPath, hop: Step): boolean {
  return path.steps[path.steps.indexOf(hop) + 1]?.event === PathEvent.reset;
}

function tookOver(c: Case, vip: Vip, machine: Machine, path: FlowPath): boolean {
  const begins = path.examples[0]?.frames[0]?.at ?? 0;
  const log = c.o.about(vip.ip)?.log ?? [];
  return log.some((e) => (e.kind === 'gratuitous' || e.kind === 'vrrp') && machine.macs.includes(e.mac) && e.ref.at <= begins);
}
