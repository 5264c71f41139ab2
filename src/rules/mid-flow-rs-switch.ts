/**
 * LVS209: packets of one established connection go to a second real server.
 * That one does not know the connection and resets it.
 */
import type { Machine, Vip } from '../cluster/cluster.ts';
import type { FlowPath, Ip, Mac, Step } from '../cluster/observations.ts';
import { PathEvent } from '../correlation/paths.ts';
import { captureOn } from './capture-command.ts';
import { flowsOn, sightingsOf, stepsAsEvidence } from './requests.ts';
import { type Case, isGuessed, type Rule } from './rule.ts';
import { count, hostOf, NO_DESTINATIONS, verb, whoIs } from './wording.ts';

interface Data {
  readonly ip: Ip;
  readonly who: string;
  readonly host: string;
  readonly firstTarget: Mac;
  readonly secondTarget: Mac;
  readonly flows: number;
  readonly switchFrame: number;
}

const MAX_SHOWN = 2;

export const midFlowRsSwitch: Rule<Data> = {
  code: 'LVS209',
  name: 'mid-flow-rs-switch',
  severity: 'critical',
  summary: 'Packets of an established connection go to another real server.',
  headline: (who, ip, isOne) => `${who} ${verb(isOne, 'moves', 'move')} established connections to ${ip} to another real server`,

  *subjects(c) {
    for (const vip of c.cluster.vips) for (const { machine } of vip.directors) yield { ip: vip.ip, vip, machine };
  },

  check(c, s) {
    const { machine, vip } = s as { machine: Machine; vip: Vip };
    const switched = c.o.pathsTouching(machine.macs, s.ip).filter((path) => switchOf(c, vip, machine, path) !== null);
    const seen = sightingsOf(switched, (path) => switchOf(c, vip, machine, path)!.second);
    const first = seen[0];
    if (first === undefined) return [];
    const flows = flowsOn(switched);
    return [
      {
        data: {
          ip: s.ip,
          who: whoIs(machine, first.step.source),
          host: hostOf(machine, 'the director'),
          firstTarget: switchOf(c, vip, machine, first.path)!.first.destination,
          secondTarget: first.step.destination,
          flows,
          switchFrame: first.at.frame,
        },
        culprits: [machine],
        confidence: isGuessed(vip, machine) ? 'possible' : 'confirmed',
        count: flows,
        unit: 'flows',
        first: first.at,
        last: seen.at(-1)!.example.frames.at(-1)!,
        evidence: seen.slice(0, MAX_SHOWN).flatMap((e) => {
          const switches = e.path.steps.indexOf(e.step);
          return stepsAsEvidence(e, (_, i) => (i === switches ? 'fault' : i > switches ? 'effect' : 'cause'));
        }),
      },
    ];
  },

  blind(c, s) {
    const { machine } = s as { machine: Machine };
    const missing = (reason: string) => ({ reason, capture: captureOn(machine, s.ip, 'the director') });
    if (!c.sight.hasDestinations) return missing(NO_DESTINATIONS);
    if (!c.sight.seesAllFrom(machine)) return missing('what the director sends to real servers does not pass this capture point');
    const forwards = c.o.passagesOf(s.ip).some((p) => p.toward && machine.macs.includes(p.source));
    return forwards ? null : missing(`it sends no request for ${s.ip} on in this capture`);
  },

  message(d) {
    return `${d.who} sends packets of ${count(d.flows, 'established connection')} to ${d.ip} to a second real server: first to ${d.firstTarget}, from frame ${d.switchFrame} on to ${d.secondTarget}.`;
  },

  remedy(d) {
    return {
      why: 'The director has lost its entry and chose anew: it expired (sloppy_tcp=1 then lets any packet begin a connection), the table was emptied, or a stateless rule decides for each packet.',
      steps: [
        {
          on: d.host,
          commands: [
            'sysctl net.ipv4.vs.sloppy_tcp net.ipv4.vs.expire_nodest_conn   # sloppy_tcp=0 resets instead of switching',
            'ipvsadm -L --timeout   # the TCP timeout must exceed the longest silence of the application: ipvsadm --set 900 120 300',
            'nft list ruleset   # a stateless director must choose by a hash (jhash of address and port), not by numgen',
          ],
        },
      ],
    };
  },
};

/** The hops to the first real server and to the second, after the client had acknowledged. */
function switchOf(c: Case, vip: Vip, machine: Machine, path: FlowPath): { first: Step; second: Step } | null {
  // -1 in a flow that was never established (of UDP, none is): no hop comes before that.
  const established = path.steps.findIndex((step) => step.event === PathEvent.established);
  // Who hands on is a director of a second tier, and no real server of this flow.
  const handsOn = (mac: Mac) => path.toward.some((hop) => hop.source === mac);
  const onward = path.toward.filter((hop) => !machine.macs.includes(hop.destination) && !handsOn(hop.destination));
  const first = onward.find((hop) => path.steps.indexOf(hop) < established && c.cluster.isDirector(hop.source, vip));
  if (first === undefined) return null;
  const target = c.cluster.machineOf(first.destination);
  const second = onward.find(
    (hop) =>
      path.steps.indexOf(hop) > established &&
      machine.macs.includes(hop.source) &&
      c.cluster.machineOf(hop.destination) !== target &&
      !haveOneAddress(c, first.destination, hop.destination),
  );
  if (second === undefined) return null;
  // Who answers before anything is sent to it got a SYN that the capture lost: a new connection from the same port.
  const other = c.cluster.machineOf(second.destination);
  const answered = path.from.some(
    (hop) => c.cluster.machineOf(hop.source) === other && path.steps.indexOf(hop) < path.steps.indexOf(second),
  );
  return answered ? null : { first, second };
}

/** Whether two MACs have an address of a real server's own in common: a bond that failed over, a machine that was replaced. The director chose the address. */
function haveOneAddress(c: Case, a: Mac, b: Mac): boolean {
  const ofB = c.o.claimedBy(b).ips;
  return c.o.claimedBy(a).ips.some((ip) => ofB.includes(ip) && c.cluster.vip(ip) === undefined);
}
