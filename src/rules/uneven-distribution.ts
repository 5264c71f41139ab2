/**
 * LVS210: almost all requests go to one real server.
 * Often lawful (source hashing, persistence, few clients), so it is told as a fact with the number of clients.
 */
import type { Machine, Vip } from '../cluster/cluster.ts';
import type { FlowPath, Ip } from '../cluster/observations.ts';
import { thousands } from '../thousands.ts';
import { captureOn } from './capture-command.ts';
import { flowsOn, hopTo, isSeenFromStart, reaches, sightingsOf, stepsAsEvidence } from './requests.ts';
import { type Case, type Rule, realServersOf } from './rule.ts';
import { count, verb, whoIs } from './wording.ts';

interface Data {
  readonly ip: Ip;
  readonly who: string;
  readonly flows: number;
  readonly total: number;
  readonly clients: number;
}

const MIN_FLOWS = 10;
const SHARE = 0.8;
const MAX_SHOWN = 3;

export const unevenDistribution: Rule<Data> = {
  code: 'LVS210',
  name: 'uneven-distribution',
  severity: 'info',
  summary: 'Almost all requests go to one real server.',
  headline: (who, ip, isOne) => `${who} ${verb(isOne, 'gets', 'get')} almost all requests for ${ip}`,

  subjects: (c) => realServersOf(c),

  check(c, s) {
    const { machine } = s as { machine: Machine; vip: Vip };
    const mine = requestsTo(c, s.ip, machine);
    const flows = flowsOn(mine);
    const total = totalOf(c, s.vip!);
    if (total < MIN_FLOWS || flows <= total * SHARE) return [];
    const shown = sightingsOf(mine, (path) => hopTo(path, machine)).slice(0, MAX_SHOWN);
    const first = shown[0];
    if (first === undefined) return [];
    const evidence = shown.flatMap((e) => stepsAsEvidence(e, (step) => (machine.macs.includes(step.destination) ? 'fault' : null)));
    return [
      {
        data: { ip: s.ip, who: whoIs(machine, first.step.destination), flows, total, clients: clientsOf(c, s.ip) },
        culprits: [machine],
        confidence: 'confirmed',
        count: flows,
        unit: 'requests',
        first: evidence[0]!.at,
        last: evidence.at(-1)!.at,
        evidence,
      },
    ];
  },

  blind(c, s) {
    const total = totalOf(c, s.vip!);
    if (total >= MIN_FLOWS) return null;
    return {
      reason: `${count(total, 'request')} reach real servers in this capture, too few to compare`,
      capture: captureOn(s.vip!.directors[0]?.machine ?? s.machine!, s.ip, 'the director'),
    };
  },

  message(d) {
    const clients = d.clients === 1 ? 'All of them come from one client' : `They come from ${count(d.clients, 'client')}`;
    return `${d.who} gets ${thousands(d.flows)} of ${count(d.total, 'request')} for ${d.ip}. ${clients}: source hashing and persistence give each client one real server.`;
  },

  remedy(d) {
    return {
      why: 'With few clients, source hashing (sh) and persistence (-p) put all on one real server, and that is as configured.',
      steps: [{ on: 'the director', commands: [`ipvsadm -Ln | grep -A8 '${d.ip}'   # scheduler, persistent, weights`] }],
    };
  },
};

function requestsTo(c: Case, ip: Ip, machine: Machine): FlowPath[] {
  return c.o.pathsTouching(machine.macs, ip).filter((path) => isSeenFromStart(path) && reaches(path, machine));
}

/** Asked for each real server. */
function totalOf(c: Case, vip: Vip): number {
  const known = totals.get(c) ?? new Map<Ip, number>();
  totals.set(c, known);
  const total = known.get(vip.ip) ?? vip.realServers.reduce((sum, { machine }) => sum + flowsOn(requestsTo(c, vip.ip, machine)), 0);
  known.set(vip.ip, total);
  return total;
}

/** For each case the requests for each VIP: a sum over all real servers, made once. */
const totals = new WeakMap<Case, Map<Ip, number>>();

function clientsOf(c: Case, vip: Ip): number {
  let counts = clients.get(c);
  if (counts === undefined) {
    counts = c.o.countClientsOfEach(c.cluster.vips.map(({ ip }) => ip));
    clients.set(c, counts);
  }
  return counts.get(vip)!;
}

/** For each case the clients of each VIP: a pass over all flows, made once. */
const clients = new WeakMap<Case, ReadonlyMap<Ip, number>>();
