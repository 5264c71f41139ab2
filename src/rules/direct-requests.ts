/** Requests that reach a real server without passing the director. */
import type { Machine, Vip } from '../cluster/cluster.ts';
import type { FlowPath, Mac, Step } from '../cluster/observations.ts';
import { Begun } from '../correlation/paths.ts';
import { arrivalAt, flowsOn, isHealthCheck } from './requests.ts';
import type { Case } from './rule.ts';

/** A director hands a request on within this time of the capture's first frame, if it came just before. */
const COPIED_WITHIN_NS = 5e6;

/**
 * Paths of new requests that come to this real server and that no director sent on, nor another machine that claims the VIP and got them
 * before: that is a director too, or a card of one, whatever was given.
 */
export function directRequests(c: Case, vip: Vip, machine: Machine): FlowPath[] {
  const owners = new Set(c.o.about(vip.ip)?.macs.map((claims) => claims.mac));
  return c.o.pathsTouching(machine.macs, vip.ip).filter((path) => {
    const arrival = path.begun > Begun.datagram ? undefined : arrivalAt(c, vip, machine, path);
    if (arrival === undefined || isHealthCheck(vip, path) || mayBeCopies(path)) return false;
    const before = path.toward.slice(0, path.toward.indexOf(arrival));
    if (before.some((hop) => owners.has(hop.destination)) || path.toward.some((hop) => c.cluster.isDirector(hop.source, vip))) return false;
    return !choosesByItself(c, vip, arrival.source);
  });
}

/** Whether all that is seen of a path's flows begins with the capture: what came to the director may lie before it, and its copy is seen alone. */
function mayBeCopies({ flows, examples }: FlowPath): boolean {
  return flows === examples.length && examples.every(({ frames }) => frames[0] !== undefined && frames[0].at < COPIED_WITHIN_NS);
}

/**
 * Whether a sender chooses between real servers itself, as health checks of a director that stands by do: it comes back to one that it had
 * left, though none of them claims the VIP. An entry for the VIP leads to one machine until a claim changes it.
 */
export function choosesByItself(c: Case, vip: Vip, sender: Mac): boolean {
  const moves = c.o.movesOf(sender, vip.ip).filter(({ to }) => c.cluster.isRealServer(to, vip) && !c.cluster.isDirector(to, vip));
  const targets = moves.map(({ to }) => c.cluster.machineOf(to));
  const claimants = c.o.about(vip.ip)?.macs.map(({ mac }) => c.cluster.machineOf(mac)) ?? [];
  // Where no claim of the VIP is seen at all, those of real servers may be missing too.
  if (claimants.length === 0 || claimants.some((machine) => targets.includes(machine))) return false;
  return targets.some((machine, i) => targets.indexOf(machine) < i);
}

/** Number of flows of which any packet went straight from this sender, who is no director, to this real server. */
export function bypassingFlows(c: Case, vip: Vip, machine: Machine, sender: Mac): number {
  const goesStraight = (hop: Step) => hop.source === sender && machine.macs.includes(hop.destination);
  return flowsOn(c.o.pathsTouching(machine.macs, vip.ip).filter((path) => path.toward.some(goesStraight)));
}
