/**
 * LVS309: SYN-ACKs leave a real server as they should, are sent again, and the client never acknowledges.
 * They are lost beyond it: port security, anti-spoofing filters, a firewall that sees only one direction.
 */

import type { Machine, Vip } from '../cluster/cluster.ts';
import type { FlowPath, Ip, Mac, Step } from '../cluster/observations.ts';
import { watchCommand } from '../cluster/tcpdump.ts';
import { PathEvent } from '../correlation/paths.ts';
import { captureOnGateway } from './capture-command.ts';
import { isIpv6 } from './lawful-claims.ts';
import { beyondChance } from './losses.ts';
import { has, requestsOn, sightingsOf, stepsAsEvidence } from './requests.ts';
import { type Case, isGuessed, type Rule, realServersOf } from './rule.ts';
import { count, hostOf, whoIs } from './wording.ts';

interface Data {
  readonly ip: Ip;
  readonly who: string;
  readonly host: string;
  readonly to: Mac;
  readonly requests: number;
  readonly frame: number;
}

/** The first SYN and two repetitions: one lost SYN-ACK is chance. */
const MIN_REQUESTS = 3;
const MAX_SHOWN = 2;

export const synackUnacknowledged: Rule<Data> = {
  code: 'LVS309',
  name: 'synack-unacknowledged',
  severity: 'warning',
  summary: 'SYN-ACKs leave the real server correctly and are never acknowledged.',
  headline: (who, ip) => `SYN-ACKs of ${who} from ${ip} are never acknowledged`,

  subjects: (c) => realServersOf(c),

  check(c, s) {
    const { machine, vip } = s as { machine: Machine; vip: Vip };
    const answered = c.o.pathsTouching(machine.macs, s.ip).filter((path) => replyOf(machine, path) !== undefined);
    const lost = answered.filter((path) => isStuck(c, vip, machine, path));
    const stuck = beyondChance(lost, [...lost, ...answered.filter((path) => has(path, PathEvent.established))]);
    const requests = requestsOn(stuck);
    const seen = sightingsOf(stuck, (path) => replyOf(machine, path));
    const first = seen[0];
    if (requests < MIN_REQUESTS || first === undefined) return [];
    const { step: reply, at } = first;
    return [
      {
        data: {
          ip: s.ip,
          who: whoIs(machine, reply.source),
          host: hostOf(machine, 'the real server'),
          to: reply.destination,
          requests,
          frame: at.frame,
        },
        culprits: [machine],
        confidence: isGuessed(vip, machine) ? 'possible' : 'probable',
        count: requests,
        unit: 'requests',
        first: first.example.frames[0]!,
        last: seen.at(-1)!.example.frames.at(-1)!,
        evidence: seen
          .slice(0, MAX_SHOWN)
          .flatMap((e) =>
            stepsAsEvidence(e, (step) =>
              e.path.from.includes(step)
                ? 'fault'
                : step.event === PathEvent.retry || step.event === PathEvent.retryAgain
                  ? 'effect'
                  : 'cause',
            ),
          ),
      },
    ];
  },

  blind(c, s) {
    const { machine } = s as { machine: Machine };
    const missing = (reason: string) => ({ reason, capture: captureOnGateway(c, s.ip) });
    const paths = c.o.pathsTouching(machine.macs, s.ip).filter((p) => p.from.some((hop) => machine.macs.includes(hop.source)));
    if (paths.length === 0) return missing('its SYN-ACKs do not pass this capture point');
    return c.o.sendersTo(s.ip).length > 0 ? null : missing("the clients' packets do not pass this capture point");
  },

  message(d) {
    return `${d.who} sends SYN-ACKs from ${d.ip} to ${d.to}, as in frame ${d.frame}, and the client never acknowledges them but repeats its SYN (${count(d.requests, 'SYN')}): they are lost beyond the real server.`;
  },

  remedy(d) {
    // The pcap language finds flags of TCP by name in IPv4 alone; in IPv6 they are 13 bytes behind the header of 40.
    const synAck = isIpv6(d.ip) ? 'ip6[6] == 6 and ip6[53] & 18 == 18' : 'tcp[13] & 18 == 18';
    return {
      why: 'The frame is right when it leaves. A switch or firewall on the way takes a packet from the VIP with that MAC for forged, or sees only one direction of the connection.',
      steps: [
        {
          on: 'the switch and the gateway behind it',
          commands: [
            '# port security, dynamic ARP inspection, IP source guard: they must allow the VIP as source on the ports of the real servers',
            'sysctl net.ipv4.conf.all.rp_filter   # on a Linux gateway: 0 or 2 where replies come in by another interface',
            '# stateful firewall: it must see both directions, or accept SYN-ACKs without the SYN',
          ],
        },
        { on: d.host, commands: [`${watchCommand(`src host ${d.ip} and ${synAck}`)}   # the SYN-ACK leaves to ${d.to}`] },
      ],
    };
  },
};

/** Answered by this real server, past the director, and neither acknowledged nor refused. */
function isStuck(c: Case, vip: Vip, machine: Machine, path: FlowPath): boolean {
  if (!has(path, PathEvent.retry)) return false;
  const reply = replyOf(machine, path);
  if (reply === undefined || c.cluster.isDirector(reply.destination, vip)) return false;
  return !has(path, PathEvent.established) && !has(path, PathEvent.refused) && !has(path, PathEvent.clientReset);
}

/** The SYN-ACK's hop out of this real server. */
function replyOf(machine: Machine, path: FlowPath): Step | undefined {
  return path.from.find((hop) => machine.macs.includes(hop.source));
}
