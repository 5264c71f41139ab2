/**
 * LVS307: a director or a real server sends ICMP redirects: it routes for others, out by the interface that packets came in on.
 * Hosts that believe them change their route; IPVS itself never causes one.
 */
import type { Machine } from '../cluster/cluster.ts';
import type { Mac } from '../cluster/observations.ts';
import { captureOn } from './capture-command.ts';
import { type Case, isGuessed, type Rule } from './rule.ts';
import { count, hopSays, hostOf, verb, whoIs } from './wording.ts';

interface Data {
  readonly who: string;
  readonly host: string;
  readonly redirects: number;
  readonly to: Mac;
  readonly frame: number;
}

const MAX_SHOWN = 4;

export const icmpRedirect: Rule<Data> = {
  code: 'LVS307',
  name: 'icmp-redirect',
  severity: 'warning',
  summary: 'A director or real server sends ICMP redirects.',
  headline: (who, _ip, isOne) => `${who} ${verb(isOne, 'sends', 'send')} ICMP redirects`,

  *subjects(c) {
    const told = new Set<Machine>();
    for (const vip of c.cluster.vips) {
      for (const { machine } of [...vip.directors, ...vip.realServers]) {
        // A machine serves several VIPs and is told once; a gateway's redirects are a router's business.
        if (told.has(machine) || c.cluster.gateways.some((g) => g.machine === machine)) continue;
        told.add(machine);
        yield { ip: vip.ip, vip, machine };
      }
    }
  },

  check(c, s) {
    const machine = s.machine!;
    const sent = c.o.redirects.filter((r) => machine.macs.includes(r.source));
    const first = sent[0];
    if (first === undefined) return [];
    return [
      {
        data: {
          who: whoIs(machine, first.source),
          host: hostOf(machine, 'the machine'),
          redirects: sent.length,
          to: first.destination,
          frame: first.ref.frame,
        },
        culprits: [machine],
        confidence: isGuessed(s.vip!, machine) ? 'possible' : 'confirmed',
        count: sent.length,
        unit: 'frames',
        first: first.ref,
        last: sent.at(-1)!.ref,
        evidence: sent
          .slice(0, MAX_SHOWN)
          .map((r) => ({ at: r.ref, shows: 'fault' as const, says: hopSays('ICMP redirect', r.source, r.destination) })),
      },
    ];
  },

  blind(c: Case, s) {
    const machine = s.machine!;
    if (c.sight.seesAllFrom(machine)) return null;
    return { reason: 'what it sends to others does not pass this capture point', capture: captureOn(machine, s.ip, 'the machine') };
  },

  message(d) {
    return `${d.who} sends ${count(d.redirects, 'ICMP redirect')}, first to ${d.to} in frame ${d.frame}: packets that it got are routed out by the interface they came in on.`;
  },

  remedy(d) {
    return {
      why: 'The kernel takes the greater of the all and the interface value, so both must be 0. Better still, nothing should be routed through it.',
      steps: [
        {
          on: d.host,
          commands: [
            'sysctl -w net.ipv4.conf.all.send_redirects=0 net.ipv4.conf.eth0.send_redirects=0',
            'sysctl net.ipv4.ip_forward   # 0 on a real server; a director of direct routing needs no forwarding either',
          ],
        },
        {
          on: 'the machines that got them',
          commands: ['ip route show default   # must name the gateway of the LAN', 'ip route flush cache'],
        },
      ],
    };
  },
};
