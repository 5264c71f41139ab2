/** Who is who, from frames alone and from what was given. */
import { describe, expect, test } from 'vitest';
import type { Role, Vip } from '../../src/cluster/cluster.ts';
import { caseOf, given } from '../support/judged.ts';
import { type Host, host, lan, Story, type Version } from '../support/story.ts';

const VERSIONS = [4, 6] as const satisfies Version[];

describe.each(VERSIONS)('roles (IPv%i)', (version) => {
  const { vip, gateway, director, backup, rs1, rs2, rs3, client, remote } = lan(version);

  const macs = (roles: readonly Role[]) => roles.flatMap((role) => role.machine.macs).sort();
  const rolesOf = (found: Vip | undefined) =>
    found === undefined ? null : { directors: macs(found.directors), realServers: macs(found.realServers) };
  const clusterOf = (story: Story, roles = given({})) => caseOf(story, { given: roles }).cluster;
  const inferred = (story: Story) => rolesOf(clusterOf(story).vip(vip));
  const ofMacs = (directors: Host[], realServers: Host[]) => ({
    directors: directors.map((h) => h.mac).sort(),
    realServers: realServers.map((h) => h.mac).sort(),
  });

  /** Healthy connections of a client on the LAN to each of these real servers. */
  function healthy(story = new Story(), servers: Host[] = [rs1, rs2, rs3]): Story {
    story.resolves(client, vip, director);
    for (const rs of servers) {
      story.resolves(director, rs.ip, rs);
      story.tcp(client, vip).opens([client, director, rs], [rs, client]);
    }
    return story;
  }

  test('who claims the VIP and hands its packets on is the director; who gets them is a real server', () => {
    const found = clusterOf(healthy()).vip(vip)!;
    expect(rolesOf(found)).toEqual(ofMacs([director], [rs1, rs2, rs3]));
    expect(found).toMatchObject({ source: 'observed', mode: 'dr', services: ['80/tcp'] });
    expect(found.directors[0]!.clues[0]).toBe(`claims ${vip} and hands its packets on to 3 machines (3 flows)`);
    expect(found.realServers[0]!.clues).toEqual([`gets copies of 1 flow to ${vip}`, `answers 1 flow with ${vip} as its source`]);
  });

  test('of very many machines that serve a VIP the busiest are looked at, and how many are not is known', () => {
    const many = Array.from({ length: 300 }, (_, i): Host => {
      const { name, mac } = host(`many${i}`, 1000 + i);
      return { name, mac, ip: version === 4 ? `203.0.${114 + (i >> 8)}.${i & 0xff}` : `2001:db8::1:${i.toString(16)}` };
    });
    const story = healthy(new Story(), many);
    for (let i = 0; i < 2; i++) healthy(story);
    const { cluster, o } = caseOf(story);
    const { directors, realServers } = rolesOf(cluster.vip(vip))!;
    expect(directors).toEqual([director.mac]);
    expect(realServers).toEqual([...many.slice(0, 252), rs1, rs2, rs3].map((h) => h.mac).sort());
    expect(o.machinesLeftOut(vip)).toBe(48);
    expect(
      o
        .pathsTo(vip)
        .flatMap((path) => path.toward)
        .some((hop) => hop.destination === many[252]!.mac),
    ).toBe(false);
    expect(o.passagesOf(vip).some((passage) => passage.destination === many[252]!.mac)).toBe(false);
  });

  test('machines get the addresses that they claim, but never the VIP', () => {
    const { cluster } = caseOf(healthy());
    expect(cluster.machineOf(rs1.mac).ips).toEqual([rs1.ip]);
    expect(cluster.machineOf(director.mac).ips).toEqual([director.ip]);
  });

  test('who brings packets of addresses that it does not claim is a gateway', () => {
    const story = new Story().resolves(gateway, vip, director);
    for (const rs of [rs1, rs2]) story.tcp(remote, vip).opens([gateway, director, rs], [rs, gateway]);
    const { gateways } = clusterOf(story);
    expect(gateways.map((g) => [g.machine.macs, g.source])).toEqual([[[gateway.mac], 'observed']]);
    expect(gateways[0]!.clues).toEqual([`brings packets of ${remote.ip}, an address that it does not claim itself`]);
  });

  test('a client of the LAN is no gateway', () => {
    expect(clusterOf(healthy()).gateways).toEqual([]);
  });

  const nobodies: [string, string][] = [
    ['a group', '01:00:5e:00:00:01'],
    ['nobody', '00:00:00:00:00:00'],
  ];
  test.each(nobodies)('frames that bear the MAC of %s as their source name no machine', (_, mac) => {
    const forged = { ...rs3, mac };
    const brought = new Story().resolves(client, vip, director);
    for (const rs of [rs1, rs2]) brought.tcp(remote, vip).opens([{ ...gateway, mac }, director, rs], [rs, gateway]);
    expect(clusterOf(brought).gateways).toEqual([]);
    expect(inferred(brought)).toEqual(ofMacs([director], [rs1, rs2]));
    const answered = healthy();
    answered.resolves(director, forged.ip, forged);
    answered.tcp(client, vip).opens([client, director, forged], [forged, client]);
    expect(inferred(answered)).toEqual(ofMacs([director], [rs1, rs2, rs3]));
    const directed = healthy();
    for (const rs of [rs1, rs2]) directed.tcp(client, vip).opens([client, forged, rs], [rs, client]);
    expect(inferred(directed)).toEqual(ofMacs([director], [rs1, rs2, rs3]));
  });

  test.each(version === 4 ? ['0.0.0.0', '127.0.0.1', '224.0.0.1'] : ['::', '::1', 'ff02::1'])(
    '%s is neither a VIP nor a machine’s own',
    (ip) => {
      const story = healthy();
      story.resolves(client, ip, director);
      for (const rs of [rs1, rs2]) story.tcp(client, ip).opens([client, director, rs], [rs, client]);
      const cluster = clusterOf(story);
      expect(cluster.vips.map((found) => found.ip)).toEqual([vip]);
      expect(cluster.machineOf(director.mac).ips).toEqual([director.ip]);
    },
  );

  test('without any claim, a machine whose packets others answer past it is a director', () => {
    const story = new Story();
    for (const rs of [rs1, rs2]) story.tcp(client, vip).opens([client, director, rs], [rs, client]);
    const found = clusterOf(story).vip(vip)!;
    expect(rolesOf(found)).toEqual(ofMacs([director], [rs1, rs2]));
    expect(found.directors[0]!.clues[0]).toBe(`hands packets for ${vip} on to 2 machines, which answer past it`);
  });

  test('handing on to several machines that do not answer only makes a guess', () => {
    const story = new Story();
    for (const rs of [rs1, rs2]) story.tcp(client, vip).syn(client, director, rs);
    expect(clusterOf(story).vip(vip)).toMatchObject({ source: 'guessed', directors: [{ source: 'guessed' }] });
  });

  test('a guess beside a cluster that is seen is dropped', () => {
    const story = healthy();
    const other = version === 4 ? '203.0.113.200' : '2001:db8::200';
    for (const rs of [rs1, rs2]) story.tcp(client, other).syn(client, backup, rs);
    expect(clusterOf(story).vips.map((v) => v.ip)).toEqual([vip]);
  });

  test('a router that hands on packets to a server behind it is no director', () => {
    const story = new Story().resolves(client, gateway.ip, gateway);
    for (let i = 0; i < 3; i++) story.tcp(client, rs1.ip).opens([client, gateway, rs1], [rs1, gateway, client]);
    story.resolves(gateway, rs1.ip, rs1);
    expect(clusterOf(story).vips).toEqual([]);
  });

  test('asymmetric routing to a server that owns its address is no director', () => {
    const story = new Story().resolves(gateway, rs1.ip, rs1);
    for (let i = 0; i < 3; i++) story.tcp(client, rs1.ip).opens([client, gateway, rs1], [rs1, client]);
    expect(clusterOf(story).vips).toEqual([]);
  });

  test('a machine that answers for very many addresses is a proxy, not a director', () => {
    const story = new Story();
    for (let n = 30; n < 40; n++) story.resolves(client, host('behind', n, version).ip, backup);
    const server = host('behind', 30, version).ip;
    for (let i = 0; i < 3; i++) story.tcp(client, server).opens([client, backup, rs1], [rs1, backup, client]);
    expect(clusterOf(story).vips).toEqual([]);
  });

  test('a director of very many VIPs is no proxy, even where real servers claim them too', () => {
    const vips = Array.from({ length: 40 }, (_, i) => host('vip', 100 + i, version).ip);
    const story = new Story();
    for (const one of vips) {
      story.whoHas(gateway, one).isAt(director, one, gateway).isAt(rs1, one, gateway);
      story.tcp(remote, one).opens([gateway, director, rs1], [rs1, gateway]);
    }
    const { vips: found } = clusterOf(story);
    expect(found.map(({ ip, source }) => [ip, source])).toEqual(vips.map((one) => [one, 'observed']));
    expect(found.map(rolesOf)).toEqual(vips.map(() => ofMacs([director], [rs1])));
  });

  test('a proxy that hands each address on to its owner, who answers past it, is no director', () => {
    const story = new Story();
    for (let n = 30; n < 40; n++) {
      const owner = host('behind', n, version);
      story.whoHas(client, owner.ip).isAt(backup, owner.ip, client).isAt(owner, owner.ip, client);
      story.tcp(client, owner.ip).opens([client, backup, owner], [owner, client]);
    }
    expect(clusterOf(story).vips).toEqual([]);
  });

  test('without the director’s egress, answers of several other machines show the director', () => {
    const story = new Story().resolves(client, vip, director);
    for (const rs of [rs1, rs2]) story.tcp(client, vip).opens([client, director], [rs, client]);
    const found = clusterOf(story).vip(vip)!;
    expect(rolesOf(found)).toEqual(ofMacs([director], [rs1, rs2]));
    expect(found.source).toBe('observed');
  });

  test('with one answering machine only, that is a guess', () => {
    const story = new Story().resolves(client, vip, director);
    for (let i = 0; i < 3; i++) story.tcp(client, vip).opens([client, director], [rs1, client]);
    expect(clusterOf(story).vip(vip)).toMatchObject({ source: 'guessed', directors: [{ source: 'guessed' }] });
  });

  test('a machine that answers as the VIP itself is not taken for a director seen from one side', () => {
    const story = new Story().resolves(client, rs1.ip, rs1);
    for (let i = 0; i < 3; i++) story.tcp(client, rs1.ip).opens([client, rs1], [rs1, client]);
    expect(clusterOf(story).vips).toEqual([]);
  });

  test('answers that a router has brought come from no real server here', () => {
    const story = new Story().resolves(client, vip, director);
    // Their TTL is none that a system starts with.
    for (let i = 0; i < 3; i++) {
      const flow = story.fromTtl(64).tcp(client, vip).syn(client, director);
      story.fromTtl(61);
      flow.synAck(gateway, client);
    }
    expect(clusterOf(story).vips).toEqual([]);
  });

  test('a machine that hands packets on over another card is one machine with two MACs', () => {
    const second: Host = { ...director, mac: '52:54:00:00:01:02' };
    const story = new Story().whoHas(client, vip).isAt(second, vip, client).isAt(director, vip, client);
    for (const rs of [rs1, rs2]) {
      const flow = story.tcp(client, vip).syn(client, director);
      story.fromTtl(63);
      flow.syn(second, rs);
      story.fromTtl(64);
      flow.synAck(rs, client);
    }
    const { cluster } = caseOf(story);
    expect(cluster.machineOf(second.mac)).toBe(cluster.machineOf(director.mac));
    expect(inferred(story)).toEqual(ofMacs([director, second], [rs1, rs2]));
  });

  test.each([64, 63, 62])(
    'a copy that leaves another MAC with a TTL of %i: one machine with it only if at most one hop was lost',
    (ttl) => {
      const story = new Story().resolves(client, vip, director);
      for (const rs of [rs1, rs2]) {
        const flow = story.fromTtl(64).tcp(client, vip).syn(client, director);
        story.fromTtl(ttl);
        flow.syn(backup, rs);
      }
      const { cluster } = caseOf(story);
      expect(cluster.machineOf(backup.mac) === cluster.machineOf(director.mac)).toBe(ttl >= 63);
    },
  );

  test('the cards of a director are one machine also when its clients differ in TTL, and when it refuses what is no service', () => {
    const second: Host = { ...director, mac: '52:54:00:00:01:02' };
    const story = new Story().resolves(client, vip, director);
    const ttls = [244, 50, 60];
    [rs1, rs2, rs3].forEach((rs, i) => {
      const flow = story.fromTtl(ttls[i]!).tcp(client, vip).syn(client, director);
      story.fromTtl(ttls[i]! - 1);
      flow.syn(second, rs);
      story.fromTtl(64);
      flow.synAck(rs, client);
    });
    story.tcp(client, vip, { port: 23 }).syn(client, director).refuse(director, client);
    expect(inferred(story)).toEqual(ofMacs([director, second], [rs1, rs2, rs3]));
    // SSH on the VIP, answered by the one card or the other.
    for (const card of [director, second]) story.tcp(client, vip, { port: 22 }).opens([client, director], [card, client]);
    expect(inferred(story)).toEqual(ofMacs([director, second], [rs1, rs2, rs3]));
    // Who answers what is handed on is another machine.
    story.tcp(client, vip).opens([client, second], [second, client]);
    expect(caseOf(story).cluster.machineOf(second.mac).macs).toEqual([second.mac]);
  });

  test('a router whose frame to the director was lost has not handed it on to the real server', () => {
    const story = new Story().resolves(gateway, vip, director);
    for (const rs of [rs1, rs2]) story.tcp(client, vip).opens([client, gateway, director, rs], [rs, client]);
    const lossy = story.tcp(client, vip).syn(client, gateway).syn(director, rs1);
    lossy.synAck(rs1, client).ack(client, gateway, director, rs1);
    expect(inferred(story)).toEqual(ofMacs([director], [rs1, rs2]));
  });

  test('a router that is seen to bring a flow before its client brings it there is no real server', () => {
    const story = new Story().resolves(gateway, vip, director);
    for (const rs of [rs1, rs2]) story.tcp(client, vip).opens([client, gateway, director, rs], [rs, client]);
    const begun = story.fromTtl(63).tcp(client, vip).ack(gateway, director, rs1);
    story.fromTtl(64);
    begun.data(client, gateway, director, rs1).reply(rs1, client);
    expect(inferred(story)).toEqual(ofMacs([director], [rs1, rs2]));
  });

  test('a gateway whose own VRRP group has the number of the directors’ is no director', () => {
    const story = new Story().resolves(gateway, vip, director);
    const own = version === 4 ? '203.0.113.254' : '2001:db8::254';
    story.advert(director, { vrid: 7, priority: 100, vips: [vip] }).advert(gateway, { vrid: 7, priority: 100, vips: [own] });
    for (const rs of [rs1, rs2]) story.tcp(remote, vip).opens([gateway, director, rs], [rs, gateway]);
    expect(inferred(story)).toEqual(ofMacs([director], [rs1, rs2]));
    const unseen = new Story()
      .advert(director, { vrid: 7, priority: 100, vips: [vip] })
      .advert(rs1, { vrid: 7, priority: 90, vips: [own] });
    for (const rs of [rs1, rs2]) unseen.tcp(client, vip).opens([client, rs], [rs, client]);
    expect(inferred(unseen)).toEqual(ofMacs([director], [rs1, rs2]));
  });

  test('an address that VRRP gives to one machine and others answer from is a VIP, though no request passes the director', () => {
    const advertised = () => new Story().advert(director, { vrid: 7, priority: 100, vips: [vip] });
    const story = advertised();
    for (const rs of [rs1, rs2]) story.tcp(client, vip).opens([client, rs], [rs, client]);
    expect(inferred(story)).toEqual(ofMacs([director], [rs1, rs2]));
    expect(clusterOf(story).vip(vip)).toMatchObject({ source: 'declared', services: ['80/tcp'] });
    const proxied = advertised();
    for (let i = 0; i < 3; i++) proxied.tcp(client, vip).opens([client, director], [director, client]);
    expect(clusterOf(proxied).vips).toEqual([]);
    const refused = advertised();
    refused.tcp(client, vip).syn(client, rs1).refuse(rs1, client);
    expect(clusterOf(refused).vips).toEqual([]);
  });

  describe('another VIP of a director that is seen', () => {
    const other = version === 4 ? '203.0.113.200' : '2001:db8::200';
    const roles = (story: Story) => rolesOf(clusterOf(story).vip(other));
    const claimed = (...owners: Host[]) => {
      const story = healthy().whoHas(gateway, other);
      for (const owner of owners) story.isAt(owner, other, gateway);
      return story;
    };

    test('is an address that it and one of its real servers claim', () => {
      expect(roles(claimed(director, rs2))).toEqual(ofMacs([director], [rs2]));
      expect(clusterOf(claimed(director, rs2)).vip(other)).toMatchObject({ source: 'observed' });
    });

    test('is an address that it claims and one of its real servers answers from', () => {
      const story = claimed(director);
      story.tcp(remote, other).opens([gateway, rs2], [rs2, gateway]);
      expect(roles(story)).toEqual(ofMacs([director], [rs2]));
    });

    test('is an address whose packets it hands on to a real server of its own, even if nothing comes back', () => {
      const story = healthy();
      for (let i = 0; i < 3; i++) story.tcp(remote, other).syn(gateway, director, rs2);
      expect(roles(story)).toEqual(ofMacs([director], [rs2]));
      expect(clusterOf(story).vip(other)).toMatchObject({ services: ['80/tcp'], mode: 'dr' });
    });

    test('is an address that it advertises by VRRP', () => {
      const story = healthy().advert(director, { vrid: 7, priority: 100, vips: [vip, other] });
      expect(roles(story)).toEqual(ofMacs([director], []));
      expect(clusterOf(story).vip(other)).toMatchObject({ source: 'declared' });
    });

    test('is not its own address, whoever claims that too', () => {
      const story = healthy().whoHas(gateway, director.ip).isAt(director, director.ip, gateway).isAt(rs2, director.ip, gateway);
      expect(clusterOf(story).vips.map((v) => v.ip)).toEqual([vip]);
    });

    test('is not the address of a real server that it routes packets to', () => {
      const story = healthy();
      for (let i = 0; i < 3; i++) story.tcp(remote, rs2.ip).opens([gateway, director, rs2], [rs2, director, gateway]);
      expect(clusterOf(story).vips.map((v) => v.ip)).toEqual([vip]);
    });

    test('is not an address that only one of them claims, or a stranger', () => {
      for (const owners of [[director], [rs2], [director, client], [rs2, client]]) {
        expect(clusterOf(claimed(...owners)).vips.map((v) => v.ip)).toEqual([vip]);
      }
    });

    test('is none where the VIPs were given', () => {
      const story = claimed(director, rs2);
      expect(clusterOf(story, given({ vips: [vip] })).vips.map((v) => v.ip)).toEqual([vip]);
    });
  });

  test('a router of the LAN that brings requests to two directors is no director', () => {
    const story = new Story().resolves(gateway, vip, director);
    for (const [lvs, rs] of [
      [director, rs1],
      [backup, rs2],
      [director, rs2],
    ] as const) {
      story.tcp(client, vip).opens([client, gateway, lvs, rs], [rs, client]);
    }
    expect(inferred(story)).toEqual(ofMacs([director, backup], [rs1, rs2]));
    const late = new Story().resolves(gateway, vip, backup);
    late.tcp(client, vip).syn(client, gateway, director);
    for (const rs of [rs1, rs2]) late.tcp(client, vip).opens([client, gateway, backup, rs], [rs, client]);
    expect(inferred(late)).toEqual(ofMacs([backup], [rs1, rs2]));
  });

  test('destinations rewritten to other addresses make NAT, with the rewriting machine as director', () => {
    const story = new Story().resolves(client, vip, director);
    for (const rs of [rs1, rs2]) story.tcp(client, vip).syn(client, director).translated(rs.ip, director, rs);
    const found = clusterOf(story).vip(vip)!;
    expect(found.mode).toBe('nat');
    expect(rolesOf(found)).toEqual(ofMacs([director], [rs1, rs2]));
  });

  test('copies inside tunnels make TUN', () => {
    const story = new Story().resolves(client, vip, director);
    for (const rs of [rs1, rs2]) story.tcp(client, vip).syn(client, director).inTunnel(director, rs).synAck(rs, client);
    const found = clusterOf(story).vip(vip)!;
    expect(found.mode).toBe('tun');
    expect(rolesOf(found)).toEqual(ofMacs([director], [rs1, rs2]));
  });

  test('a director that serves some requests itself is a real server too', () => {
    const story = healthy(new Story(), [rs1]);
    story.tcp(client, vip).opens([client, director], [director, client]);
    expect(inferred(story)).toEqual(ofMacs([director], [director, rs1]));
  });

  test('a director that only answers SSH on the VIP, or refuses what a router brings, is no real server', () => {
    const story = healthy(new Story(), [rs1]);
    story.tcp(client, vip, { port: 22 }).opens([client, director], [director, client]);
    expect(inferred(story)).toEqual(ofMacs([director], [rs1]));
    story.tcp(client, vip, { port: 8080 }).syn(client, gateway, director).refuse(director, client);
    expect(inferred(story)).toEqual(ofMacs([director], [rs1]));
  });

  test('without the director’s egress, what others answer too tells that it serves', () => {
    const story = new Story().resolves(client, vip, director);
    for (const rs of [rs1, rs2]) story.tcp(client, vip).opens([client, director], [rs, client]);
    story.tcp(client, vip, { port: 22 }).opens([client, director], [director, client]);
    expect(inferred(story)).toEqual(ofMacs([director], [rs1, rs2]));
    story.tcp(client, vip).opens([client, director], [director, client]);
    expect(inferred(story)).toEqual(ofMacs([director], [director, rs1, rs2]));
  });

  test('two boxes that hand requests to each other and serve them are directors and real servers both', () => {
    const story = new Story().resolves(client, vip, director);
    story.tcp(client, vip).opens([client, director, backup], [backup, client]);
    story.tcp(client, vip).opens([client, director], [director, client]);
    story.announces(backup, vip).wait(20_000);
    story.tcp(client, vip).opens([client, backup, director], [director, client]);
    story.tcp(client, vip).opens([client, backup], [backup, client]);
    expect(inferred(story)).toEqual(ofMacs([director, backup], [director, backup]));
  });

  test('after a failover both are directors, each in its own time', () => {
    const story = healthy(new Story(), [rs1, rs2]).wait(60_000).announces(backup, vip);
    for (const rs of [rs1, rs2]) story.tcp(client, vip).opens([client, backup, rs], [rs, client]);
    const [first, second] = clusterOf(story).vip(vip)!.directors;
    expect([first!.machine.macs, second!.machine.macs]).toEqual([[director.mac], [backup.mac]]);
    expect(first!.until!).toBeLessThan(second!.from!);
  });

  test('the MAC of a VRRP group stands for its master, who also hands on from his own', () => {
    const virtual: Host = { ...director, mac: version === 4 ? '00:00:5e:00:01:33' : '00:00:5e:00:02:33' };
    const story = new Story().isAt(director, director.ip, client);
    story.advert(director, { vrid: 51, priority: 150, vips: [vip] }, virtual.mac).resolves(client, vip, virtual);
    for (const rs of [rs1, rs2]) {
      const flow = story.tcp(client, vip).syn(client, virtual);
      story.fromTtl(63);
      flow.syn(director, rs);
      story.fromTtl(64);
      flow.synAck(rs, client);
    }
    const found = clusterOf(story).vip(vip)!;
    expect(rolesOf(found)).toEqual(ofMacs([virtual, director], [rs1, rs2]));
    expect(found.directors.find((d) => d.machine.isVirtual)).toMatchObject({ source: 'declared' });
    // It answers SSH on the VIP by its own MAC, which makes it no real server; with the service itself it is one.
    story.tcp(client, vip, { port: 22 }).opens([client, virtual], [director, client]);
    expect(inferred(story)).toEqual(ofMacs([virtual, director], [rs1, rs2]));
    story.tcp(client, vip).opens([client, virtual], [director, client]);
    expect(inferred(story)).toEqual(ofMacs([virtual, director], [director, rs1, rs2]));
  });

  test('VRRP declares the directors of a VIP, also the one that only waits', () => {
    const story = healthy()
      .advert(director, { vrid: 51, priority: 150, vips: [vip] })
      .wait(20_000);
    story.advert(backup, { vrid: 51, priority: 100, vips: [vip] });
    const { directors } = clusterOf(story).vip(vip)!;
    expect(directors.map((d) => [d.machine.macs[0], d.source])).toEqual([
      [director.mac, 'declared'],
      [backup.mac, 'declared'],
    ]);
    expect(directors[1]!.clues).toContain(`sends VRRP adverts for ${vip} (group 51, priority 100)`);
  });

  test('VRRP alone makes no cluster: routers speak it too', () => {
    const story = new Story().advert(gateway, { vrid: 1, priority: 200, vips: [gateway.ip] });
    expect(clusterOf(story).vips).toEqual([]);
  });

  describe('where the frames contradict what was given', () => {
    test('they are believed for the MAC of a machine whose given one never speaks', () => {
      const stale = { ...rs1, mac: '52:54:00:00:ff:01' };
      const found = clusterOf(healthy(), given({ vips: [vip], directors: [director], realServers: [stale, rs2, rs3] })).vip(vip)!;
      expect(rolesOf(found)).toEqual(ofMacs([director], [rs1, rs2, rs3]));
    });

    test('but not when another machine that was given claims its address', () => {
      const dead = { ...rs3, mac: '52:54:00:00:ff:03' };
      const story = healthy(new Story(), [rs1, rs2]).isAt(rs2, rs3.ip, client);
      const found = clusterOf(story, given({ vips: [vip], directors: [director], realServers: [rs1, rs2, dead] })).vip(vip)!;
      expect(rolesOf(found)).toEqual(ofMacs([director], [rs1, rs2, dead]));
    });

    test('a machine that directs and was not given as a director is told of', () => {
      const { contradictions } = clusterOf(healthy(), given({ vips: [vip], directors: [backup] }));
      expect(contradictions).toEqual([
        `${director.mac} was not given as a director of ${vip}, but claims ${vip} and hands its packets on to 3 machines (3 flows)`,
      ]);
      expect(clusterOf(healthy(), given({ vips: [vip], directors: [director] })).contradictions).toEqual([]);
    });
  });

  describe('what was given wins', () => {
    test('over everything that the frames suggest', () => {
      const roles = given({ vips: [vip], directors: [backup], realServers: [rs1] });
      const found = clusterOf(healthy(), roles).vip(vip)!;
      expect(rolesOf(found)).toEqual(ofMacs([backup], [rs1]));
      expect(found.source).toBe('given');
      expect(found.realServers[0]).toMatchObject({
        source: 'given',
        clues: ['given', `gets copies of 1 flow to ${vip}`, expect.anything()],
      });
    });

    test('for the lists that were given; the frames fill the others', () => {
      const found = clusterOf(healthy(), given({ directors: [director] })).vip(vip)!;
      expect(rolesOf(found)).toEqual(ofMacs([director], [rs1, rs2, rs3]));
      expect(found.directors[0]!.source).toBe('given');
      expect(found.realServers[0]!.source).toBe('observed');
    });

    test('where VIPs were given no other address is one', () => {
      const other = version === 4 ? '203.0.113.200' : '2001:db8::200';
      expect(clusterOf(healthy(), given({ vips: [other] })).vips.map((v) => v.ip)).toEqual([other]);
    });

    test('a machine given by its IP gets the MAC that claims it', () => {
      const byIp = { ...given({ vips: [vip] }), realServers: [{ name: 'web1', ips: [rs1.ip], macs: [], active: 'by-vrrp' as const }] };
      const { machine } = clusterOf(healthy(), byIp).vip(vip)!.realServers[0]!;
      expect(machine).toMatchObject({ name: 'web1', macs: [rs1.mac] });
    });

    test('a machine given by an IP that two MACs claim gets neither', () => {
      const byIp = { ...given({ vips: [vip] }), realServers: [{ name: 'web1', ips: [rs1.ip], macs: [], active: 'by-vrrp' as const }] };
      const story = healthy().announces(rs2, rs1.ip);
      expect(clusterOf(story, byIp).vip(vip)!.realServers[0]!.machine.macs).toEqual([]);
    });

    test('gateways that were given are the only ones', () => {
      const story = new Story().resolves(gateway, vip, director);
      for (const rs of [rs1, rs2]) story.tcp(remote, vip).opens([gateway, director, rs], [rs, gateway]);
      const other = host('other', 9, version);
      expect(clusterOf(story, given({ gateways: [other] })).gateways.map((g) => g.machine.macs)).toEqual([[other.mac]]);
    });
  });
});
