/** Requests that reach a real server without passing the director. */
import type { Machine, Vip } from '../cluster/cluster.ts';
import type { FlowPath, Mac, Step } from '../cluster/observations.ts';
import { Begun } from '../correlation/paths.ts';
import { arrivalAt, flowsOn, isHealthCheck } from './requests.ts';
import type { Case } from './rule.ts';

/**
 * Paths of new requests that come to this real server and that no director sent on, nor another machine that claims the VIP and got them
 * before: that is a director too, or a card of one, whatever was given.
 */
export function directRequests(c: Case, vip: Vip, machine: Machine): FlowPath[] {
  const owners = new Set(c.o.about(vip.ip)?.macs.map((claims) => claims.mac));
  return c.o.pathsTouching(machine.macs, vip.ip).filter((path) => {
    const arrival = path.begun > Begun.datagram ? undefined : arrivalAt(c, vip, machine, path);
    if (arrival === undefined || isHealthCheck(vip, path)) return false;
    const before = path.toward.slice(0, path.toward.indexOf(arrival));
    return !before.some((hop) => owners.has(hop.destination)) && !path.toward.some((hop) => c.cluster.isDirector(hop.source, vip));
  });
}

/** Number of flows of which any packet went straight from this sender, who is no director, to this real server. */
export function bypassingFlows(c: Case, vip: Vip, machine: Machine, sender: Mac): number {
  const goesStraight = (hop: Step) => hop.source === sender && machine.macs.includes(hop.destination);
  return flowsOn(c.o.pathsTouching(machine.macs, vip.ip).filter((path) => path.toward.some(goesStraight)));
}
