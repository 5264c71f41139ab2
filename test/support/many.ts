/** Clusters with very many VIPs and real servers. */
import { type Host, lan, Story, type Version } from './story.ts';

export interface ManyOptions {
  readonly version?: Version;
  readonly vips: number;
  readonly servers?: number;
  /** Which real servers answer ARP for the VIP at this place, beside the director. */
  readonly leak?: (place: number, servers: readonly Host[]) => readonly Host[];
}

/** The VIPs of such a cluster: apart from all machines, and in one row. */
export function manyVips(count: number, version: Version = 4): string[] {
  return Array.from({ length: count }, (_, i) =>
    version === 4 ? `198.18.${Math.floor((100 + i) / 200)}.${(100 + i) % 200}` : `2001:db8:1::${(256 + i).toString(16)}`,
  );
}

export function manyServers(count: number, version: Version = 4): Host[] {
  return Array.from({ length: count }, (_, i) => ({
    name: `rs${i + 1}`,
    mac: `52:54:00:00:01:${i.toString(16).padStart(2, '0')}`,
    ip: version === 4 ? `203.0.113.${20 + i}` : `2001:db8::${(0x1000 + i).toString(16)}`,
  }));
}

/** The gateway asks for each VIP, the director answers, and each real server gets and answers a connection. */
export function many({ version = 4, vips, servers = 3, leak = () => [] }: ManyOptions): Story {
  const { gateway, director, remote } = lan(version);
  const machines = manyServers(servers, version);
  const story = new Story();
  for (const rs of machines) story.resolves(director, rs.ip, rs);
  for (const [place, vip] of manyVips(vips, version).entries()) {
    story.whoHas(gateway, vip).isAt(director, vip, gateway);
    for (const rs of leak(place, machines)) story.isAt(rs, vip, gateway);
    for (const rs of machines) story.tcp(remote, vip).opens([gateway, director, rs], [rs, gateway]);
  }
  return story;
}
