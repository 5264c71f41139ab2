/** Requests that reach a real server without passing the director. */
import type { Machine, Vip } from '../cluster/cluster.ts';
import type { FlowPath, Mac, Step } from '../cluster/observations.ts';
import { Begun } from '../correlation/paths.ts';
import { arrivalAt, flowsOn, isHealthCheck } from './requests.ts';
import type { Case } from './rule.ts';

/** Paths of new requests that come to this real server and that no director sent on, with the hop that brings them. */
export function directRequests(c: Case, vip: Vip, machine: Machine): { path: FlowPath; hop: Step }[] {
  const found: { path: FlowPath; hop: Step }[] = [];
  for (const path of c.o.pathsTouching(machine.macs, vip.ip)) {
    const hop = arrivalAt(c, vip, machine, path);
    if (hop === undefined || path.begun > Begun.datagram) continue;
    if (path.toward.some((h) => c.cluster.isDirector(h.source, vip))) continue;
    if (isHealthCheck(vip, path)) continue;
    found.push({ path, hop });
  }
  return found;
}

/** Number of flows of which any packet went straight from this sender, who is no director, to this real server. */
export function bypassingFlows(c: Case, vip: Vip, machine: Machine, sender: Mac): number {
  const goesStraight = (hop: Step) => hop.source === sender && machine.macs.includes(hop.destination);
  return flowsOn(c.o.pathsTouching(machine.macs, vip.ip).filter((path) => path.toward.some(goesStraight)));
}
