/**
 * LVS205: the director sends requests for a real server to another machine's MAC, a router's: the real server is not on its LAN.
 * Direct routing hands frames over on the link; a router would have to route the VIP, and sends it back or drops it.
 */
import type { Machine, Vip } from '../cluster/cluster.ts';
import type { Ip, Mac, Passage } from '../cluster/observations.ts';
import { captureOn } from './capture-command.ts';
import { examplesOf, flowsOn, stepsAsEvidence } from './requests.ts';
import type { Case, Rule } from './rule.ts';
import { count, NO_DESTINATIONS, verb, whoIs } from './wording.ts';

interface Data {
  readonly ip: Ip;
  readonly stranger: Mac;
  readonly director: string;
  readonly meant: string;
  readonly flows: number;
  readonly firstFrame: number;
}

const MAX_SHOWN = 2;

export const rsNotAdjacent: Rule<Data> = {
  code: 'LVS205',
  name: 'rs-not-adjacent',
  severity: 'critical',
  summary: 'Requests for a real server go to a router: the real server is not on the LAN.',
  headline: (who, ip, isOne) => `${who} ${verb(isOne, 'is', 'are')} not on the director's LAN: requests for ${ip} go to a router`,

  *subjects(c) {
    for (const vip of c.cluster.vips) {
      if (vip.mode !== 'dr') continue;
      for (const { machine, source } of vip.realServers) if (source === 'given') yield { ip: vip.ip, vip, machine };
    }
  },

  check(c, s) {
    const { machine, vip } = s as { machine: Machine; vip: Vip };
    if (isOnLan(c, vip, machine)) return [];
    const strange = c.o.passagesOf(s.ip).filter((p) => isToStranger(c, vip, p));
    const first = strange.sort((a, b) => a.first.at - b.first.at)[0];
    if (first === undefined) return [];
    const router = c.cluster.machineOf(first.destination);
    const paths = c.o
      .pathsTouching([first.destination], s.ip)
      .filter((p) => p.toward.some((h) => h.destination === first.destination && h.source === first.source));
    const flows = flowsOn(paths);
    return [
      {
        data: {
          ip: s.ip,
          stranger: first.destination,
          director: whoIs(c.cluster.machineOf(first.source), first.source),
          meant: machine.name ?? 'a given real server',
          flows,
          firstFrame: first.first.frame,
        },
        culprits: [machine, router],
        confidence: 'probable',
        count: Math.max(1, flows),
        unit: 'flows',
        first: first.first,
        last: first.last,
        evidence: [
          { at: first.first, shows: 'fault', says: `copy of a request for ${s.ip} from ${first.source} to ${first.destination}` },
          ...examplesOf(paths)
            .slice(0, MAX_SHOWN)
            .flatMap((e) => stepsAsEvidence(e, (x) => (x.destination === first.destination ? 'fault' : 'effect'))),
        ],
      },
    ];
  },

  blind(c, s) {
    const { machine, vip } = s as { machine: Machine; vip: Vip };
    const director = vip.directors[0]?.machine;
    const missing = (reason: string) => ({ reason, capture: captureOn(director ?? machine, s.ip, 'the director') });
    if (!c.sight.hasDestinations) return missing(NO_DESTINATIONS);
    if (isOnLan(c, vip, machine)) return null;
    return missing('neither its MAC nor a question for it is in this capture');
  },

  message(d) {
    return `${d.director} sends ${count(d.flows, 'flow')} for ${d.ip} to ${d.stranger}, which is none of the real servers given, and never asks for the address of ${d.meant}: that one is reached by way of a router, first in frame ${d.firstFrame}.`;
  },

  remedy(d) {
    return {
      why: "In direct routing a real server must be on a LAN of the director: the MAC is all that is rewritten. Behind a router the VIP's packets go back or are lost.",
      steps: [
        {
          on: 'the director',
          commands: [
            `ip route get REAL-SERVER-IP   # 'via' shows the router that it should not need`,
            `ipvsadm -Ln | grep -A8 '${d.ip}'`,
            '# give the real server an address on this LAN, or use tunnel mode for it: ipvsadm -e … -r REAL-SERVER-IP -i, with the VIP on its tunl0',
          ],
        },
      ],
    };
  },
};

/** Whether the real server shows itself on this LAN: a MAC of its own in a frame, or a director that asks for it. */
function isOnLan(c: Case, vip: Vip, machine: Machine): boolean {
  if (machine.macs.some((mac) => c.o.unicast.has(mac) || c.o.claimedBy(mac).ips.length > 0)) return true;
  return machine.ips.some((ip) => c.o.about(ip)?.askings.some((a) => c.cluster.isDirector(a.asker, vip)) ?? false);
}

/** A copy out of a director to a machine that has no role for the VIP. */
function isToStranger(c: Case, vip: Vip, p: Passage): boolean {
  if (!p.toward || !c.cluster.isDirector(p.source, vip) || p.destination === '') return false;
  return !c.cluster.isRealServer(p.destination, vip) && !c.cluster.isDirector(p.destination, vip);
}
