/** Requests to a VIP as paths show them: how many, where they got to, what came back, and each step in words. */

import type { Machine, Vip } from '../cluster/cluster.ts';
import type { Example, FlowPath, Ip, Mac, Step } from '../cluster/observations.ts';
import type { FrameRef } from '../correlation/frame-ref.ts';
import { Begun, PathEvent } from '../correlation/paths.ts';
import { captureOn } from './capture-command.ts';
import type { Blind, Case, Evidence } from './rule.ts';
import { endpoint, hopSays } from './wording.ts';

/** Whether the flow was seen from its first packet on, by every capture: only then may absence be judged. */
export function isSeenFromStart(path: FlowPath): boolean {
  return path.begun <= Begun.datagram && path.isWatched;
}

/** Requests of all flows on a path: the first SYN and its repetitions, three at most that can be told apart. */
export function tries(path: FlowPath): number {
  return path.flows * (1 + (has(path, PathEvent.retry) ? 1 : 0) + (has(path, PathEvent.retryAgain) ? 1 : 0));
}

/** Requests on all these paths. */
export function requestsOn(paths: readonly FlowPath[]): number {
  return paths.reduce((total, path) => total + tries(path), 0);
}

/** Flows on all these paths. */
export function flowsOn(paths: readonly FlowPath[]): number {
  return paths.reduce((total, path) => total + path.flows, 0);
}

export function has(path: FlowPath, event: PathEvent): boolean {
  return path.steps.some((step) => step.event === event);
}

/** Whether the request was handed to this machine and not on from there. */
export function reaches(path: FlowPath, machine: Machine): boolean {
  return hopTo(path, machine) !== undefined && !path.toward.some((hop) => machine.macs.includes(hop.source));
}

/** The first hop of a request to this machine. */
export function hopTo(path: FlowPath, machine: Machine): Step | undefined {
  return path.toward.find((hop) => machine.macs.includes(hop.destination));
}

/** The hop by which a request comes to the cluster, to a director or a real server: where a router of the LAN brings it, it is not the first. */
export function entryOf(c: Case, vip: Vip, path: FlowPath): Step | undefined {
  const serves = (mac: Mac) => c.cluster.isDirector(mac, vip) || c.cluster.isRealServer(mac, vip);
  const hop = path.toward.find((x) => serves(x.source) || serves(x.destination));
  return hop === undefined || serves(hop.source) ? undefined : hop;
}

/** The hop by which a request comes to the cluster, if this machine is the first of it that gets it. */
export function arrivalAt(c: Case, vip: Vip, machine: Machine, path: FlowPath): Step | undefined {
  const entry = entryOf(c, vip, path);
  return entry !== undefined && machine.macs.includes(entry.destination) ? entry : undefined;
}

/** Whether nothing came back: from no address and no MAC. */
export function isUnanswered(path: FlowPath): boolean {
  return path.from.length === 0 && !has(path, PathEvent.answeredElsewhere) && !has(path, PathEvent.unreachable);
}

/** Why answers of a real server cannot be judged where it gives none for this address; null where it does. */
export function blindToAnswers(c: Case, ip: Ip, machine: Machine): Blind | null {
  if (c.o.passagesOf(ip).some((p) => !p.toward && machine.macs.includes(p.source))) return null;
  const reason = c.sight.seesAllFrom(machine) ? 'it answers nothing in this capture' : 'its replies do not pass this capture point';
  return { reason, capture: captureOn(machine, ip, 'the real server') };
}

/** Health checks of direct routing go to the VIP on a real server; their client is a director. */
export function isHealthCheck(vip: Vip, path: FlowPath): boolean {
  return path.examples.length > 0 && path.examples.every((e) => vip.directors.some((d) => d.machine.ips.includes(e.client)));
}

/** An example of a path, with the path. */
export interface Seen {
  readonly path: FlowPath;
  readonly example: Example;
}

/** The examples of some paths in order of time; those whose frames were remembered. */
export function examplesOf(paths: readonly FlowPath[]): Seen[] {
  return paths
    .flatMap((path) => path.examples.map((example) => ({ path, example })))
    .filter(({ example }) => example.frames.length > 0)
    .sort((a, b) => a.example.frames[0]!.at - b.example.frames[0]!.at);
}

/** An example in which a step is remembered that shows something, with the frame of that step. */
export interface Sighting extends Seen {
  readonly step: Step;
  readonly at: FrameRef;
}

/**
 * Where paths show the step that is looked for, in order of time: only examples that remember its frame. What a message says comes
 * from the first of them, whose steps are cited.
 * @param look the step of a path that shows it
 */
export function sightingsOf(paths: readonly FlowPath[], look: (path: FlowPath) => Step | undefined): Sighting[] {
  return paths
    .flatMap((path): Sighting[] => {
      const step = look(path);
      if (step === undefined) return [];
      const index = path.steps.indexOf(step);
      return path.examples.flatMap((example) => {
        const at = example.frames[index];
        return at === undefined ? [] : [{ path, example, step, at }];
      });
    })
    .sort((a, b) => a.at.at - b.at.at);
}

/** The frame of the first step of an example that `is`, or undefined. */
export function frameOf({ path, example }: Seen, is: (step: Step) => boolean): FrameRef | undefined {
  return example.frames[path.steps.findIndex(is)];
}

/** Each remembered step of an example as evidence; `shows` says what a step proves, null leaves it out. */
export function stepsAsEvidence(seen: Seen, shows: (step: Step, index: number) => Evidence['shows'] | null): Evidence[] {
  const evidence: Evidence[] = [];
  seen.path.steps.forEach((step, i) => {
    const at = seen.example.frames[i];
    const meaning = shows(step, i);
    if (at !== undefined && meaning !== null) evidence.push({ at, shows: meaning, says: stepSays(seen, step) });
  });
  return evidence;
}

/** Flows on a path that are such as its examples show; where only some examples are, no more than those are sure. */
export function flowsThat(path: FlowPath, is: (example: Example) => boolean): number {
  const alike = path.examples.filter(is).length;
  return alike === path.examples.length ? path.flows : alike;
}

/** A step in words, with its addresses. */
export function stepSays({ path, example }: Seen, step: Step): string {
  const client = endpoint(example.client, example.clientPort);
  const server = endpoint(path.server, example.serverPort);
  const toward = `${client} > ${server}`;
  const from = `${server} > ${client}`;
  const request = path.protocol === 'tcp' ? 'SYN' : 'datagram';
  const said = (what: string) => hopSays(what, step.source, step.destination);
  switch (step.event) {
    case PathEvent.toward: {
      const begins = isSeenFromStart(path) && !isAfter(path, step, PathEvent.established);
      return said(`${begins ? request : 'packet'} ${toward}`);
    }
    case PathEvent.towardInTunnel:
      return said(`in a tunnel, ${request} ${toward}`);
    case PathEvent.from:
    case PathEvent.fromInTunnel:
      return said(`answer ${from}`);
    case PathEvent.echo:
    case PathEvent.echoAgain:
      return said('the same datagram again');
    case PathEvent.loop:
      return said(`the same datagram again with a lower TTL, ${toward}`);
    case PathEvent.retry:
    case PathEvent.retryAgain:
      return said(`SYN repeated ${toward}`);
    case PathEvent.established:
      return said(`the client goes on, ${toward}`);
    case PathEvent.refused:
      return said(`reset in answer to the SYN, ${from}`);
    case PathEvent.reset:
      return said(`reset ${from}`);
    case PathEvent.clientReset:
      return said(`reset ${toward}`);
    case PathEvent.unreachable:
      return said(`ICMP unreachable about ${toward}`);
    case PathEvent.timeExceeded:
      return said(`ICMP time exceeded about ${toward}`);
    case PathEvent.tooBig:
      return said(`ICMP "too big" about the flow ${toward}`);
    case PathEvent.translated:
      return said(`the same SYN of ${client} to another IP`);
    case PathEvent.answeredElsewhere:
      return said(`answer to ${client} from another IP than ${path.server}`);
    case PathEvent.stalled:
      return said(`the same full-size segment a third time, flow ${toward}`);
  }
}

function isAfter(path: FlowPath, step: Step, event: PathEvent): boolean {
  const index = path.steps.findIndex((s) => s.event === event);
  return index >= 0 && path.steps.indexOf(step) > index;
}
