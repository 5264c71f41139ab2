/**
 * LVS306: a real server sends a SYN for the VIP onto the wire, from its own address.
 * Whoever holds an address never does that: the VIP is missing on it.
 */
import type { Machine, Vip } from '../cluster/cluster.ts';
import type { Example, Ip } from '../cluster/observations.ts';
import { captureOn } from './capture-command.ts';
import { isIpv6 } from './lawful-claims.ts';
import { flowsThat, isSeenFromStart, sightingsOf, stepsAsEvidence } from './requests.ts';
import { isGuessed, type Rule, realServersOf } from './rule.ts';
import { count, hostOf, verb, whoIs } from './wording.ts';

interface Data {
  readonly ip: Ip;
  readonly who: string;
  readonly host: string;
  readonly flows: number;
  readonly frame: number;
}

const MAX_SHOWN = 2;

export const vipSynFromRs: Rule<Data> = {
  code: 'LVS306',
  name: 'vip-syn-from-rs',
  severity: 'warning',
  summary: 'A real server asks for the VIP on the wire: the address is missing on it.',
  headline: (who, ip, isOne) => `${who} ${verb(isOne, 'asks', 'ask')} for ${ip} on the wire instead of holding it`,

  subjects: (c) => realServersOf(c),

  check(c, s) {
    const { machine, vip } = s as { machine: Machine; vip: Vip };
    const isOwn = (e: Example) => machine.ips.includes(e.client);
    const sent = c.o
      .pathsTouching(machine.macs, s.ip)
      .filter((path) => isSeenFromStart(path) && machine.macs.includes(path.toward[0]!.source));
    const seen = sightingsOf(sent, (path) => path.toward[0]).filter(({ example }) => isOwn(example));
    const first = seen[0];
    if (first === undefined) return [];
    const flows = sent.reduce((total, path) => total + flowsThat(path, isOwn), 0);
    return [
      {
        data: {
          ip: s.ip,
          who: whoIs(machine, first.step.source),
          host: hostOf(machine, 'the real server'),
          flows,
          frame: first.at.frame,
        },
        culprits: [machine],
        confidence: isGuessed(vip, machine) ? 'possible' : 'confirmed',
        count: flows,
        unit: 'flows',
        first: first.at,
        last: seen.at(-1)!.example.frames.at(-1)!,
        evidence: seen.slice(0, MAX_SHOWN).flatMap((e) => stepsAsEvidence(e, (step) => (step === e.step ? 'fault' : 'effect'))),
      },
    ];
  },

  blind(c, s) {
    const machine = s.machine!;
    if (c.sight.seesAllFrom(machine)) return null;
    return { reason: 'what it sends by itself does not pass this capture point', capture: captureOn(machine, s.ip, 'the real server') };
  },

  message(d) {
    return `${d.who} sends ${count(d.flows, 'request')} for ${d.ip} onto the wire from its own address, first in frame ${d.frame}: it does not hold ${d.ip}.`;
  },

  remedy(d) {
    return {
      why: 'A machine that holds an address talks to it without the wire. Requests that the director hands to it are lost or sent back.',
      steps: [{ on: d.host, commands: [`ip -br addr show to ${d.ip}`, `ip addr replace ${d.ip}${isIpv6(d.ip) ? '/128' : '/32'} dev lo`] }],
    };
  },
};
