/** The story that rules find nothing in: every machine gets its chance to do wrong and does right. */
import { type Host, lan, Story, type Version } from './story.ts';

export interface HealthyOptions {
  readonly version?: Version;
  /** Who sends to the VIP: `gateway` for a remote client, `client` for one of the LAN. */
  readonly by?: 'gateway' | 'client';
  readonly connections?: number;
}

/** Connections over the director to each real server in turn, answered past it, with all the ARP or ND that comes before. */
export function healthy({ version = 4, by = 'gateway', connections = 3 }: HealthyOptions = {}): Story {
  const { vip, director, rs1, rs2, rs3 } = lan(version);
  const story = new Story();
  const sender = senderOf(version, by);
  const servers = [rs1, rs2, rs3];
  story.resolves(sender, vip, director);
  for (const rs of servers) story.resolves(director, rs.ip, rs).resolves(rs, sender.ip, sender);
  for (let i = 0; i < connections; i++) connect(story, servers[i % 3]!, { version, by });
  return story;
}

/** One more healthy connection, to this real server. */
export function connect(story: Story, rs: Host, { version = 4, by = 'gateway' }: HealthyOptions = {}): void {
  const { vip, director, client, remote } = lan(version);
  const sender = senderOf(version, by);
  const there = [sender, director, rs];
  const back = [rs, sender];
  const flow = story.tcp(by === 'gateway' ? remote : client, vip).opens(there, back);
  flow.data(...there).reply(...back);
  flow.fin(...there);
  story.wait(500);
}

function senderOf(version: Version, by: 'gateway' | 'client'): Host {
  const { gateway, client } = lan(version);
  return by === 'gateway' ? gateway : client;
}
