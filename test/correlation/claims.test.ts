import { describe, expect, test } from 'vitest';
import { Observations } from '../../src/cluster/observations.ts';
import { Claims } from '../../src/correlation/claims.ts';
import { lan, Story, type Version } from '../support/story.ts';

const KEY = [0x01234567, 0x12345678, 0x23456789, 0x3456789a] as const;
const VERSIONS = [4, 6] as const satisfies Version[];
const about = (story: Story, ip: string) => new Observations(story.facts()).about(ip)!;

test('neighbour discovery that was captured without its target says nothing of any address', () => {
  const { client, director, rs1 } = lan(6);
  const story = new Story().resolves(client, director.ip, director).resolves(client, rs1.ip, rs1).announces(rs1, rs1.ip).shortTo(64);
  const claimed = new Observations(story.facts()).claimedIps;
  expect(claimed).toEqual([]);
});

describe.each(VERSIONS)('who says that an address is at a MAC (IPv%i)', (version) => {
  const { vip, client, gateway, director, rs1, rs2 } = lan(version);

  test('an answer is a reply, and knows its question', () => {
    const [claim] = about(new Story().resolves(client, vip, director), vip).macs;
    expect(claim).toMatchObject({ mac: director.mac, counts: { reply: 1, request: 0, gratuitous: 0, vrrp: 0 } });
    expect(claim!.events.reply[0]).toMatchObject({ ref: { frame: 2 }, to: client.mac, request: { frame: 1 } });
  });

  test('who asks says where its own address is', () => {
    const claim = about(new Story().whoHas(rs1, gateway.ip, vip), vip).macs[0]!;
    expect(claim).toMatchObject({ mac: rs1.mac, counts: { reply: 0, request: 1, gratuitous: 0 } });
    expect(claim.events.request[0]!.asksFor).toBe(gateway.ip);
  });

  test('an announcement that nobody asked for is gratuitous', () => {
    const claim = about(new Story().announces(director, vip), vip).macs[0]!;
    expect(claim).toMatchObject({ mac: director.mac, counts: { reply: 0, request: 0, gratuitous: 1 } });
  });

  test('a probe without sender address claims nothing; it is kept as duplicate address detection', () => {
    const seen = about(new Story().probes(rs1, vip), vip);
    expect(seen.macs).toEqual([]);
    expect(seen.detections).toMatchObject([{ mac: rs1.mac, ref: { frame: 1 } }]);
  });

  test('a unicast question shows whom the asker believes', () => {
    const seen = about(new Story().checks(gateway, vip, rs1), vip);
    expect(seen.probes).toMatchObject([{ asker: gateway.mac, asked: rs1.mac, ref: { frame: 1 } }]);
    expect(seen.askings).toMatchObject([{ broadcasts: 0 }]);
  });

  test('two machines that answer one question race, in the order of their answers', () => {
    const story = new Story().whoHas(client, vip).isAt(rs1, vip, client).isAt(director, vip, client).isAt(rs2, vip, client);
    const seen = about(story, vip);
    expect(seen.raceCount).toBe(1);
    expect(seen.races[0]!.answers.map((a) => [a.mac, a.ref.frame])).toEqual([
      [rs1.mac, 2],
      [director.mac, 3],
      [rs2.mac, 4],
    ]);
  });

  test('answers to two questions do not race', () => {
    const story = new Story().resolves(client, vip, rs1).wait(60).resolves(client, vip, director);
    expect(about(story, vip).raceCount).toBe(0);
  });

  test.each([
    [999, 1],
    [1001, 0],
  ])('an answer %i ms after the question gives %i race', (ms, races) => {
    const story = new Story().whoHas(client, vip).isAt(director, vip, client);
    story.wait(ms - 0.2).isAt(rs1, vip, client);
    expect(about(story, vip).raceCount).toBe(races);
  });

  test('the same answer twice within 50 ms is a mirror’s duplicate and counts once', () => {
    const seen = about(new Story().whoHas(client, vip).isAt(director, vip, client).again().wait(60).isAt(director, vip, client), vip);
    expect(seen.macs[0]!.counts.reply).toBe(2);
    expect(seen.raceCount).toBe(0);
  });

  test('the same question twice within 50 ms is asked once', () => {
    const [asking] = about(new Story().whoHas(client, vip).again().wait(60).whoHas(client, vip), vip).askings;
    expect(asking!.broadcasts).toBe(2);
  });

  test('questions in a row without an answer are counted until one comes', () => {
    const story = new Story();
    for (let i = 0; i < 3; i++) story.whoHas(client, vip).wait(1000);
    story.resolves(client, vip, director).wait(1000).whoHas(client, vip);
    const [asking] = about(story, vip).askings;
    expect(asking).toMatchObject({ broadcasts: 5, answered: 1, unanswered: { count: 3, first: { frame: 1 }, last: { frame: 3 } } });
  });

  test('the answer to a unicast question does not shorten the row of broadcast ones before it', () => {
    const story = new Story();
    for (let i = 0; i < 3; i++) story.whoHas(client, vip).wait(1000);
    story.checks(client, vip, director).isAt(director, vip, client);
    expect(about(story, vip).askings[0]!.unanswered).toMatchObject({ count: 3, last: { frame: 3 } });
  });

  test('all that was claimed is also found by MAC', () => {
    const story = new Story().resolves(client, rs1.ip, rs1).announces(rs1, vip);
    expect(new Observations(story.facts()).claimedBy(rs1.mac)).toEqual({ ips: [rs1.ip, vip], more: 0 });
  });
});

test('a gratuitous ARP may be a request or a reply', () => {
  const { vip, director } = lan();
  const story = new Story().announces(director, vip, 'request').announces(director, vip, 'reply');
  expect(about(story, vip).macs[0]!.counts.gratuitous).toBe(2);
});

test('the MAC that an ARP message names counts, and the one that sent it is kept beside it', () => {
  const { vip, client, director, rs1 } = lan();
  const [event] = about(new Story().whoHas(client, vip).isAt(rs1, vip, client, director.mac), vip).log;
  expect(event).toMatchObject({ mac: director.mac, sender: rs1.mac });
});

describe('claims have an end', () => {
  const ref = (frame: number) => ({ point: 0, frame, at: frame * 1e9 });
  const say = (claims: Claims, frame: number, address: number, mac: number) =>
    claims.claim('gratuitous', ref(frame), address, mac, mac, 0xffff_ffff_ffff, -1, 0);
  const framesIn = ({ logs, messages }: Claims, log: number) => logs.entriesOf(log).map((message) => messages.frame(message));

  test('of one address the first 64 MACs are kept, and the others counted', () => {
    const claims = new Claims(KEY);
    for (let mac = 1; mac <= 68; mac++) say(claims, mac, 1, mac);
    expect(claims.countClaims(1)).toBe(64);
    expect(claims.claimsOf(1).map((claim) => claims.pairs.first[claim])).toEqual(Array.from({ length: 64 }, (_, i) => i + 1));
    expect(claims.leftOut(1)).toBe(4);
    expect(claims.forgotten).toBe(4);
  });

  test('of one MAC the first 1,024 addresses are kept, and the others counted', () => {
    const claims = new Claims(KEY);
    for (let address = 1; address <= 1030; address++) say(claims, address, address, 5);
    expect(claims.claimsBy(5).more).toBe(6);
    expect(claims.claimsBy(5).claims.map((claim) => claims.pairs.second[claim])).toEqual(Array.from({ length: 1024 }, (_, i) => i + 1));
    expect(claims.forgotten).toBe(6);
  });

  test('a MAC that says the same a million times takes the room of five', () => {
    const claims = new Claims(KEY);
    for (let i = 0; i < 10_000; i++) say(claims, i, 1, 5);
    const log = claims.events(claims.pairs.find(5, 1), 'gratuitous');
    expect(claims.logs.countOf(log)).toBe(10_000);
    expect(framesIn(claims, log)).toEqual([0, 1, 2, 9998, 9999]);
    expect([...claims.messages]).toHaveLength(64);
  });

  test('of one address the first 64 askers are kept', () => {
    const claims = new Claims(KEY);
    for (let asker = 1; asker <= 100; asker++) claims.ask(ref(asker), asker, 0xffff_ffff_ffff, true, 1, 9);
    expect(claims.askingsOf(1)).toHaveLength(64);
    expect([...claims.messages]).toHaveLength(64);
  });

  test('of one question the first 64 answers are kept, and nothing of them once another was asked and five others are told', () => {
    const claims = new Claims(KEY);
    for (let round = 0; round < 20; round++) {
      claims.ask(ref(round * 10), 7, 0xffff_ffff_ffff, true, 1, 9);
      for (let mac = 100; mac < 170; mac++) {
        claims.claim('reply', { point: 0, frame: round * 10 + 1, at: round * 1e10 + mac }, 1, mac, mac, 7, -1, 0);
      }
    }
    const races = claims.logs.entriesOf(claims.races(1));
    expect(races.map((question) => claims.messages.frame(question))).toEqual([0, 10, 20, 180, 190]);
    expect(claims.logs.countOf(claims.races(1))).toBe(20);
    for (const question of races) expect(claims.logs.entriesOf(claims.messages.detail(question))).toHaveLength(64);
    expect(claims.logs.entriesOf(claims.racers(1))).toHaveLength(64);
    // Five questions with their answers; five replies of each MAC, and the newest ones of all, some of which are those answers.
    expect([...claims.messages].length).toBeLessThan(5 * 65 + 64 * 5 + 64 + 20);
  });

  const ask = (claims: Claims, frame: number, asker: number, address: number) =>
    claims.ask(ref(frame), asker, 0xffff_ffff_ffff, true, address, 9);
  const askersOf = (claims: Claims) => claims.addresses.reduce((sum, address) => sum + claims.askingsOf(address).length, 0);

  test('of very many addresses and askers 49,152 pairs are kept at once, then those that are heard of again, and the others counted', () => {
    const claims = new Claims(KEY);
    for (let i = 0; i < 60_000; i++) ask(claims, i, i, 1 + (i >> 4));
    expect(askersOf(claims)).toBe(49_152);
    expect(claims.forgotten).toBe(60_000 - 49_152);
    for (const _ of [1, 2]) ask(claims, 70_000, 7, 6000);
    const asking = claims.askings.pairs.find(7, 6000);
    expect(claims.askings.broadcasts(asking)).toBe(1);
    for (let i = 0; i < 60_000; i++) ask(claims, 80_000 + i, i >> 1, 10_000 + (i >> 1));
    expect(askersOf(claims)).toBe(65_536);
    ask(claims, 200_000, 7, 6000);
    expect(claims.askings.broadcasts(asking)).toBe(2);
  });

  test('of very many addresses that are claimed again and again few claims are kept, the first and the newest, and all are counted', () => {
    const claims = new Claims(KEY);
    for (let round = 0; round < 20; round++) {
      for (let address = 1; address <= 20_000; address++) say(claims, round * 20_000 + address, address, 1 + (address >> 3));
    }
    expect([...claims.messages].length).toBeLessThan(1 << 18);
    const frames = framesIn(claims, claims.log(20_000));
    expect([...frames.slice(0, 3), frames.at(-1)]).toEqual([20_000, 40_000, 60_000, 400_000]);
    expect(frames.length).toBeLessThan(10);
    expect(claims.logs.countOf(claims.events(claims.pairs.find(2501, 20_000), 'gratuitous'))).toBe(20);
  });

  test('once all logs together are full, a claim is not admitted, and a kind of message that was not heard before is not counted', () => {
    const claims = new Claims(KEY);
    let frame = 0;
    for (const kind of ['gratuitous', 'gratuitous', 'gratuitous', 'gratuitous', 'told', 'request', 'vrrp'] as const) {
      for (let address = 1; address <= 32_000; address++) {
        for (const mac of [2 * address, 2 * address + 1]) {
          const [said, sender] = kind === 'told' ? (['gratuitous', 1] as const) : [kind, mac];
          claims.claim(said, ref(++frame), address, mac, sender, 0, -1, 0);
        }
      }
    }
    expect(claims.logs.hasRoom).toBe(false);
    const { forgotten } = claims;
    claims.claim('reply', ref(++frame), 1, 2, 2, 7, -1, 0);
    claims.claim('reply', ref(++frame), 32_001, 1, 1, 7, -1, 0);
    expect(claims.forgotten).toBe(forgotten + 2);
    expect(claims.logs.countOf(claims.events(claims.pairs.find(2, 1), 'reply'))).toBe(0);
    expect([claims.countClaims(32_001), claims.leftOut(32_001)]).toEqual([0, 1]);
    expect(claims.last(claims.pairs.find(2, 1)).frame).toBe(frame - 1);
  });
});
