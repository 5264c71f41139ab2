/** What a capture can show of whom. */
import { describe, expect, test } from 'vitest';
import { caseOf, given } from '../support/judged.ts';
import { type Host, lan, Story, type Version } from '../support/story.ts';

describe.each([4, 6] as const satisfies Version[])('sight (IPv%i)', (version) => {
  const { vip, director, gateway, rs1, rs2, client, backup } = lan(version);
  const roles = given({ vips: [vip], directors: [director], realServers: [rs1, rs2], gateways: [gateway] });
  const all = () => {
    const story = new Story().resolves(client, vip, director);
    for (const rs of [rs1, rs2]) story.tcp(client, vip).opens([client, director, rs], [rs, client]);
    return story;
  };
  /** What the director's own tcpdump sees: its ingress and egress. */
  const atDirector = () => {
    const story = new Story().resolves(client, vip, director);
    for (const rs of [rs1, rs2]) story.tcp(client, vip).syn(client, director, rs).ack(client, director, rs);
    return story;
  };
  const sightOf = (story: Story, point: string | null = null, beside = roles) => caseOf(story, { point, given: beside }).sight;
  const machine = (story: Story, h: Host) => caseOf(story, { given: roles }).cluster.machineOf(h.mac);

  test('frames between machines that have none in common were captured on a mirror', () => {
    expect(sightOf(all())).toMatchObject({ kind: 'mirror', given: false, point: 'mirror' });
  });

  test('frames that all involve one machine were captured there', () => {
    const sight = sightOf(atDirector());
    expect(sight).toMatchObject({ kind: 'host', given: false, point: 'director' });
    expect(sight.hosts.map((h) => h.macs)).toEqual([[director.mac]]);
  });

  test('frames between two machines only may be of either', () => {
    const story = new Story().resolves(client, vip, director);
    const sight = sightOf(story);
    expect(sight).toMatchObject({ kind: 'unknown', point: null });
    expect(sight.hosts).toHaveLength(2);
    expect(sight.sees(client.mac, director.mac)).toBe(true);
    expect(sight.sees(client.mac, rs1.mac)).toBe(false);
  });

  test('a mirror that was not given sees the machines whose unicast frames it has shown', () => {
    const sight = sightOf(all());
    expect([rs1, director, client].map((h) => sight.sees(h.mac, backup.mac))).toEqual([true, true, true]);
    expect(sight.sees(backup.mac, client.mac)).toBe(false);
  });

  test('a given mirror sees everything', () => {
    const c = caseOf(all(), { point: 'mirror', given: roles });
    expect(c.sight).toMatchObject({ kind: 'mirror', given: true });
    expect(c.sight.sees(backup.mac, gateway.mac)).toBe(true);
    expect(c.sight.seesAllFrom(c.cluster.machineOf(backup.mac))).toBe(true);
    expect(c.sight.seesAllTo(c.cluster.machineOf(backup.mac))).toBe(true);
  });

  test('a host sees what it sends and what it is sent, and nothing between others', () => {
    const c = caseOf(atDirector(), { given: roles });
    expect(c.sight.sees(rs1.mac, director.mac)).toBe(true);
    expect(c.sight.sees(director.mac, rs2.mac)).toBe(true);
    expect(c.sight.sees(rs1.mac, client.mac)).toBe(false);
    expect(c.sight.seesAllFrom(c.cluster.machineOf(director.mac))).toBe(true);
    expect(c.sight.seesAllFrom(c.cluster.machineOf(rs1.mac))).toBe(false);
    expect(c.sight.seesAllTo(c.cluster.machineOf(rs1.mac))).toBe(false);
  });

  test.each(['director', 'real-server', 'gateway', 'client'])('a given point "%s" decides between two machines', (point) => {
    const pairs: Record<string, [Host, Host]> = {
      director: [director, client],
      'real-server': [rs1, client],
      gateway: [gateway, rs1],
      client: [client, rs1],
    };
    const [here, peer] = pairs[point]!;
    const story = new Story().resolves(here, peer.ip, peer);
    const sight = sightOf(story, point);
    expect(sight).toMatchObject({ kind: 'host', given: true, point });
    expect(sight.hosts.map((h) => h.macs)).toEqual([[here.mac]]);
  });

  test('a machine’s name in cluster.yaml is a point, whatever the frames suggest', () => {
    const [web1] = given({ realServers: [rs1] }).realServers;
    const named = { ...roles, realServers: [{ ...web1!, name: 'web1' }, ...roles.realServers.slice(1)] };
    const sight = sightOf(atDirector(), 'web1', named);
    expect(sight).toMatchObject({ kind: 'host', given: true, point: 'web1' });
    expect(sight.hosts).toEqual([expect.objectContaining({ name: 'web1', macs: [rs1.mac] })]);
  });

  test('a given point that several machines could be stays open', () => {
    const story = new Story().resolves(rs1, rs2.ip, rs2);
    expect(sightOf(story, 'real-server')).toMatchObject({ kind: 'unknown', given: true, point: 'real-server' });
  });

  test('a silent capture shows nobody', () => {
    const sight = sightOf(new Story().announces(director, vip));
    expect(sight).toMatchObject({ kind: 'unknown', point: null, hasDestinations: true });
    expect(sight.sees(client.mac, director.mac)).toBe(false);
    expect(sight.seesAllTo(machine(all(), rs1))).toBe(false);
  });
});
