/**
 * LVS208: for half a minute and longer the director sends new requests to a real server that answers nothing, while others answer.
 * A health check would have taken it out.
 */
import type { Machine, Vip } from '../cluster/cluster.ts';
import type { FlowPath, Ip } from '../cluster/observations.ts';
import { captureOn, captureOnMirror } from './capture-command.ts';
import { hopTo, isHealthCheck, isSeenFromStart, isUnanswered, reaches, requestsOn, sightingsOf, stepsAsEvidence } from './requests.ts';
import { type Case, isGuessed, type Rule, realServersOf } from './rule.ts';
import { count, hostOf, NO_DESTINATIONS, verb, whoIs } from './wording.ts';

interface Data {
  readonly ip: Ip;
  readonly who: string;
  readonly host: string;
  readonly requests: number;
  readonly seconds: number;
  readonly firstFrame: number;
  readonly lastFrame: number;
}

/** Health checks of keepalived and the like notice within this time. */
const MUTE_FOR_NS = 30e9;

export const trafficToDeadRs: Rule<Data> = {
  code: 'LVS208',
  name: 'traffic-to-dead-rs',
  severity: 'critical',
  summary: 'The director keeps sending requests to a real server that answers nothing.',
  headline: (who, ip, isOne) => `requests for ${ip} still go to ${who}, which ${verb(isOne, 'answers', 'answer')} nothing`,

  subjects: (c) => realServersOf(c),

  check(c, s) {
    const { machine, vip } = s as { machine: Machine; vip: Vip };
    if (!c.sight.seesAllFrom(machine)) return [];
    const mute = muteTo(c, vip, machine);
    const seen = sightingsOf(mute, (path) => hopTo(path, machine));
    const first = seen[0];
    const last = seen.at(-1);
    if (first === undefined || last === undefined) return [];
    const from = first.example.frames[0]!;
    const until = last.example.frames.at(-1)!;
    if (until.at - from.at < MUTE_FOR_NS || answeredBetween(c, s.ip, machine, from.at, until.at) || !othersAnswer(c, vip, machine))
      return [];
    const requests = requestsOn(mute);
    return [
      {
        data: {
          ip: s.ip,
          who: whoIs(machine, first.step.destination),
          host: hostOf(machine, 'the real server'),
          requests,
          seconds: Math.round((until.at - from.at) / 1e9),
          firstFrame: from.frame,
          lastFrame: until.frame,
        },
        culprits: [machine],
        confidence: isGuessed(vip, machine) ? 'possible' : 'confirmed',
        count: requests,
        unit: 'requests',
        first: from,
        last: until,
        evidence: [...stepsAsEvidence(first, () => 'fault'), ...stepsAsEvidence(last, () => 'fault')],
      },
    ];
  },

  blind(c, s) {
    const { machine, vip } = s as { machine: Machine; vip: Vip };
    const capture = captureOn(machine, s.ip, 'the real server');
    if (!c.sight.hasDestinations) return { reason: NO_DESTINATIONS, capture };
    if (!c.sight.seesAllFrom(machine)) return { reason: 'its replies do not pass this capture point', capture };
    if (muteTo(c, vip, machine).length === 0 || othersAnswer(c, vip, machine)) return null;
    return {
      reason: 'some requests to it stay without answer, but whether others answer for half a minute does not show',
      capture: captureOnMirror(),
    };
  },

  message(d) {
    return `${count(d.requests, 'new request')} for ${d.ip} went to ${d.who} within ${count(d.seconds, 'second')} (frames ${d.firstFrame} to ${d.lastFrame}); it answers none of them, while other real servers answer.`;
  },

  remedy(d) {
    return {
      why: 'A director without a health check does not notice a dead real server.',
      steps: [
        {
          on: 'the director',
          commands: [
            `ipvsadm -Ln | grep -A8 '${d.ip}'   # take it out: ipvsadm -d … or weight 0 with ipvsadm -e … -w 0`,
            'grep -n -A12 real_server /etc/keepalived/keepalived.conf   # each real_server needs a check (TCP_CHECK, HTTP_GET, MISC_CHECK)',
          ],
        },
        {
          on: d.host,
          commands: [`ip -br addr show to ${d.ip}`, `ss -ltnup   # does the service run, and listen on ${d.ip} or on all addresses?`],
        },
      ],
    };
  },
};

function muteTo(c: Case, vip: Vip, machine: Machine): FlowPath[] {
  return c.o
    .pathsTouching(machine.macs, vip.ip)
    .filter((p) => isSeenFromStart(p) && reaches(p, machine) && isUnanswered(p) && !isHealthCheck(vip, p));
}

function answeredBetween(c: Case, ip: Ip, machine: Machine, from: number, until: number): boolean {
  return c.o.passagesOf(ip).some((p) => !p.toward && machine.macs.includes(p.source) && p.last.at > from && p.first.at < until);
}

function othersAnswer(c: Case, vip: Vip, machine: Machine): boolean {
  return c.o.passagesOf(vip.ip).some((p) => !p.toward && !machine.macs.includes(p.source) && c.cluster.isRealServer(p.source, vip));
}
