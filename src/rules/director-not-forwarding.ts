/**
 * LVS202: requests reach the director and no copy of any kind leaves it.
 * It drops them, or answers them itself: then it has no service or no real server for them.
 */
import type { Machine, Vip } from '../cluster/cluster.ts';
import type { FlowPath, Ip, Mac, Step } from '../cluster/observations.ts';
import { PathEvent } from '../correlation/paths.ts';
import { captureOn } from './capture-command.ts';
import { beyondChance } from './losses.ts';
import { groupsOf, mastershipsOf } from './masterships.ts';
import {
  arrivalAt,
  examplesOf,
  frameOf,
  has,
  isSeenFromStart,
  isUnanswered,
  requestsOn,
  type Seen,
  sightingsOf,
  stepsAsEvidence,
} from './requests.ts';
import { type Case, type Evidence, isGuessed, type Rule, type Subject } from './rule.ts';
import { isVirtual } from './services.ts';
import { count, hostOf, NO_DESTINATIONS, verb, whoIs } from './wording.ts';

type How = 'silent' | 'reset' | 'unreachable';

interface Data {
  readonly ip: Ip;
  readonly service: string;
  readonly who: string;
  readonly host: string;
  readonly requests: number;
  readonly how: How;
  readonly requestFrame: number;
  readonly answerFrame: number | null;
}

/** One lost copy is chance; three requests without any copy are not. */
const MIN_SILENT = 3;
/** A director that dies keeps its requests until another one takes over. */
const GRACE_NS = 10e9;
const MAX_SHOWN = 2;

export const directorNotForwarding: Rule<Data> = {
  code: 'LVS202',
  name: 'director-not-forwarding',
  severity: 'critical',
  summary: 'Requests reach the director and are not forwarded.',
  headline: (who, ip, isOne) => `${who} ${verb(isOne, 'does', 'do')} not forward requests for ${ip}`,

  *subjects(c) {
    for (const vip of c.cluster.vips) for (const { machine } of vip.directors) yield { ip: vip.ip, vip, machine };
  },

  check(c, s) {
    const { machine, vip } = s as { machine: Machine; vip: Vip };
    const arrived = requestsAt(c, vip, machine);
    const stopped = arrived.filter((path) => isStopped(c, vip, machine, path));
    const answered = stopped.filter((path) => howOf(path) !== 'silent' && (isVirtual(c, vip, path) ?? vip.source === 'given'));
    const silent = stopped.filter((path) => howOf(path) === 'silent' && isVirtual(c, vip, path) !== false);
    const lost = c.sight.seesAllFrom(machine) ? beyondChance(silent, arrived) : [];
    const owed = [answered, requestsOn(lost) < MIN_SILENT ? [] : lost];
    const paths = owed.filter((some) => !isRetired(c, vip, machine, some)).flat();
    const seen = sightingsOf(paths, (path) => arrivalAt(c, vip, machine, path));
    const first = seen[0];
    if (first === undefined) return [];
    const how = howOf(first.path);
    const isEnd = (step: Step) =>
      (step.event === PathEvent.refused || step.event === PathEvent.unreachable) && machine.macs.includes(step.source);
    return [
      {
        data: {
          ip: s.ip,
          service: `${first.example.serverPort}/${first.path.protocol}`,
          who: whoIs(machine, first.step.destination),
          host: hostOf(machine, 'the director'),
          requests: requestsOn(paths),
          how,
          requestFrame: first.at.frame,
          answerFrame: frameOf(first, isEnd)?.frame ?? null,
        },
        culprits: [machine],
        confidence: isGuessed(vip, machine) ? 'possible' : how === 'silent' ? 'probable' : 'confirmed',
        count: requestsOn(paths),
        unit: 'requests',
        first: first.at,
        last: seen.at(-1)!.example.frames.at(-1)!,
        evidence: seen
          .slice(0, MAX_SHOWN)
          // The reset is a hop of the answer too: it is told once, as the reset that it is.
          .flatMap((e: Seen): Evidence[] =>
            stepsAsEvidence(e, (step) => (isEnd(step) ? 'effect' : e.path.from.includes(step) ? null : 'fault')),
          ),
      },
    ];
  },

  blind(c, s) {
    const { machine, vip } = s as Subject & { machine: Machine; vip: Vip };
    const missing = (reason: string) => ({ reason, capture: captureOn(machine, s.ip, 'the director') });
    if (!c.sight.hasDestinations) return missing(NO_DESTINATIONS);
    if (!c.sight.seesAllFrom(machine)) return missing('what the director sends to real servers does not pass this capture point');
    const asked = requestsAt(c, vip, machine).length > 0;
    return asked ? null : missing(`no new request for ${s.ip} reaches it in this capture`);
  },

  message(d) {
    const first = d.answerFrame === null ? '' : `, first in frame ${d.answerFrame}`;
    const words = {
      silent: 'nothing of them leaves it again, and it does not answer',
      reset: `it answers them itself with a reset${first}: it has the address, but no such service`,
      unreachable: `it answers them itself with an ICMP unreachable${first}: the service has no real server that it could use`,
    } as const;
    return `${d.who} does not forward requests for ${d.ip} (${d.service}): ${count(d.requests, 'request')}, the first in frame ${d.requestFrame}; ${words[d.how]}.`;
  },

  remedy(d) {
    return {
      why: 'The director must have the service, at least one real server of weight above 0, and let the packets come to IPVS.',
      steps: [
        {
          on: d.host,
          commands: [
            `ipvsadm -Ln | grep -A8 '${d.ip}'   # the service, its real servers, their weights`,
            'systemctl status keepalived; journalctl -u keepalived -n 50   # who took them out, and why',
            ...(d.how === 'silent'
              ? ['nft list ruleset; iptables-save   # a rule in INPUT or PREROUTING that drops the requests before IPVS sees them']
              : []),
          ],
        },
      ],
    };
  },
};

/** New requests that come to the director first. What a real server or a director hands back goes in circles; what a director asks itself is its own affair. */
function requestsAt(c: Case, vip: Vip, machine: Machine): FlowPath[] {
  return c.o.pathsTouching(machine.macs, vip.ip).filter((path) => isSeenFromStart(path) && arrivalAt(c, vip, machine, path) !== undefined);
}

/** A request that ended at the director: in there, nothing out, and no answer from another machine. */
function isStopped(c: Case, vip: Vip, machine: Machine, path: FlowPath): boolean {
  const entry = arrivalAt(c, vip, machine, path)!;
  if (path.toward.at(-1) !== entry || has(path, PathEvent.translated) || has(path, PathEvent.established)) return false;
  // A traceroute to a service has packets die at each hop, as it wants.
  if (has(path, PathEvent.timeExceeded)) return false;
  const unreachable = path.steps.find((step) => step.event === PathEvent.unreachable);
  // An error of the client's about an answer is handed on like any packet.
  if (unreachable !== undefined && machine.macs.includes(unreachable.source)) return true;
  // What a director that serves too refuses is its service's own; what it neither answers nor hands on, it owes.
  const refuses = path.steps.some((step) => step.event === PathEvent.refused && machine.macs.includes(step.source));
  return refuses ? !c.cluster.isRealServer(entry.destination, vip) : isUnanswered(path);
}

/** How a director treats a request that it stops. */
function howOf(path: FlowPath): How {
  if (has(path, PathEvent.unreachable)) return 'unreachable';
  return has(path, PathEvent.refused) ? 'reset' : 'silent';
}

/** A director owes requests only while it owns the VIP: not yet, or no more, while another one does. Who asks it then is another matter. */
function isRetired(c: Case, vip: Vip, machine: Machine, requests: readonly FlowPath[]): boolean {
  const examples = examplesOf(requests);
  const from = examples[0]?.example.frames[0]?.at ?? Number.POSITIVE_INFINITY;
  const until = examples.at(-1)?.example.frames.at(-1)?.at ?? Number.NEGATIVE_INFINITY;
  const terms = groupsOf(c, vip.ip)
    .flatMap((group) => mastershipsOf(c, group))
    .filter((term) => term.machine !== machine);
  const times = examples.map(({ example }) => example.frames[0]!.at);
  if (times.every((at) => terms.some((term) => term.from.at <= at && term.until >= at))) return true;
  const sends = (macs: readonly Mac[], by: number) =>
    c.o.passagesOf(vip.ip).some((p) => p.toward && macs.includes(p.source) && p.first.at <= by && p.last.at >= from);
  if (sends(machine.macs, until)) return false;
  if (terms.some((term) => term.from.at <= until + GRACE_NS && term.until >= from)) return true;
  const others = vip.directors.filter((d) => d.machine !== machine).flatMap((d) => d.machine.macs);
  const owner = c.o
    .about(vip.ip)
    ?.log.filter((e) => e.ref.at <= until + GRACE_NS)
    .at(-1);
  return sends(others, until + GRACE_NS) || (owner !== undefined && others.includes(owner.mac));
}
