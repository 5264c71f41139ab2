/** Requests that reach a real server without passing the director. */
import type { Machine, Vip } from '../cluster/cluster.ts';
import type { FlowPath, Mac, Step } from '../cluster/observations.ts';
import { Begun } from '../correlation/paths.ts';
import { arrivalAt, flowsOn, isHealthCheck } from './requests.ts';
import type { Case } from './rule.ts';

/** Paths of new requests that come to this real server and that no director sent on. */
export function directRequests(c: Case, vip: Vip, machine: Machine): FlowPath[] {
  return c.o
    .pathsTouching(machine.macs, vip.ip)
    .filter(
      (path) =>
        path.begun <= Begun.datagram &&
        arrivalAt(c, vip, machine, path) !== undefined &&
        !path.toward.some((hop) => c.cluster.isDirector(hop.source, vip)) &&
        !isHealthCheck(vip, path),
    );
}

/** Number of flows of which any packet went straight from this sender, who is no director, to this real server. */
export function bypassingFlows(c: Case, vip: Vip, machine: Machine, sender: Mac): number {
  const goesStraight = (hop: Step) => hop.source === sender && machine.macs.includes(hop.destination);
  return flowsOn(c.o.pathsTouching(machine.macs, vip.ip).filter((path) => path.toward.some(goesStraight)));
}
