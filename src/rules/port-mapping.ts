/**
 * LVS207: the configuration maps the service's port to another one of the real server, in direct routing.
 * The kernel takes that and ignores it on the wire: the packet is not changed, the real server is asked on the service's port.
 */
import type { Machine, Vip } from '../cluster/cluster.ts';
import type { GivenService, GivenTarget } from '../cluster/given/given.ts';
import type { Ip } from '../cluster/observations.ts';
import { captureOn } from './capture-command.ts';
import { examplesOf, flowsOn, isSeenFromStart, stepsAsEvidence } from './requests.ts';
import type { Rule } from './rule.ts';
import { hostOf } from './wording.ts';

interface Data {
  readonly ip: Ip;
  readonly host: string;
  readonly port: number;
  readonly realPorts: readonly number[];
  readonly frame: number;
}

export const portMapping: Rule<Data> = {
  code: 'LVS207',
  name: 'port-mapping',
  severity: 'warning',
  summary: 'The configuration maps ports in direct routing, which the kernel ignores on the wire.',
  headline: (who, ip) => `${who} is configured to map ports of ${ip}, which direct routing cannot`,

  *subjects(c) {
    for (const vip of c.cluster.vips) {
      if ((vip.given?.services ?? []).length === 0) continue;
      for (const { machine } of vip.directors) yield { ip: vip.ip, vip, machine };
    }
  },

  check(c, s) {
    const { machine, vip } = s as { machine: Machine; vip: Vip };
    return vip.given!.services.flatMap((service) => {
      const realPorts = [...new Set(service.realServers.filter((t) => isMapped(service, t)).map((t) => t.port!))];
      if (realPorts.length === 0) return [];
      const paths = c.o.pathsTo(s.ip).filter((p) => isSeenFromStart(p) && p.port === service.port && p.protocol === service.protocol);
      const first = examplesOf(paths)[0];
      if (first === undefined) return [];
      const evidence = stepsAsEvidence(first, (step) => (first.path.toward.includes(step) ? 'fault' : null));
      return [
        {
          data: { ip: s.ip, host: hostOf(machine, 'the director'), port: service.port, realPorts, frame: evidence.at(-1)!.at.frame },
          culprits: [machine],
          confidence: 'confirmed' as const,
          count: flowsOn(paths),
          unit: 'flows' as const,
          first: evidence[0]!.at,
          last: evidence.at(-1)!.at,
          evidence,
        },
      ];
    });
  },

  blind(_c, s) {
    const mapped = s.vip!.given!.services.some((service) => service.realServers.some((t) => isMapped(service, t)));
    if (!mapped) return null;
    return { reason: `no request for ${s.ip} is in this capture`, capture: captureOn(s.machine!, s.ip, 'the director') };
  },

  message(d) {
    return `The configuration maps port ${d.port} of ${d.ip} to port ${d.realPorts.join(', ')} of real servers; in direct routing requests keep port ${d.port}, as frame ${d.frame} shows.`;
  },

  remedy(d) {
    return {
      why: 'Direct routing changes nothing but MACs, so the real port must be the virtual port.',
      steps: [
        { on: d.host, commands: [`ipvsadm -Sn | grep '${d.ip}:${d.port}'   # give -r REAL-SERVER without a port, or with port ${d.port}`] },
        {
          on: 'each real server',
          commands: [
            `ss -ltnup 'sport = :${d.port}'   # the service must listen on port ${d.port}`,
            `nft add table ip lvs; nft 'add chain ip lvs pre { type nat hook prerouting priority dstnat; }'; nft add rule ip lvs pre ip daddr ${d.ip} tcp dport ${d.port} redirect to :${d.realPorts[0]}   # or map it there`,
          ],
        },
      ],
    };
  },
};

function isMapped(service: GivenService, target: GivenTarget): boolean {
  const mode = target.mode ?? service.mode;
  return mode === 'dr' && service.port !== 0 && target.port !== null && target.port !== 0 && target.port !== service.port;
}
