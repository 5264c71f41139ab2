/** What two directors do: adverts, announcements, and requests by way of either. */
import { type Host, lan, type Story, type Version } from './story.ts';

export interface AdvertOptions {
  readonly priority?: number;
  readonly vips?: readonly string[];
  /** Time between adverts in milliseconds, also as announced. */
  readonly every?: number;
  readonly vrid?: number;
  readonly version?: Version;
  /** The group's virtual MAC, when adverts come from it. */
  readonly mac?: string;
}

/** A master's adverts, with the time that passes after each of them. */
export function adverts(story: Story, sender: Host, times: number, options: AdvertOptions = {}): Story {
  const { version = 4, priority = 100, every = 1000, vrid = 51, vips = [lan(version).vip], mac = sender.mac } = options;
  for (let i = 0; i < times; i++) story.advert(sender, { vrid, priority, vips: [...vips], interval: every / 10 }, mac).wait(every);
  return story;
}

/** A connection over this director, answered past it. */
export function serve(story: Story, director: Host, rs: Host, version: Version = 4): Story {
  const { vip, gateway, remote } = lan(version);
  story.tcp(remote, vip).opens([gateway, director, rs], [rs, gateway]);
  return story.wait(100);
}

/** A request to this director that nothing comes of, and its repetition after a second. */
export function vain(story: Story, director: Host, version: Version = 4): Story {
  const { vip, gateway, remote } = lan(version);
  const flow = story.tcp(remote, vip).syn(gateway, director);
  story.wait(1000);
  flow.syn(gateway, director);
  return story.wait(1000);
}

/** Both directors serve the VIP without VRRP, one after the other. */
export function handOver(story: Story, from: Host, to: Host, version: Version = 4): Story {
  const { vip, gateway, rs1, rs2 } = lan(version);
  story.resolves(gateway, vip, from);
  serve(story, from, rs1, version);
  serve(story, from, rs2, version);
  story.wait(3000).resolves(gateway, vip, to);
  serve(story, to, rs1, version);
  return serve(story, to, rs2, version);
}
