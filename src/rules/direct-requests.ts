/** Requests that reach a real server without passing the director. */
import type { Machine, Vip } from '../cluster/cluster.ts';
import type { FlowPath, Mac, Step } from '../cluster/observations.ts';
import { Begun } from '../correlation/paths.ts';
import { isHealthCheck } from './requests.ts';
import type { Case } from './rule.ts';

/** Paths of new requests whose first hop is to this real server and that no director touched, with that hop. */
export function directRequests(c: Case, vip: Vip, machine: Machine): { path: FlowPath; hop: Step }[] {
  const found: { path: FlowPath; hop: Step }[] = [];
  for (const path of c.o.pathsTouching(machine.macs, vip.ip)) {
    const hop = path.toward[0];
    if (hop === undefined || path.begun > Begun.datagram || !isDirect(c, vip, machine, hop)) continue;
    if (path.toward.some((h) => c.cluster.isDirector(h.source, vip))) continue;
    if (isHealthCheck(vip, path)) continue;
    found.push({ path, hop });
  }
  return found;
}

/** Flows of which any packet went straight from a sender to this real server. */
export function bypassingFlows(c: Case, vip: Vip, machine: Machine, sender: Mac): { flows: number } {
  let flows = 0;
  for (const path of c.o.pathsTouching(machine.macs, vip.ip)) {
    if (path.toward.some((hop) => hop.source === sender && isDirect(c, vip, machine, hop))) flows += path.flows;
  }
  return { flows };
}

function isDirect(c: Case, vip: Vip, machine: Machine, hop: Step): boolean {
  if (!machine.macs.includes(hop.destination) || hop.source === '') return false;
  return !c.cluster.isDirector(hop.source, vip) && !c.cluster.isRealServer(hop.source, vip);
}
