/**
 * What is missing by chance: a packet that a switch drops on its way, or the capture itself, is no fault of a machine. A machine that
 * does not do its work fails many requests of a service, or all from a time on.
 */
import { type FlowPath, serviceName } from '../cluster/observations.ts';
import { requestsOn } from './requests.ts';

/** Of fewer of a service's requests than this share something is missing by chance … */
const CHANCE = 0.1;
/** … unless so many flows in a row miss it at the end. */
const IN_A_ROW = 3;

/** The requests of one service at one machine. */
interface Requests {
  readonly lost: FlowPath[];
  count: number;
  /** When the newest flow that lacks nothing began, as far as examples tell. */
  newest: number;
}

/**
 * Those of the paths that lack something by more than chance.
 * @param lost paths that lack it
 * @param all paths of the same machine that should have it, among them those
 */
export function beyondChance(lost: readonly FlowPath[], all: readonly FlowPath[]): FlowPath[] {
  const missing = new Set(lost);
  const services = new Map<string, Requests>();
  for (const path of all) {
    const service = services.get(serviceName(path)) ?? { lost: [], count: 0, newest: Number.NEGATIVE_INFINITY };
    services.set(serviceName(path), service);
    service.count += requestsOn([path]);
    if (missing.has(path)) service.lost.push(path);
    else service.newest = Math.max(service.newest, ...beginnings(path));
  }
  return [...services.values()].filter((service) => !isChance(service)).flatMap((service) => service.lost);
}

function isChance({ lost, count, newest }: Requests): boolean {
  const since = lost.reduce((total, path) => total + begunAfter(path, newest), 0);
  return requestsOn(lost) < count * CHANCE && since < IN_A_ROW;
}

/** Flows of a path that surely began after a time: the last example is the newest, and those not remembered lie before it. */
function begunAfter(path: FlowPath, at: number): number {
  const times = beginnings(path);
  const hidden = (times.at(-2) ?? at) > at ? path.flows - path.examples.length : 0;
  return times.filter((time) => time > at).length + hidden;
}

function beginnings(path: FlowPath): number[] {
  return path.examples.flatMap(({ frames }) => frames[0]?.at ?? []);
}
