/**
 * LVS308: seen from the director, the clients of one real server repeat their SYNs and never go on, while those of others do.
 * Its reply is missing or goes astray; only a capture on that real server decides which.
 */

import type { Machine, Vip } from '../cluster/cluster.ts';
import type { Ip } from '../cluster/observations.ts';
import { captureFilter, tcpdumpCommand } from '../cluster/tcpdump.ts';
import { PathEvent } from '../correlation/paths.ts';
import { captureOn } from './capture-command.ts';
import { has, hopTo, reaches, requestsOn, sightingsOf, stepsAsEvidence } from './requests.ts';
import { type Case, isGuessed, type Rule, realServersOf } from './rule.ts';
import { serviceOf } from './services.ts';
import { count, hostOf, whoIs } from './wording.ts';

interface Data {
  readonly ip: Ip;
  readonly who: string;
  readonly host: string;
  /** The real server's own. */
  readonly addresses: readonly Ip[];
  readonly requests: number;
  readonly firstFrame: number;
}

const MIN_REQUESTS = 3;
const MAX_SHOWN = 2;

export const handshakeNeverCompletes: Rule<Data> = {
  code: 'LVS308',
  name: 'handshake-never-completes',
  severity: 'warning',
  summary: "One real server's connections are never established, seen from the director.",
  headline: (who, ip) => `connections to ${ip} that go to ${who} are never established`,

  subjects: (c) => realServersOf(c),

  check(c, s) {
    const { machine, vip } = s as { machine: Machine; vip: Vip };
    if (c.sight.seesAllFrom(machine) || repliesInSight(c, s.ip)) return [];
    // A service that nobody's connections are established of is another matter.
    const stuck = c.o
      .pathsTouching(machine.macs, s.ip)
      .filter((p) => reaches(p, machine) && has(p, PathEvent.retry) && serviceOf(c, vip, p).isCompleted);
    const mine = c.o.pathsTouching(machine.macs, s.ip).some((p) => reaches(p, machine) && has(p, PathEvent.established));
    const requests = requestsOn(stuck);
    const seen = sightingsOf(stuck, (path) => hopTo(path, machine));
    const first = seen[0];
    if (mine || requests < MIN_REQUESTS || first === undefined) return [];
    // It resolves a neighbour after it got the request: it does answer, and what becomes of that is beyond this capture.
    if (asksAfter(c, machine, first.example.frames[0]!.at)) return [];
    return [
      {
        data: {
          ip: s.ip,
          who: whoIs(machine, first.step.destination),
          host: hostOf(machine, 'the real server'),
          addresses: machine.ips,
          requests,
          firstFrame: first.example.frames[0]!.frame,
        },
        culprits: [machine],
        confidence: isGuessed(vip, machine) ? 'possible' : 'probable',
        count: requests,
        unit: 'requests',
        first: first.example.frames[0]!,
        last: seen.at(-1)!.example.frames.at(-1)!,
        evidence: seen.slice(0, MAX_SHOWN).flatMap((e) => stepsAsEvidence(e, () => 'fault')),
      },
    ];
  },

  blind(c, s) {
    const { machine } = s as { machine: Machine };
    // Where replies are in sight other rules tell what becomes of them.
    if (c.sight.seesAllFrom(machine) || repliesInSight(c, s.ip)) return null;
    const completed = c.o.pathsTouching(machine.macs, s.ip).some((p) => reaches(p, machine) && has(p, PathEvent.established));
    return completed ? null : { reason: 'no connection to it is seen to begin here', capture: captureOn(machine, s.ip, 'the real server') };
  },

  message(d) {
    return `Clients of ${d.ip} whose requests go to ${d.who} repeat their SYNs and never go on (${count(d.requests, 'SYN')}, first in frame ${d.firstFrame}), while those of other real servers do: its reply is missing or goes astray.`;
  },

  remedy(d) {
    return {
      why: 'Replies do not pass here; a capture on the real server shows whether it answers, from which address, and to which MAC.',
      steps: [
        {
          on: d.host,
          commands: [
            `${tcpdumpCommand('rs', captureFilter([d.ip, ...d.addresses]))}   # then: lvs-doctor diagnose real-server=rs.pcap`,
            `ip -br addr show to ${d.ip}`,
          ],
        },
      ],
    };
  },
};

function asksAfter(c: Case, machine: Machine, at: number): boolean {
  return machine.macs.some((mac) =>
    c.o.claimedBy(mac).ips.some((ip) => c.o.about(ip)!.macs.some((m) => m.mac === mac && m.events.request.some((e) => e.ref.at > at))),
  );
}

function repliesInSight(c: Case, ip: Ip): boolean {
  return c.o.passagesOf(ip).some((p) => !p.toward);
}
