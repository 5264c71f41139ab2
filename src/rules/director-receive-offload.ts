/**
 * LVS503: a director of direct routing finds packets too large for its own link and says so by ICMP.
 * Its network card has joined several packets into one (LRO, GRO), which then does not fit out again.
 */
import type { Machine, Vip } from '../cluster/cluster.ts';
import type { FlowPath, Ip, Step } from '../cluster/observations.ts';
import { PathEvent } from '../correlation/paths.ts';
import { captureOn } from './capture-command.ts';
import { flowsOn, has, sightingsOf, stepsAsEvidence } from './requests.ts';
import { type Case, isGuessed, type Rule } from './rule.ts';
import { count, hostOf, verb, whoIs } from './wording.ts';

interface Data {
  readonly ip: Ip;
  readonly who: string;
  readonly host: string;
  readonly flows: number;
  readonly frame: number;
}

const MAX_SHOWN = 2;

export const directorReceiveOffload: Rule<Data> = {
  code: 'LVS503',
  name: 'director-receive-offload',
  // No real capture shows it yet, so it never reports more than a warning.
  severity: 'warning',
  summary: 'The director joins packets on receipt and cannot send them on.',
  headline: (who, ip, isOne) => `${who} ${verb(isOne, 'finds', 'find')} packets for ${ip} too large to send on`,

  *subjects(c) {
    for (const vip of c.cluster.vips) {
      if (vip.mode === 'dr') for (const { machine } of vip.directors) yield { ip: vip.ip, vip, machine };
    }
  },

  check(c, s) {
    const { machine, vip } = s as { machine: Machine; vip: Vip };
    const refused = c.o.pathsTouching(machine.macs, s.ip).filter((path) => isRefused(c, vip, machine, path));
    const isFault = (step: Step) => step.event === PathEvent.tooBig && machine.macs.includes(step.source);
    const seen = sightingsOf(refused, (path) => path.steps.find(isFault));
    const first = seen[0];
    if (first === undefined) return [];
    const flows = flowsOn(refused);
    return [
      {
        data: {
          ip: s.ip,
          who: whoIs(machine, first.step.source),
          host: hostOf(machine, 'the director'),
          flows,
          frame: first.at.frame,
        },
        culprits: [machine],
        confidence: isGuessed(vip, machine) ? 'possible' : 'probable',
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
    if (c.sight.seesAllFrom(machine)) return null;
    return {
      reason: 'what the director sends to clients does not pass this capture point',
      capture: captureOn(machine, s.ip, 'the director'),
    };
  },

  message(d) {
    return `${d.who} tells clients of ${d.ip} by ICMP that their packets are too large (${count(d.flows, 'flow')}, first in frame ${d.frame}), though direct routing adds nothing to them: receive offload on the director joins packets.`;
  },

  remedy(d) {
    return {
      why: 'Packets that the network card has joined are larger than the link they must leave by.',
      steps: [
        {
          on: d.host,
          commands: [
            'ethtool -K eth0 lro off gro off',
            "ethtool -k eth0 | grep -e large-receive -e generic-receive   # and on a bond's or VLAN's lower interface",
          ],
        },
      ],
    };
  },
};

/** An ICMP "too big" of the director's own, not one that it hands to the real server, about a flow that it routes directly. */
function isRefused(c: Case, vip: Vip, machine: Machine, path: FlowPath): boolean {
  if (has(path, PathEvent.towardInTunnel)) return false;
  const own = path.steps.findIndex(
    (step) => step.event === PathEvent.tooBig && machine.macs.includes(step.source) && !c.cluster.isRealServer(step.destination, vip),
  );
  const before = path.steps.findIndex((step) => step.event === PathEvent.tooBig && machine.macs.includes(step.destination));
  return own >= 0 && (before < 0 || before > own);
}
