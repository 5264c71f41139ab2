/** What should follow the last hop of a flow and does not: the row of a packet walk that nobody captured. */
import { Begun, PathEvent } from '../correlation/paths.ts';
import type { Cluster, Machine, Vip } from './cluster.ts';
import type { FlowPath } from './observations.ts';
import type { Sight } from './sight.ts';
import { who } from './summary.ts';

/** A hop that is missing. */
export interface MissingHop {
  /** The MAC that should have sent it. */
  readonly source: string;
  /** 'director → real server'. */
  readonly who: string;
  /** Why it is known to be missing, or why that is not known. */
  readonly says: string;
}

/** The hops that should have followed on a path to a VIP; none where the path is whole or began before the capture. */
export function missingHops(path: FlowPath, cluster: Cluster, vip: Vip, sight: Sight): MissingHop[] {
  const last = path.toward.at(-1);
  if (last === undefined || last.destination === '' || path.begun > Begun.datagram) return [];
  const has = (...events: PathEvent[]) => path.steps.some((step) => events.includes(step.event));
  if (has(PathEvent.unreachable, PathEvent.refused, PathEvent.answeredElsewhere, PathEvent.loop, PathEvent.translated)) return [];
  const machine = cluster.machineOf(last.destination);
  const told = (destination: string, missing: string, unseen: string): MissingHop => ({
    source: last.destination,
    who: `${who(last.destination, cluster, vip)} → ${destination}`,
    says: !sight.seesAllFrom(machine) ? unseen : path.isWatched ? missing : 'not captured; not all captures were running',
  });
  const isOf = (roles: readonly { readonly machine: Machine }[]) => roles.some((role) => role.machine === machine);
  if (isOf(vip.directors) && !isOf(vip.realServers) && path.from.length === 0) {
    return [told('real server', 'missing: no copy leaves the director', 'not in sight: no capture shows what the director sends')];
  }
  if (path.from.length > 0 || isOf(vip.directors)) return [];
  return [told('client', 'missing: no answer is sent', 'not in sight: no capture shows what it answers')];
}
