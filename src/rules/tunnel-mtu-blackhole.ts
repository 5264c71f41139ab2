/**
 * LVS501: a full-size segment does not fit into the tunnel and is sent again and again.
 * The sender was not told to send smaller ones: the ICMP message did not reach it.
 */
import type { Ip, Step } from '../cluster/observations.ts';
import { PathEvent } from '../correlation/paths.ts';
import { captureOnMirror } from './capture-command.ts';
import { flowsOn, frameOf, has, sightingsOf, stepsAsEvidence } from './requests.ts';
import type { Rule } from './rule.ts';
import { count } from './wording.ts';

interface Data {
  readonly ip: Ip;
  readonly flows: number;
  readonly stallFrame: number;
  readonly icmpFrame: number | null;
}

const MAX_SHOWN = 2;

export const tunnelMtuBlackhole: Rule<Data> = {
  code: 'LVS501',
  name: 'tunnel-mtu-blackhole',
  severity: 'critical',
  summary: 'Full-size segments do not fit into the tunnel, and the sender does not learn it.',
  headline: (_who, ip) => `full-size segments to ${ip} do not fit into the tunnel and are sent again and again`,

  *subjects(c) {
    for (const vip of c.cluster.vips) if (vip.mode === 'tun' || vip.modesSeen.includes('tun')) yield { ip: vip.ip, vip, machine: null };
  },

  check(c, s) {
    const isStalled = (step: Step) => step.event === PathEvent.stalled && c.cluster.isDirector(step.destination, s.vip!);
    const stalled = c.o
      .pathsTo(s.ip)
      .filter((path) => (s.vip!.mode === 'tun' || has(path, PathEvent.towardInTunnel)) && path.steps.some(isStalled));
    const seen = sightingsOf(stalled, (path) => path.steps.find(isStalled));
    const first = seen[0];
    if (first === undefined) return [];
    const { at } = first;
    const flows = flowsOn(stalled);
    return [
      {
        data: { ip: s.ip, flows, stallFrame: at.frame, icmpFrame: frameOf(first, (x) => x.event === PathEvent.tooBig)?.frame ?? null },
        // Who loses the ICMP message is beyond what the frames show.
        culprits: [],
        confidence: 'confirmed',
        count: flows,
        unit: 'flows',
        first: at,
        last: seen.at(-1)!.example.frames.at(-1)!,
        evidence: seen
          .slice(0, MAX_SHOWN)
          .flatMap((e) =>
            stepsAsEvidence(e, (x) =>
              x.event === PathEvent.stalled ? 'fault' : x.event === PathEvent.tooBig || e.path.toward.includes(x) ? 'cause' : null,
            ),
          ),
      },
    ];
  },

  blind(c, s) {
    const established = c.o.pathsTo(s.ip).some((path) => has(path, PathEvent.established));
    return established ? null : { reason: `no established connection to ${s.ip} is in this capture`, capture: captureOnMirror() };
  },

  message(d) {
    const icmp =
      d.icmpFrame === null
        ? 'No ICMP message tells the sender.'
        : `The ICMP message in frame ${d.icmpFrame} does not change what the sender does.`;
    return `The same full-size segment to ${d.ip} is sent a third time in frame ${d.stallFrame} (${count(d.flows, 'flow')}): it does not fit into the tunnel. ${icmp}`;
  },

  remedy(d) {
    return {
      why: 'The tunnel needs 20 bytes or more of every packet. The sender learns it by ICMP "fragmentation needed", which firewalls like to drop; a smaller MSS needs no ICMP.',
      steps: [
        {
          on: 'each real server',
          commands: [`ip route replace default via GATEWAY-IP advmss 1440   # segments that fit, in either direction`],
        },
        {
          on: 'the gateway, and firewalls between it and the clients',
          commands: [
            `# let ICMP type 3 code 4 (IPv6: type 2) from ${d.ip} through to the clients`,
            `nft add rule inet filter forward ip saddr ${d.ip} tcp flags syn tcp option maxseg size set 1440   # where that cannot be`,
          ],
        },
      ],
    };
  },
};
