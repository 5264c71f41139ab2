/**
 * LVS304: a real server sends its replies to the director.
 * The director sees its own address as source and drops them (martian), unless it is told to accept and route them.
 */
import type { Machine, Vip } from '../cluster/cluster.ts';
import type { FlowPath, Ip, Mac, Step } from '../cluster/observations.ts';
import { captureOn } from './capture-command.ts';
import { blindToAnswers, flowsOn, isHealthCheck, sightingsOf, stepsAsEvidence } from './requests.ts';
import { type Case, isGuessed, type Rule, realServersOf } from './rule.ts';
import { count, hostOf, NO_DESTINATIONS, verb, whoIs } from './wording.ts';

interface Data {
  readonly ip: Ip;
  readonly who: string;
  readonly host: string;
  readonly director: Mac;
  readonly flows: number;
  readonly frame: number;
  readonly onwardFrame: number | null;
}

const MAX_SHOWN = 2;

export const replyViaDirector: Rule<Data> = {
  code: 'LVS304',
  name: 'reply-via-director',
  severity: 'critical',
  summary: 'A real server sends its replies to the director instead of the gateway or client.',
  headline: (who, ip, isOne) => `${who} ${verb(isOne, 'sends its', 'send their')} replies from ${ip} to the director`,

  *subjects(c) {
    for (const subject of realServersOf(c)) {
      // Where the director is the gateway by design, replies may take that way.
      const isGateway = subject.vip.directors.some((d) => c.cluster.gateways.some((g) => g.source === 'given' && g.machine === d.machine));
      if (!isGateway) yield subject;
    }
  },

  check(c, s) {
    const { machine, vip } = s as { machine: Machine; vip: Vip };
    const isFault = (step: Step) => machine.macs.includes(step.source) && c.cluster.isDirector(step.destination, vip);
    const paths = c.o.pathsTouching(machine.macs, s.ip).filter((path) => path.from.some(isFault) && !isHealthCheck(vip, path));
    const seen = sightingsOf(paths, (path) => path.from.find(isFault));
    const first = seen[0];
    if (first === undefined) return [];
    const { step: reply, at } = first;
    const flows = flowsOn(paths);
    const onward = sightingsOf(paths, (path) => path.from.find((hop) => isOnward(c, vip, path, hop)))[0];
    const shown = [...seen.slice(0, MAX_SHOWN), ...(onward !== undefined ? [onward] : [])];
    return [
      {
        data: {
          ip: s.ip,
          who: whoIs(machine, reply.source),
          host: hostOf(machine, 'the real server'),
          director: reply.destination,
          flows,
          frame: at.frame,
          onwardFrame: onward?.at.frame ?? null,
        },
        culprits: [machine],
        confidence: isGuessed(vip, machine) ? 'possible' : 'confirmed',
        ...(onward === undefined ? {} : { severity: 'warning' as const }),
        count: flows,
        unit: 'flows',
        first: at,
        last: seen.at(-1)!.example.frames.at(-1)!,
        evidence: shown.flatMap((e) =>
          stepsAsEvidence(e, (step) => {
            if (!e.path.from.includes(step)) return e.path.toward.includes(step) ? 'cause' : null;
            return isFault(step) ? 'fault' : 'effect';
          }),
        ),
      },
    ];
  },

  blind(c, s) {
    const machine = s.machine!;
    if (!c.sight.hasDestinations) return { reason: NO_DESTINATIONS, capture: captureOn(machine, s.ip, 'the real server') };
    return blindToAnswers(c, s.ip, machine);
  },

  message(d) {
    const then =
      d.onwardFrame === null
        ? 'The director sends none of them on: their source is an address of its own, and a kernel drops such packets.'
        : `The director sends them on, as in frame ${d.onwardFrame}, and carries what it should not.`;
    return `${d.who} sends replies from ${d.ip} to the director ${d.director}: ${count(d.flows, 'flow')}, first in frame ${d.frame}. ${then}`;
  },

  remedy(d) {
    return {
      why: "The real server's default route leads to the director. Replies go to the gateway, past the director, in direct routing.",
      steps: [
        {
          on: d.host,
          commands: [
            'ip route show default   # must name the gateway of the LAN, not the director',
            'ip route replace default via GATEWAY-IP',
            `ip rule show; ip route get CLIENT-IP from ${d.ip}   # a rule for the VIP's replies may point there too`,
          ],
        },
      ],
    };
  },
};

/** Whether by this hop of a reply a director hands it on. */
function isOnward(c: Case, vip: Vip, path: FlowPath, hop: Step): boolean {
  const index = path.from.indexOf(hop);
  return c.cluster.isDirector(hop.source, vip) && path.from.slice(0, index).some((h) => c.cluster.isDirector(h.destination, vip));
}
