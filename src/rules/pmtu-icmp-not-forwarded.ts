/**
 * LVS502: an ICMP "fragmentation needed" for the VIP reaches the director and is not handed to the real server of that connection.
 * The real server goes on sending packets that do not fit.
 */
import type { Machine, Vip } from '../cluster/cluster.ts';
import type { FlowPath, Ip, Step } from '../cluster/observations.ts';
import { PathEvent } from '../correlation/paths.ts';
import { captureOn } from './capture-command.ts';
import { flowsOn, frameOf, sightingsOf, stepsAsEvidence } from './requests.ts';
import { isGuessed, type Rule } from './rule.ts';
import { count, hostOf, verb, whoIs } from './wording.ts';

interface Data {
  readonly ip: Ip;
  readonly who: string;
  readonly host: string;
  readonly flows: number;
  readonly icmpFrame: number;
  readonly stallFrame: number;
}

const MAX_SHOWN = 2;

export const pmtuIcmpNotForwarded: Rule<Data> = {
  code: 'LVS502',
  name: 'pmtu-icmp-not-forwarded',
  severity: 'warning',
  summary: 'The director keeps ICMP "fragmentation needed" from the real server.',
  headline: (who, ip, isOne) => `${who} ${verb(isOne, 'does', 'do')} not hand on ICMP "fragmentation needed" for ${ip}`,

  *subjects(c) {
    for (const vip of c.cluster.vips) for (const { machine } of vip.directors) yield { ip: vip.ip, vip, machine };
  },

  check(c, s) {
    const { machine, vip } = s as { machine: Machine; vip: Vip };
    const kept = c.o.pathsTouching(machine.macs, s.ip).filter((path) => stallOf(machine, path) !== undefined);
    const seen = sightingsOf(kept, (path) => stallOf(machine, path));
    const first = seen[0];
    if (first === undefined || !c.sight.seesAllFrom(machine)) return [];
    const arrival = first.path.steps.find((x) => isArriving(machine, x))!;
    const icmp = frameOf(first, (step) => step === arrival)!;
    const flows = flowsOn(kept);
    return [
      {
        data: {
          ip: s.ip,
          who: whoIs(machine, arrival.destination),
          host: hostOf(machine, 'the director'),
          flows,
          icmpFrame: icmp.frame,
          stallFrame: first.at.frame,
        },
        culprits: [machine],
        confidence: isGuessed(vip, machine) ? 'possible' : 'confirmed',
        count: flows,
        unit: 'flows',
        first: icmp,
        last: seen.at(-1)!.example.frames.at(-1)!,
        evidence: seen
          .slice(0, MAX_SHOWN)
          .flatMap((e) =>
            stepsAsEvidence(e, (x) =>
              isArriving(machine, x) ? 'fault' : x.event === PathEvent.stalled ? 'effect' : e.path.toward.includes(x) ? 'cause' : null,
            ),
          ),
      },
    ];
  },

  blind(c, s) {
    const { machine } = s as { machine: Machine };
    const missing = (reason: string) => ({ reason, capture: captureOn(machine, s.ip, 'the director') });
    if (!c.sight.seesAllFrom(machine)) return missing('what the director sends to real servers does not pass this capture point');
    const arrived = c.o.pathsTouching(machine.macs, s.ip).some((path) => path.steps.some((x) => isArriving(machine, x)));
    if (!arrived) return missing('no ICMP "fragmentation needed" reaches it in this capture');
    const answers = c.o.passagesOf(s.ip).some((p) => !p.toward);
    return answers ? null : missing('whether the real server goes on sending too large does not pass this capture point');
  },

  message(d) {
    return `The ICMP "fragmentation needed" in frame ${d.icmpFrame} about a connection to ${d.ip} reaches ${d.who} and is not handed on (${count(d.flows, 'flow')}); in frame ${d.stallFrame} the real server sends the same full-size segment a third time.`;
  },

  remedy(d) {
    return {
      why: 'IPVS hands ICMP errors to the real server of the connection by itself, if they come to it.',
      steps: [
        {
          on: d.host,
          commands: [
            'nft list ruleset | grep -n icmp; iptables-save | grep -n icmp   # accept type 3 code 4 (IPv6: type 2) in INPUT and PREROUTING',
            'sysctl net.ipv4.icmp_ratelimit',
          ],
        },
        { on: 'each real server', commands: ['sysctl -w net.ipv4.tcp_mtu_probing=1   # finds the size without ICMP, meanwhile'] },
      ],
    };
  },
};

function isArriving(machine: Machine, step: Step): boolean {
  return step.event === PathEvent.tooBig && machine.macs.includes(step.destination);
}

/** The real server's segment that shows that the flow hangs, where the message arrived before it and is not sent on. */
function stallOf(machine: Machine, path: FlowPath): Step | undefined {
  const arrives = path.steps.findIndex((x) => isArriving(machine, x));
  const leaves = path.steps.some((x) => x.event === PathEvent.tooBig && machine.macs.includes(x.source));
  const stalled = path.steps.findIndex((x) => x.event === PathEvent.stalled && !machine.macs.includes(x.destination));
  return arrives >= 0 && !leaves && stalled > arrives ? path.steps[stalled] : undefined;
}
