/** The services of a VIP as all paths to it show them: read once a judgement, however many machines are judged by them. */
import type { Vip } from '../cluster/cluster.ts';
import { type FlowPath, type Mac, type Step, serviceName } from '../cluster/observations.ts';
import { PathEvent } from '../correlation/paths.ts';
import { oncePerCase } from './once.ts';
import { has, isHealthCheck } from './requests.ts';
import type { Case } from './rule.ts';

/** Times between which something is known to happen; nanoseconds. */
export interface Span {
  readonly from: number;
  readonly until: number;
}

/** A port of a VIP, over TCP or UDP. */
export interface Service {
  /** Whether a director hands requests of its clients on, as its copies show, or real servers' answers to what comes to it. */
  isForwarded: boolean;
  /** Whether a client goes on whose request was handed on to a real server. */
  isCompleted: boolean;
  /** The MACs that answers come from which are more than a refusal, and when as far as examples tell. */
  readonly answers: Map<Mac, Span>;
}

const NOTHING_SEEN: Service = { isForwarded: false, isCompleted: false, answers: new Map() };

/** The service that a path's requests are for. */
export function serviceOf(c: Case, vip: Vip, path: FlowPath): Service {
  return servicesOf(c, vip).get(serviceName(path)) ?? NOTHING_SEEN;
}

/**
 * Whether requests of a path are for a virtual service: as configured, else as the director hands some on. What comes for another port is
 * for the machine itself, and refused where nothing listens. Null when nothing tells which ports are services.
 */
export function isVirtual(c: Case, vip: Vip, path: FlowPath): boolean | null {
  const configured = vip.given?.services ?? [];
  if (configured.length > 0) return configured.some((s) => s.protocol === path.protocol && (s.port === 0 || s.port === path.port));
  const services = servicesOf(c, vip);
  if (![...services.values()].some((service) => service.isForwarded)) return null;
  return path.port !== 0 && serviceOf(c, vip, path).isForwarded;
}

/** The services of a VIP by `serviceName`. */
const servicesOf = oncePerCase(readServices);

function readServices(c: Case, vip: Vip): Map<string, Service> {
  const services = new Map<string, Service>();
  const directors = new Set(vip.directors.flatMap((role) => role.machine.macs));
  const servers = new Set(vip.realServers.flatMap((role) => role.machine.macs));
  for (const path of c.o.pathsTo(vip.ip)) {
    let service = services.get(serviceName(path));
    if (service === undefined) {
      service = { isForwarded: false, isCompleted: false, answers: new Map() };
      services.set(serviceName(path), service);
    }
    const isSent = path.steps.some((step) => handsOn(step) && directors.has(step.source));
    const answerer = path.from[0]?.source ?? '';
    const isAnswered = directors.has(path.toward[0]?.destination ?? '') && servers.has(answerer) && !directors.has(answerer);
    if (!isHealthCheck(vip, path) && (isSent || isAnswered)) {
      service.isForwarded = true;
      service.isCompleted ||= has(path, PathEvent.established) && servers.has(path.toward.at(-1)?.destination ?? '');
    }
    noteAnswer(service, path);
  }
  return services;
}

/** Whether a machine sends a request on by this step, as it is, in a tunnel or to another address. */
function handsOn({ event }: Step): boolean {
  return event === PathEvent.toward || event === PathEvent.towardInTunnel || event === PathEvent.translated;
}

function noteAnswer({ answers }: Service, path: FlowPath): void {
  const [answer] = path.from;
  if (answer === undefined || has(path, PathEvent.refused)) return;
  const index = path.steps.indexOf(answer);
  const times = path.examples.flatMap(({ frames }) => frames[index]?.at ?? []);
  const { from, until } = answers.get(answer.source) ?? { from: Number.POSITIVE_INFINITY, until: Number.NEGATIVE_INFINITY };
  answers.set(answer.source, { from: Math.min(from, ...times), until: Math.max(until, ...times) });
}
