/** What facts make of flows: each story of a LAN is one path, with the frames that tell it. */
import { describe, expect, test } from 'vitest';
import { type FlowPath, Observations } from '../../src/cluster/observations.ts';
import { Begun, PathEvent } from '../../src/correlation/paths.ts';
import { parseIp } from '../../src/decoders/address.ts';
import { type Host, lan, Story, type Version } from '../support/story.ts';

const EVENTS = Object.fromEntries(Object.entries(PathEvent).map(([name, value]) => [value, name]));
const BEGUN = Object.fromEntries(Object.entries(Begun).map(([name, value]) => [value, name]));
const VERSIONS = [4, 6] as const satisfies Version[];

describe.each(VERSIONS)('flows (IPv%i)', (version) => {
  const machines = lan(version);
  const { vip, gateway, director, backup, rs1, rs2, client, remote } = machines;
  const names = new Map(Object.values(machines).flatMap((m) => (typeof m === 'string' || m === remote ? [] : [[m.mac, m.name] as const])));

  /** `syn: toward client>director, toward director>rs1` */
  const words = (path: FlowPath) =>
    `${BEGUN[path.begun]}: ${path.steps.map((s) => `${EVENTS[s.event]} ${names.get(s.source)}>${names.get(s.destination)}`).join(', ')}`;
  const observe = (story: Story, known: string[] = []) => new Observations(story.facts(known.map((ip) => parseIp(ip)!)));
  const pathsOf = (story: Story, server = vip) =>
    observe(story)
      .pathsTo(server)
      .map((p) => `${p.flows} ${words(p)}`);
  const there: Host[] = [client, director, rs1];
  const back: Host[] = [rs1, client];

  test('a healthy connection is one path: there over the director, back past it', () => {
    const story = new Story();
    story
      .tcp(client, vip)
      .opens(there, back)
      .data(...there)
      .reply(...back);
    expect(pathsOf(story)).toEqual(['1 syn: toward client>director, toward director>rs1, from rs1>client, established client>director']);
  });

  test('connections that go the same way are counted together, each with its frames', () => {
    const story = new Story();
    for (let i = 0; i < 3; i++) story.tcp(client, vip, { clientPort: 5000 + i }).opens(there, back);
    const [path] = observe(story).pathsTo(vip);
    expect(path).toMatchObject({ flows: 3, port: 80, protocol: 'tcp' });
    expect(path!.examples.map((e) => [e.client, e.clientPort, e.serverPort, e.frames.map((f) => f.frame)])).toEqual([
      [client.ip, 5000, 80, [1, 2, 3, 4]],
      [client.ip, 5001, 80, [6, 7, 8, 9]],
      [client.ip, 5002, 80, [11, 12, 13, 14]],
    ]);
  });

  test('a mirror that shows each frame twice shows an echo on each hop, and the hops as they are', () => {
    const story = new Story();
    const flow = story.tcp(client, vip).syn(client, director);
    story.again();
    flow.syn(director, rs1);
    story.again();
    expect(pathsOf(story)).toEqual(['1 syn: toward client>director, echo client>director, toward director>rs1, echo director>rs1']);
  });

  test('a request that is seen three times on its hop, and on no other, is an echo twice', () => {
    const story = new Story();
    story.tcp(client, vip).syn(client, director).story.again().again();
    expect(pathsOf(story)).toEqual(['1 syn: toward client>director, echo client>director, echoAgain client>director']);
  });

  test('a request that two directors hand to each other goes in circles', () => {
    const story = new Story();
    story.tcp(client, vip).syn(client, director, backup, director, backup);
    expect(pathsOf(story)).toEqual(['1 syn: toward client>director, toward director>backup, toward backup>director, loop director>backup']);
  });

  test('a SYN sent again after a second is a second request of the same flow', () => {
    const story = new Story();
    const flow = story.tcp(client, vip).syn(...there);
    for (const ms of [1000, 2000, 4000]) {
      story.wait(ms);
      flow.syn(...there);
    }
    const [path] = observe(story).pathsTo(vip);
    expect(words(path!)).toBe('syn: toward client>director, toward director>rs1, retry client>director, retryAgain client>director');
  });

  test('a connection seen from its middle on begins in mid-flow', () => {
    const story = new Story();
    story
      .tcp(client, vip)
      .data(...there)
      .reply(...back);
    expect(pathsOf(story)).toEqual(['1 midFlow: toward client>director, toward director>rs1, from rs1>client']);
  });

  test('a connection of which only the answer is seen begins with a reply', () => {
    const story = new Story();
    story.tcp(client, vip).synAck(...back);
    expect(pathsOf(story)).toEqual(['1 reply: from rs1>client']);
  });

  test('a second connection on the same ports is a flow of its own', () => {
    const story = new Story();
    story.tcp(client, vip, { clientPort: 5000, isn: 1 }).opens(there, back);
    story.wait(30_000);
    story.tcp(client, vip, { clientPort: 5000, isn: 2 }).syn(client, director);
    expect(pathsOf(story)).toEqual([
      '1 syn: toward client>director, toward director>rs1, from rs1>client, established client>director',
      '1 reuse: toward client>director',
    ]);
  });

  test('a SYN mends the wrong guess of which end serves, and the guess leaves no path', () => {
    const story = new Story();
    // Mid-flow, the lower port is taken for the service: here it is the client's.
    story.tcp(client, vip, { clientPort: 500, port: 8080, isn: 1 }).data(...there);
    expect(pathsOf(story, client.ip)).toHaveLength(1);
    story.tcp(client, vip, { clientPort: 500, port: 8080, isn: 9000 }).syn(...there);
    expect(pathsOf(story, client.ip)).toEqual([]);
    expect(pathsOf(story)).toHaveLength(1);
  });

  test('a known VIP is the serving end, whatever the ports say', () => {
    const story = new Story();
    story.tcp(client, vip, { clientPort: 500, port: 8080 }).data(...there);
    expect(observe(story, [vip]).pathsTo(vip).map(words)).toEqual(['midFlow: toward client>director, toward director>rs1']);
  });

  test('a request whose destination is rewritten is the same request, translated', () => {
    const story = new Story();
    story.tcp(client, vip).syn(client, director).translated(rs1.ip, director, rs1);
    expect(pathsOf(story)).toEqual(['1 syn: toward client>director, translated director>rs1']);
  });

  test('a datagram whose destination is rewritten within 100 ms by the machine it reached is translated', () => {
    const story = new Story();
    story.udp(client, vip).asks(client, director).translated(rs1.ip, director, rs1);
    expect(pathsOf(story)).toEqual(['1 datagram: toward client>director, translated director>rs1']);
  });

  test.each([
    ['from another machine', (s: Story) => s.udp(client, vip).asks(client, director).translated(rs1.ip, client, rs1)],
    [
      'after more than 100 ms',
      (s: Story) => {
        const flow = s.udp(client, vip).asks(client, director);
        s.wait(101);
        return flow.translated(rs1.ip, director, rs1);
      },
    ],
  ])('the same question to another address %s is another flow', (_, tell) => {
    const story = new Story();
    tell(story);
    expect(pathsOf(story)).toEqual(['1 datagram: toward client>director']);
    expect(pathsOf(story, rs1.ip)).toHaveLength(1);
  });

  test('a SYN-ACK that fits the request but comes from another address answers it from elsewhere', () => {
    const story = new Story();
    story
      .tcp(client, vip)
      .syn(...there)
      .synAckFrom(rs1.ip, ...back);
    expect(pathsOf(story)).toEqual(['1 syn: toward client>director, toward director>rs1, answeredElsewhere rs1>client']);
    expect(pathsOf(story, rs1.ip)).toEqual(['1 reply: from rs1>client']);
  });

  test('a SYN-ACK that acknowledges another sequence number answers somebody else', () => {
    const story = new Story();
    story.tcp(client, vip, { clientPort: 5000, isn: 1 }).syn(...there);
    story.tcp(client, vip, { clientPort: 5000, isn: 2 }).synAckFrom(rs1.ip, ...back);
    expect(pathsOf(story)).toEqual(['1 syn: toward client>director, toward director>rs1']);
  });

  test.each([
    [129_999, true],
    [130_002, false],
  ])('a SYN-ACK from another address %i ms later: it answers the SYN: %s', (ms, answers) => {
    const story = new Story();
    const flow = story.tcp(client, vip).syn(client, director);
    story.wait(ms - 0.1);
    flow.synAckFrom(rs1.ip, ...back);
    expect(pathsOf(story)[0]!.includes('answeredElsewhere')).toBe(answers);
  });

  test.each([
    [29_999, true],
    [30_002, false],
  ])('a datagram from another address %i ms later: it answers the question: %s', (ms, answers) => {
    const story = new Story();
    const flow = story.udp(client, vip).asks(client, director);
    story.wait(ms - 0.1);
    flow.answersFrom(rs1.ip, ...back);
    expect(pathsOf(story)[0]!.includes('answeredElsewhere')).toBe(answers);
  });

  test('a datagram from another address and another port answers nobody', () => {
    const story = new Story();
    story.udp(client, vip, { clientPort: 5000, port: 53 }).asks(...there);
    story.udp(client, vip, { clientPort: 5000, port: 54 }).answersFrom(rs1.ip, ...back);
    expect(pathsOf(story)).toEqual(['1 datagram: toward client>director, toward director>rs1']);
  });

  test('a reset that answers the SYN refuses it; a later one resets the connection', () => {
    const story = new Story();
    story
      .tcp(client, vip)
      .syn(...there)
      .refuse(...back);
    story
      .tcp(client, vip)
      .opens(there, back)
      .reset(...back);
    const [refused, reset] = pathsOf(story);
    expect(refused).toContain('from rs1>client, refused rs1>client');
    expect(reset).toContain('established client>director, reset rs1>client');
  });

  test('a reset from the client’s side is the client’s', () => {
    const story = new Story();
    story.tcp(client, vip).opens(there, back).clientReset(there);
    expect(pathsOf(story)[0]).toMatch(/clientReset client>director, clientReset director>rs1$/);
  });

  test('an ICMP error belongs to the flow that it quotes', () => {
    const story = new Story();
    const flow = story.udp(client, vip).asks(...there);
    story.unreachable(rs1, client, vip, flow.quoted);
    expect(pathsOf(story)).toEqual(['1 datagram: toward client>director, toward director>rs1, unreachable rs1>client']);
  });

  test('an ICMP error about a flow that was never seen tells nothing', () => {
    const story = new Story();
    const unseen = new Story().udp(client, vip, { clientPort: 9 });
    story.udp(client, vip).asks(...there);
    story.unreachable(rs1, client, vip, unseen.quoted);
    expect(pathsOf(story)).toEqual(['1 datagram: toward client>director, toward director>rs1']);
  });

  test('hops inside a tunnel are hops of the same flow', () => {
    const story = new Story();
    story
      .tcp(client, vip)
      .syn(client, director)
      .inTunnel(director, rs1)
      .synAck(...back);
    expect(pathsOf(story)).toEqual(['1 syn: toward client>director, towardInTunnel director>rs1, from rs1>client']);
  });

  test('a full-size segment sent three times is stalled', () => {
    const story = new Story();
    const flow = story.tcp(client, vip).opens(there, back);
    for (const ms of [0, 200, 400]) {
      story.wait(ms);
      flow.fullSegment(...back);
    }
    expect(pathsOf(story)[0]).toMatch(/stalled rs1>client$/);
  });

  test('the same MACs in another VLAN are another hop', () => {
    const story = new Story();
    const flow = story.inVlan(10).tcp(client, vip).syn(client, director);
    story.inVlan(20);
    flow.syn(client, director);
    const [path] = observe(story).pathsTo(vip);
    expect(path!.toward.map((hop) => hop.vlan)).toEqual([10, 20]);
  });

  test('a passage counts its frames, requests and TTLs, with first and last frame', () => {
    const story = new Story();
    for (let i = 0; i < 2; i++) story.tcp(client, vip).opens(there, back);
    const passage = observe(story)
      .passagesOf(vip)
      .find((p) => p.source === director.mac);
    expect(passage).toMatchObject({ destination: rs1.mac, toward: true, tunnel: false, frames: 4, requests: 0, minTtl: 63, maxTtl: 63 });
    expect([passage!.first.frame, passage!.last.frame]).toEqual([2, 10]);
    expect(
      observe(story)
        .passagesOf(vip)
        .find((p) => p.source === client.mac)!.requests,
    ).toBe(2);
  });

  test('a sender whose frames move to another MAC is seen moving, and moving back', () => {
    const story = new Story();
    for (const target of [director, rs2, director]) story.tcp(remote, vip).syn(gateway, target);
    expect(observe(story).movesOf(gateway.mac, vip)).toMatchObject([
      { from: null, to: director.mac, ref: { frame: 1 } },
      { from: director.mac, to: rs2.mac, ref: { frame: 2 } },
      { from: rs2.mac, to: director.mac, ref: { frame: 3 } },
    ]);
  });

  test('of very many moves the first eight and the newest eight are kept, in order', () => {
    const story = new Story();
    for (let i = 0; i < 100; i++) story.tcp(remote, vip).syn(gateway, i % 2 === 0 ? director : rs1);
    const frames = observe(story)
      .movesOf(gateway.mac, vip)
      .map((move) => move.ref.frame);
    expect(frames).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 93, 94, 95, 96, 97, 98, 99, 100]);
  });

  test('the clients of a service are counted once each, however many flows they have', () => {
    const story = new Story();
    for (const from of [client, client, remote]) story.tcp(from, vip).syn(...there);
    story.tcp(client, remote.ip).syn(...there);
    const o = observe(story);
    expect(o.countClients([vip])).toBe(2);
    expect(o.countClients([vip, remote.ip])).toBe(2);
    expect([...o.countClientsOfEach([remote.ip, vip, client.ip])]).toEqual([
      [remote.ip, 1],
      [vip, 2],
      [client.ip, 0],
    ]);
  });

  test('VRRP adverts make a group with its senders, its VIPs and who spoke when', () => {
    const story = new Story();
    const fields = { vrid: 51, vips: [vip] };
    story
      .advert(director, { ...fields, priority: 150 })
      .wait(1000)
      .advert(director, { ...fields, priority: 0 })
      .wait(500);
    story.advert(backup, { ...fields, priority: 100, interval: 200 });
    const { vrrpGroups, about } = Object.assign(observe(story), { about: observe(story).about(vip)! });
    expect(vrrpGroups).toHaveLength(1);
    expect(vrrpGroups[0]).toMatchObject({ vrid: 51, version, vips: [vip], gap: null });
    expect(vrrpGroups[0]!.senders.map((s) => [s.mac, s.ip, s.adverts, s.priority, s.intervalMs])).toEqual([
      [director.mac, director.ip, 2, 0, 1000],
      [backup.mac, backup.ip, 1, 100, 2000],
    ]);
    expect(vrrpGroups[0]!.changes.map((c) => [c.ref.frame, c.sender.mac, c.priority])).toEqual([
      [1, director.mac, 150],
      [2, director.mac, 0],
      [3, backup.mac, 100],
    ]);
    expect(about.macs.map((m) => [m.mac, m.counts.vrrp])).toEqual([
      [director.mac, 1],
      [backup.mac, 1],
    ]);
  });
});
