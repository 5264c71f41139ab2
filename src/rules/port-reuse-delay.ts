/**
 * LVS211: a client uses a port again soon, and the director drops the first SYN and forwards only its repetition, a second later.
 * IPVS with connection tracking waits for its old entry to go (net.ipv4.vs.conntrack=1 with conn_reuse_mode 2 or 3).
 */
import type { Machine, Vip } from '../cluster/cluster.ts';
import type { FlowPath, Ip } from '../cluster/observations.ts';
import { Begun, PathEvent } from '../correlation/paths.ts';
import { captureOn } from './capture-command.ts';
import { beyondChance } from './losses.ts';
import { arrivalAt, flowsOn, frameOf, sightingsOf, stepsAsEvidence } from './requests.ts';
import { type Case, isGuessed, type Rule } from './rule.ts';
import { count, hostOf, msBetween, verb, whoIs } from './wording.ts';

interface Data {
  readonly ip: Ip;
  readonly who: string;
  readonly host: string;
  readonly flows: number;
  readonly synFrame: number;
  readonly copyFrame: number;
  readonly delay: string;
}

const MAX_SHOWN = 2;

export const portReuseDelay: Rule<Data> = {
  code: 'LVS211',
  name: 'port-reuse-delay',
  severity: 'warning',
  summary: 'The director drops the first SYN of a client port that is used again.',
  headline: (who, ip, isOne) => `${who} ${verb(isOne, 'delays', 'delay')} connections to ${ip} from ports used before`,

  *subjects(c) {
    for (const vip of c.cluster.vips) for (const { machine } of vip.directors) yield { ip: vip.ip, vip, machine };
  },

  check(c, s) {
    const { machine, vip } = s as { machine: Machine; vip: Vip };
    const reused = c.o.pathsTouching(machine.macs, s.ip).filter((path) => path.begun === Begun.reuse);
    const delayed = beyondChance(
      reused.filter((path) => isDelayed(c, vip, machine, path)),
      reused,
    );
    const seen = sightingsOf(delayed, (path) => path.steps.find((step) => isCopy(machine, step)));
    const first = seen[0];
    if (first === undefined) return [];
    const arrival = arrivalAt(c, vip, machine, first.path)!;
    const syn = frameOf(first, (step) => step === arrival)!;
    const flows = flowsOn(delayed);
    return [
      {
        data: {
          ip: s.ip,
          who: whoIs(machine, arrival.destination),
          host: hostOf(machine, 'the director'),
          flows,
          synFrame: syn.frame,
          copyFrame: first.at.frame,
          delay: msBetween(syn, first.at),
        },
        culprits: [machine],
        confidence: isGuessed(vip, machine) ? 'possible' : 'confirmed',
        count: flows,
        unit: 'flows',
        first: syn,
        last: seen.at(-1)!.example.frames.at(-1)!,
        evidence: seen.slice(0, MAX_SHOWN).flatMap((e) =>
          stepsAsEvidence(e, (step) => {
            if (isCopy(machine, step)) return 'cure';
            return step === arrivalAt(c, vip, machine, e.path) ? 'fault' : step.event === PathEvent.retry ? 'effect' : null;
          }),
        ),
      },
    ];
  },

  blind(c, s) {
    const { machine } = s as { machine: Machine };
    const missing = (reason: string) => ({ reason, capture: captureOn(machine, s.ip, 'the director') });
    if (!c.sight.seesAllFrom(machine)) return missing('what the director sends to real servers does not pass this capture point');
    const reused = c.o.pathsTouching(machine.macs, s.ip).some((path) => path.begun === Begun.reuse);
    return reused ? null : missing('no client uses a port again in this capture');
  },

  message(d) {
    return `${d.who} forwards ${count(d.flows, 'connection')} to ${d.ip} from a port used before only at the second SYN: the first in frame ${d.synFrame} has no copy, the copy in frame ${d.copyFrame} leaves ${d.delay} later.`;
  },

  remedy(d) {
    return {
      why: 'IPVS sees an old entry for the same ports and, with connection tracking, drops the SYN and lets the entry go.',
      steps: [
        {
          on: d.host,
          commands: [
            'sysctl net.ipv4.vs.conntrack net.ipv4.vs.conn_reuse_mode',
            'sysctl -w net.ipv4.vs.conntrack=0   # direct routing does not need it',
            'sysctl -w net.ipv4.vs.conn_reuse_mode=1   # Linux 5.9 and later reuse the entry without delay',
          ],
        },
      ],
    };
  },
};

/** The director's copy leaves after the client has repeated its SYN. */
function isDelayed(c: Case, vip: Vip, machine: Machine, path: FlowPath): boolean {
  const retry = path.steps.findIndex((step) => step.event === PathEvent.retry);
  const copy = path.steps.findIndex((step) => isCopy(machine, step));
  return retry >= 0 && copy > retry && arrivalAt(c, vip, machine, path) !== undefined;
}

function isCopy(machine: Machine, step: { event: PathEvent; source: string; destination: string }): boolean {
  return step.event === PathEvent.toward && machine.macs.includes(step.source) && !machine.macs.includes(step.destination);
}
