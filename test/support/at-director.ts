/** The healthy story as a capture on the director shows it: requests come and go, replies to clients pass elsewhere. */
import { type Beside, given } from './judged.ts';
import { type Host, lan, Story, type Version } from './story.ts';

/** A connection to each of these real servers in turn: what the client sends, and what the director sends on. */
export function atDirector(servers: readonly Host[], version: Version = 4): Story {
  const { vip, gateway, director, remote } = lan(version);
  const story = new Story().resolves(gateway, vip, director);
  for (const rs of servers) {
    story.resolves(director, rs.ip, rs);
    const there = [gateway, director, rs];
    story
      .tcp(remote, vip)
      .syn(...there)
      .ack(...there)
      .data(...there);
    story.wait(500);
  }
  return story;
}

/** Told that the capture was taken on the director, and who is who. */
export function onDirector(version: Version = 4, more: Partial<Parameters<typeof given>[0]> = {}): Beside {
  const { vip, director, rs1, rs2, rs3 } = lan(version);
  return { point: 'director', given: given({ vips: [vip], directors: [director], realServers: [rs1, rs2, rs3], ...more }) };
}
