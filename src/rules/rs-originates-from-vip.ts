/**
 * LVS305: a real server opens connections with the VIP as its own source address.
 * The answers go to whoever answers for the VIP, the director, which knows nothing of them.
 */
import type { Machine, Vip } from '../cluster/cluster.ts';
import type { Example, Ip } from '../cluster/observations.ts';
import { Begun, PathEvent } from '../correlation/paths.ts';
import { captureOn } from './capture-command.ts';
import { flowsThat, sightingsOf, stepsAsEvidence } from './requests.ts';
import { isGuessed, type Rule, realServersOf } from './rule.ts';
import { count, hostOf, verb, whoIs } from './wording.ts';

interface Data {
  readonly ip: Ip;
  readonly who: string;
  readonly host: string;
  readonly flows: number;
  readonly target: string;
  readonly frame: number;
}

/** Active FTP: the server opens the data connection from this port, as it should. */
const FTP_DATA_PORT = 20;
const MAX_SHOWN = 2;

export const rsOriginatesFromVip: Rule<Data> = {
  code: 'LVS305',
  name: 'rs-originates-from-vip',
  severity: 'warning',
  summary: 'A real server opens connections with the VIP as source.',
  headline: (who, ip, isOne) => `${who} ${verb(isOne, 'opens', 'open')} connections from ${ip}`,

  subjects: (c) => realServersOf(c),

  check(c, s) {
    const { machine, vip } = s as { machine: Machine; vip: Vip };
    const isFromVip = (e: Example) => e.client === s.ip && e.clientPort !== FTP_DATA_PORT;
    const opened = c.o.paths.filter(
      (path) => (path.begun === Begun.syn || path.begun === Begun.reuse) && machine.macs.includes(path.toward[0]?.source ?? ''),
    );
    const seen = sightingsOf(opened, (path) => path.toward[0]).filter(({ example }) => isFromVip(example));
    const first = seen[0];
    if (first === undefined) return [];
    const flows = opened.reduce((total, path) => total + flowsThat(path, isFromVip), 0);
    return [
      {
        data: {
          ip: s.ip,
          who: whoIs(machine, first.step.source),
          host: hostOf(machine, 'the real server'),
          flows,
          target: first.path.server,
          frame: first.at.frame,
        },
        culprits: [machine],
        confidence: isGuessed(vip, machine) ? 'possible' : 'confirmed',
        count: flows,
        unit: 'flows',
        first: first.at,
        last: seen.at(-1)!.example.frames.at(-1)!,
        evidence: seen
          .slice(0, MAX_SHOWN)
          .flatMap((e) => stepsAsEvidence(e, (step) => (step === e.step || step.event === PathEvent.retry ? 'fault' : 'effect'))),
      },
    ];
  },

  blind(c, s) {
    const machine = s.machine!;
    if (c.sight.seesAllFrom(machine)) return null;
    return { reason: 'what it sends by itself does not pass this capture point', capture: captureOn(machine, s.ip, 'the real server') };
  },

  message(d) {
    return `${d.who} opens ${count(d.flows, 'connection')} with ${d.ip} as its source, to ${d.target} among others, first in frame ${d.frame}; the answers go to the director.`;
  },

  remedy(d) {
    return {
      why: 'The kernel or a program chose the VIP as source for what the machine opens itself.',
      steps: [
        {
          on: d.host,
          commands: [
            `ip route get TARGET-IP   # 'src' must be the machine's own address: ip route replace default via GATEWAY-IP src OWN-IP`,
            `ss -tanp 'src ${d.ip}' state syn-sent   # which program binds to the VIP`,
            'nft list ruleset | grep -n snat; iptables-save -t nat | grep -n SNAT',
          ],
        },
      ],
    };
  },
};
