/**
 * LVS203: a request goes in circles between the director and a machine that hands it back, until its TTL is used up.
 * A real server without the VIP that routes does so; so do two directors that send each other what they got from each other.
 */
import type { Machine, Vip } from '../cluster/cluster.ts';
import type { FlowPath, Ip, Mac } from '../cluster/observations.ts';
import { PathEvent } from '../correlation/paths.ts';
import { captureOnMirror } from './capture-command.ts';
import { flowsOn, frameOf, isSeenFromStart, sightingsOf, stepsAsEvidence } from './requests.ts';
import type { Case, Rule } from './rule.ts';
import { count, hostOf, NO_DESTINATIONS, verb, whoIs } from './wording.ts';

interface Data {
  readonly ip: Ip;
  readonly who: string;
  readonly host: string;
  readonly isDirector: boolean;
  readonly flows: number;
  readonly firstFrame: number;
  /** The first that closes the circle; null when it is not remembered. */
  readonly loopFrame: number | null;
}

const MAX_SHOWN = 2;

export const forwardingLoop: Rule<Data> = {
  code: 'LVS203',
  name: 'forwarding-loop',
  severity: 'critical',
  summary: 'Requests go in circles between machines of the cluster.',
  headline: (who, ip, isOne) => `${who} ${verb(isOne, 'sends', 'send')} requests for ${ip} back, and they go in circles`,

  *subjects(c) {
    for (const vip of c.cluster.vips) yield { ip: vip.ip, vip, machine: null };
  },

  check(c, s) {
    const vip = s.vip!;
    const byMachine = new Map<Machine, FlowPath[]>();
    for (const path of c.o.pathsTo(s.ip)) {
      for (const machine of path.steps.some((x) => x.event === PathEvent.loop) ? handsBack(c, vip, path) : []) {
        byMachine.set(machine, [...(byMachine.get(machine) ?? []), path]);
      }
    }
    return [...byMachine].flatMap(([machine, paths]) => {
      const seen = sightingsOf(paths, (path) => path.toward.find((hop) => machine.macs.includes(hop.source)));
      const first = seen[0];
      if (first === undefined) return [];
      const flows = flowsOn(paths);
      return [
        {
          data: {
            ip: s.ip,
            who: whoIs(machine, first.step.source),
            host: hostOf(machine, 'the machine'),
            isDirector: vip.directors.some((d) => d.machine === machine),
            flows,
            firstFrame: first.example.frames[0]!.frame,
            loopFrame: frameOf(first, (x) => x.event === PathEvent.loop)?.frame ?? null,
          },
          culprits: [machine],
          confidence: 'confirmed' as const,
          count: flows,
          unit: 'flows' as const,
          first: first.example.frames[0]!,
          last: seen.at(-1)!.example.frames.at(-1)!,
          evidence: seen
            .slice(0, MAX_SHOWN)
            .flatMap((e) => stepsAsEvidence(e, (x) => (x.event === PathEvent.loop || machine.macs.includes(x.source) ? 'fault' : 'cause'))),
        },
      ];
    });
  },

  blind(c, s) {
    const missing = (reason: string) => ({ reason, capture: captureOnMirror() });
    if (!c.sight.hasDestinations) return missing(NO_DESTINATIONS);
    const seen = s.vip!.directors.some((d) => c.sight.seesAllFrom(d.machine) && c.sight.seesAllTo(d.machine));
    if (!seen) return missing('what reaches and leaves the director does not pass this capture point');
    return c.o.pathsTo(s.ip).some(isSeenFromStart) ? null : missing(`no new request to ${s.ip} is in this capture`);
  },

  message(d) {
    const closes = d.loopFrame === null ? '' : ` and closes the circle in frame ${d.loopFrame}`;
    return `${d.who} sends requests for ${d.ip} back to where they came from, and the same datagram comes again with a lower TTL: ${count(d.flows, 'flow')}; the first begins in frame ${d.firstFrame}${closes}.`;
  },

  remedy(d) {
    if (d.isDirector) {
      return {
        why: 'A director that is also a real server must serve what its peer sends it, not balance it again.',
        steps: [
          {
            on: 'both directors',
            commands: [
              'ipvsadm --start-daemon backup --mcast-interface eth0   # on the backup; the next line works only with it',
              'sysctl -w net.ipv4.vs.backup_only=1',
              `# or mark for IPVS only what does not come from the peer: nft add rule ip mangle prerouting ether saddr != PEER-MAC ip daddr ${d.ip} meta mark set 1, and a fwmark service`,
            ],
          },
        ],
      };
    }
    return {
      why: 'It does not hold the VIP and routes: so the request goes back to whoever answers for the VIP, the director.',
      steps: [
        {
          on: d.host,
          commands: [
            `ip addr replace ${d.ip}${d.ip.includes(':') ? '/128' : '/32'} dev lo`,
            'sysctl -w net.ipv4.ip_forward=0   # a real server does not route',
          ],
        },
        {
          on: 'the director',
          commands: ['ipvsadm -Ln   # is this machine meant to be a real server at all? Take it out until it is mended: ipvsadm -d …'],
        },
      ],
    };
  },
};

/** Who on the circle should not forward: the machine that a director sent the request to and that sent it on; of two directors the later. */
function handsBack(c: Case, vip: Vip, path: FlowPath): Machine[] {
  const got = new Set<Mac>();
  const back: Machine[] = [];
  for (const hop of path.toward) {
    if (got.has(hop.source)) back.push(c.cluster.machineOf(hop.source));
    if (c.cluster.isDirector(hop.source, vip)) got.add(hop.destination);
  }
  const strangers = back.filter((m) => !vip.directors.some((d) => d.machine === m));
  return [...new Set(strangers.length > 0 ? strangers : back)];
}
