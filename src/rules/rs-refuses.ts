/**
 * LVS303: a real server refuses requests for the VIP: a reset in answer to the SYN, or ICMP unreachable.
 * The packet arrived and the address is right; nothing listens there, or a firewall rejects.
 */
import { isVirtualMac, type Machine, type Vip } from '../cluster/cluster.ts';
import type { FlowPath, Ip, Step } from '../cluster/observations.ts';
import { PathEvent } from '../correlation/paths.ts';
import { blindToAnswers, entryOf, flowsOn, isHealthCheck, sightingsOf, stepsAsEvidence } from './requests.ts';
import { type Case, isGuessed, type Rule } from './rule.ts';
import { isVirtual, serviceOf } from './services.ts';
import { count, hostOf, verb, whoIs } from './wording.ts';

interface Data {
  readonly ip: Ip;
  readonly service: string;
  readonly who: string;
  readonly host: string;
  readonly flows: number;
  readonly byReset: boolean;
  readonly frame: number;
}

const MAX_SHOWN = 2;

export const rsRefuses: Rule<Data> = {
  code: 'LVS303',
  name: 'rs-refuses',
  severity: 'critical',
  summary: 'A real server refuses requests for the VIP.',
  headline: (who, ip, isOne) => `${who} ${verb(isOne, 'refuses', 'refuse')} requests for ${ip}`,

  *subjects(c) {
    // A director that is its own real server can refuse as well as any.
    for (const vip of c.cluster.vips) {
      if (vip.mode !== 'nat') for (const { machine } of vip.realServers) yield { ip: vip.ip, vip, machine };
    }
  },

  check(c, s) {
    const { machine, vip } = s as { machine: Machine; vip: Vip };
    const isRefusal = (step: Step) =>
      (step.event === PathEvent.refused || step.event === PathEvent.unreachable) && machine.macs.includes(step.source);
    const isDirector = vip.directors.some((d) => d.machine === machine);
    const refused = c.o
      .pathsTouching(machine.macs, s.ip)
      .filter((path) => path.steps.some((step) => isRefusal(step) && !(isDirector && step.event === PathEvent.unreachable)))
      .filter((path) => !isHealthCheck(vip, path) && !isForItself(c, vip, machine, path));
    const seen = sightingsOf(refused, (path) => path.steps.find(isRefusal));
    const first = seen[0];
    if (first === undefined) return [];
    const flows = flowsOn(refused);
    const { step, at } = first;
    return [
      {
        data: {
          ip: s.ip,
          service: `${first.example.serverPort}/${first.path.protocol}`,
          who: whoIs(machine, step.source),
          host: hostOf(machine, 'the real server'),
          flows,
          byReset: step.event === PathEvent.refused,
          frame: at.frame,
        },
        culprits: [machine],
        confidence: isGuessed(vip, machine) ? 'possible' : 'confirmed',
        count: flows,
        unit: 'flows',
        first: at,
        last: seen.at(-1)!.example.frames.at(-1)!,
        evidence: seen
          .slice(0, MAX_SHOWN)
          .flatMap((e) => stepsAsEvidence(e, (x) => (isRefusal(x) ? 'fault' : e.path.toward.includes(x) ? 'cause' : null))),
      },
    ];
  },

  blind(c, s) {
    return blindToAnswers(c, s.ip, s.machine!);
  },

  message(d) {
    const how = d.byReset ? 'with a reset' : 'with ICMP unreachable';
    return `${d.who} refuses ${count(d.flows, 'flow')} to ${d.ip} (${d.service}) ${how}, first in frame ${d.frame}.`;
  },

  remedy(d) {
    const [port, protocol] = d.service.split('/');
    const sockets = protocol === 'udp' ? 'ss -lunp' : 'ss -ltnp';
    return {
      why: `Nothing on it listens on ${d.ip} port ${port}, or a firewall rejects. In direct routing the port is always that of the service.`,
      steps: [
        {
          on: d.host,
          commands: [
            `${sockets} 'sport = :${port}'   # must show 0.0.0.0, [::] or ${d.ip}, not only the machine's own address`,
            'nft list ruleset | grep -n reject; iptables-save | grep -n REJECT',
          ],
        },
        { on: 'the director', commands: [`ipvsadm -Ln | grep -A8 '${d.ip}'   # a health check on port ${port} would take it out`] },
      ],
    };
  },
};

/** A request that no director handed to this machine, for a port that is no service of the VIP: its own, and closed. */
function isForItself(c: Case, vip: Vip, machine: Machine, path: FlowPath): boolean {
  const got = entryOf(c, vip, path)?.destination ?? '';
  // A director may be asked by the MAC that it shares with another one.
  const isAsked = machine.macs.includes(got) || (isVirtualMac(got) && vip.directors.some((role) => role.machine === machine));
  return isAsked && !(isVirtual(c, vip, path) ?? serviceOf(c, vip, path).answers.size > 0);
}
