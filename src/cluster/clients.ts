/** How many clients a cluster has. */
import type { Cluster } from './cluster.ts';
import type { Clients, Observations } from './observations.ts';

const counted = new WeakMap<Cluster, Clients>();

/** The clients of a cluster's VIPs: a pass over all flows, made once. */
export function clientsOf(cluster: Cluster, o: Observations): Clients {
  const known = counted.get(cluster);
  if (known !== undefined) return known;
  const clients = o.countClients(cluster.vips.map(({ ip }) => ip));
  counted.set(cluster, clients);
  return clients;
}
