/**
 * LVS208: for half a minute and longer the director sends new requests to a real server that answers nothing, while others answer for
 * the same service. A health check would have taken it out.
 */
import type { Machine, Vip } from '../cluster/cluster.ts';
import { type FlowPath, type Ip, serviceName } from '../cluster/observations.ts';
import { captureOn, captureOnMirror } from './capture-command.ts';
import { hopTo, isHealthCheck, isSeenFromStart, isUnanswered, reaches, requestsOn, sightingsOf, stepsAsEvidence } from './requests.ts';
import { type Case, isGuessed, type Rule, realServersOf } from './rule.ts';
import { type Span, serviceOf } from './services.ts';
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
/** Of requests that come seldom two may be lost, one after the other. */
const MIN_REQUESTS = 3;
const ALWAYS: Span = { from: Number.NEGATIVE_INFINITY, until: Number.POSITIVE_INFINITY };

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
    const dead = [...byService(muteTo(c, vip, machine))].filter((paths) => isDead(c, vip, machine, paths)).flat();
    const seen = sightingsOf(dead, (path) => hopTo(path, machine));
    const first = seen[0];
    const last = seen.at(-1);
    const requests = requestsOn(dead);
    if (first === undefined || last === undefined || requests < MIN_REQUESTS) return [];
    const from = first.example.frames[0]!;
    const until = last.example.frames.at(-1)!;
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
    const missing = (reason: string) => ({ reason, capture: captureOn(machine, s.ip, 'the real server') });
    if (!c.sight.hasDestinations) return missing(NO_DESTINATIONS);
    if (!c.sight.seesAllFrom(machine)) return missing('its replies do not pass this capture point');
    if (muteTo(c, vip, machine).every((path) => othersAnswer(c, vip, machine, path, ALWAYS))) return null;
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

/** The paths of each service. */
function byService(paths: readonly FlowPath[]): Iterable<FlowPath[]> {
  const services = new Map<string, FlowPath[]>();
  for (const path of paths) {
    const service = services.get(serviceName(path));
    if (service === undefined) services.set(serviceName(path), [path]);
    else service.push(path);
  }
  return services.values();
}

/** Whether requests of one service stay without answer for so long that nothing is answered, while others answer. */
function isDead(c: Case, vip: Vip, machine: Machine, paths: readonly FlowPath[]): boolean {
  const seen = sightingsOf(paths, (path) => hopTo(path, machine));
  if (seen.length === 0) return false;
  const from = seen[0]!.example.frames[0]!.at;
  const until = seen.at(-1)!.example.frames.at(-1)!.at;
  return (
    until - from >= MUTE_FOR_NS &&
    !answeredBetween(c, vip.ip, machine, from, until) &&
    othersAnswer(c, vip, machine, paths[0]!, { from, until })
  );
}

function answeredBetween(c: Case, ip: Ip, machine: Machine, from: number, until: number): boolean {
  return c.o.passagesOf(ip).some((p) => !p.toward && machine.macs.includes(p.source) && p.last.at > from && p.first.at < until);
}

/** Whether another real server answers for the service of a path within a time: what nobody answers is no fault of one of them. */
function othersAnswer(c: Case, vip: Vip, machine: Machine, path: FlowPath, within: Span): boolean {
  return [...serviceOf(c, vip, path).answers].some(
    ([mac, { from, until }]) =>
      !machine.macs.includes(mac) && from <= within.until && until >= within.from && c.cluster.isRealServer(mac, vip),
  );
}
