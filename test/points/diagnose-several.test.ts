/** What several captures decide that none decides alone, and what even they do not. */
import { describe, expect, test } from 'vitest';
import { given } from '../support/judged.ts';
import { byClock, onAny, part, seenAt } from '../support/local-captures.ts';
import { lan, Story } from '../support/story.ts';
import { toldCulprits } from '../support/told-culprits.ts';
import { captureOf, diagnoseTogether } from './several.ts';

const { vip, director, gateway, rs1, rs2, client, remote } = lan();
const roles = given({ vips: [vip], directors: [director], realServers: [rs1, rs2] });

/** rs1 answers, rs2 gets its requests and says nothing. */
function rs2IsMute(): Story {
  const story = new Story().resolves(client, vip, director);
  for (let i = 0; i < 5; i++) {
    story.tcp(client, vip).opens([client, director, rs1], [rs1, client]).story.wait(50);
    story.tcp(client, vip).syn(client, director, rs2).story.wait(50);
  }
  return story.whoHas(rs2, director.ip).whoHas(rs1, director.ip);
}

describe('a real server that does not answer', () => {
  const all = rs2IsMute().pcap();
  const at = (mac: string) => seenAt(mac, all, 20_000);

  test('is not told by the director’s capture alone, but together with its own', async () => {
    const alone = await diagnoseTogether({ 'director=d.pcap': at(director.mac), 'real-server=r1.pcap': at(rs1.mac) }, roles);
    expect(toldCulprits(alone)).toEqual([]);
    expect(alone.verdicts).toContainEqual(expect.objectContaining({ rule: 'rs-no-reply', subject: rs2.ip, verdict: 'not judged' }));
    const together = await diagnoseTogether({ 'director=d.pcap': at(director.mac), 'real-server=r2.pcap': at(rs2.mac) }, roles);
    expect(toldCulprits(together)).toEqual([`rs-no-reply ${rs2.mac}`]);
  });

  test('is told where all who would get its answers captured', async () => {
    const together = await diagnoseTogether({ 'director=d.pcap': at(director.mac), 'client=c.pcap': at(client.mac) }, roles);
    expect(toldCulprits(together)).toEqual([`rs-no-reply ${rs2.mac}`]);
  });

  test('is told with a clock that is wrong by a minute', async () => {
    const wrong = byClock(at(rs2.mac), { ahead: 61.5, ppm: -40 });
    const together = await diagnoseTogether({ 'director=d.pcap': at(director.mac), 'real-server=r2.pcap': wrong }, roles);
    expect(toldCulprits(together)).toEqual([`rs-no-reply ${rs2.mac}`]);
    expect(captureOf(together, 'r2.pcap').clockOffset).toBeCloseTo(61.5, 3);
    expect(captureOf(together, 'r2.pcap').clock).toMatchObject({ reference: 'd.pcap' });
    expect(captureOf(together, 'd.pcap')).toMatchObject({ clockOffset: 0, part: 'merged', point: 'director' });
  });

  test('is told by a capture with -i any on the director beside Ethernet ones', async () => {
    const files = {
      'director=d.pcap': onAny(director.mac, at(director.mac)),
      'client=c.pcap': at(client.mac),
      'real-server=r2.pcap': at(rs2.mac),
    };
    const together = await diagnoseTogether({ ...files, 'real-server=r1.pcap': at(rs1.mac) }, roles);
    expect(toldCulprits(together)).toEqual([`rs-no-reply ${rs2.mac}`]);
    expect(together.notices.map((n) => n.notice)).not.toContain('no-destination-mac');
  });

  test('is told by files that the director’s capture was rotated into', async () => {
    const early = part(at(director.mac), (ns) => ns < 250e6);
    const late = part(at(director.mac), (ns) => ns >= 250e6);
    const together = await diagnoseTogether(
      { 'director=d0.pcap': early, 'director=d1.pcap': late, 'real-server=r2.pcap': at(rs2.mac) },
      roles,
    );
    expect(toldCulprits(together)).toEqual([`rs-no-reply ${rs2.mac}`]);
    expect(together.captures.map((c) => c.point)).toEqual(['director', 'director', 'real-server']);
    const inferred = await diagnoseTogether({ 'd0.pcap': early, 'd1.pcap': late, 'r2.pcap': at(rs2.mac) }, roles);
    expect(toldCulprits(inferred)).toEqual([`rs-no-reply ${rs2.mac}`]);
  });

  test('is not told of requests that came while its capture was not running yet', async () => {
    const late = part(at(rs2.mac), (ns) => ns >= 450e6);
    const together = await diagnoseTogether({ 'director=d.pcap': at(director.mac), 'real-server=r2.pcap': late }, roles);
    expect(toldCulprits(together)).toEqual([]);
    expect(together.notices.map((n) => n.notice)).toContain('not-all-running');
  });

  test('is not told where its capture lies at another time', async () => {
    const other = byClock(
      part(at(rs2.mac), (_, bytes) => bytes[0] !== 0xff && bytes[11] === rs2MacEnd),
      { ahead: 3600 },
    );
    const together = await diagnoseTogether(
      { 'director=d.pcap': part(at(director.mac), (_, b) => b[0] !== 0xff), 'real-server=r2.pcap': other },
      roles,
    );
    expect(toldCulprits(together)).toEqual([]);
  });
});

/** Last byte of the MAC of rs2. */
const rs2MacEnd = Number.parseInt(rs2.mac.slice(-2), 16);

describe('captures that do not belong together', () => {
  test('of two LANs are not mixed: that of the client beyond the gateway is left out, and said', async () => {
    const story = new Story().resolves(gateway, vip, director);
    for (let i = 0; i < 4; i++) story.tcp(remote, vip).opens([gateway, director, rs1], [rs1, gateway]).story.wait(20);
    const all = story.pcap();
    const far = { ...remote, mac: '52:54:00:00:00:77' };
    const outside = { ...gateway, mac: '52:54:00:00:00:78' };
    const beyond = new Story();
    for (let i = 0; i < 4; i++) beyond.tcp(far, vip).syn(far, outside).story.wait(20);
    const together = await diagnoseTogether({
      'd.pcap': seenAt(director.mac, all),
      'r.pcap': seenAt(rs1.mac, all),
      'far.pcap': beyond.pcap(),
    });
    expect(captureOf(together, 'far.pcap')).toMatchObject({ part: 'elsewhere', clockOffset: null, clock: null });
    expect(together.notices.find((n) => n.notice === 'other-lan')?.message).toMatch(/^far\.pcap has no machine in common/);
    expect(together.paths.flatMap((p) => p.captures ?? [])).not.toContain('far.pcap');
  });

  test('of one LAN without a common frame count, but nothing is missing in them, and the order is said not to be known', async () => {
    const all = part(rs2IsMute().pcap(), (_, bytes) => bytes[0] !== 0xff);
    const together = await diagnoseTogether({ 'r1.pcap': seenAt(rs1.mac, all), 'r2.pcap': seenAt(rs2.mac, all) }, roles);
    expect(together.captures.map((c) => c.part).sort()).toEqual(['merged', 'unordered']);
    expect(together.notices.map((n) => n.notice)).toContain('order-not-known');
    expect(together.captures.every((c) => c.frames > 0)).toBe(true);
  });

  test('of which one is empty are those that are not', async () => {
    const all = rs2IsMute().pcap();
    const together = await diagnoseTogether({ 'mirror=m.pcap': all, 'none.pcap': part(all, () => false) }, roles);
    expect(toldCulprits(together)).toEqual([`rs-no-reply ${rs2.mac}`]);
    expect(captureOf(together, 'none.pcap')).toMatchObject({ part: 'empty', frames: 0, first: null });
  });
});

test('frames of captures with the same name are told by their paths', async () => {
  const all = rs2IsMute().pcap();
  const together = await diagnoseTogether({ 'd/eth0.pcap': seenAt(director.mac, all), 'r/eth0.pcap': seenAt(rs2.mac, all) }, roles);
  expect(together.captures.map((c) => c.name)).toEqual(['d/eth0.pcap', 'r/eth0.pcap']);
  expect(together.findings[0]?.message).toMatch(/frame \d+ of d\/eth0\.pcap/);
});
