/** What must be known about a capture: each notice where it helps, and none where it would only be noise. */
import { describe, expect, test } from 'vitest';
import type { CaptureInfo } from '../../src/capture/frame.ts';
import type { CapturePart, CaptureSummary } from '../../src/diagnosis.ts';
import { noticesOf } from '../../src/rules/notices.ts';
import { arp, ip, tcp } from '../support/frame-bytes.ts';
import { healthy } from '../support/healthy.ts';
import { type Beside, caseOf, given } from '../support/judged.ts';
import { lan, Story } from '../support/story.ts';

const { vip, gateway, director, rs1, rs2, client, remote } = lan();
const roles = given({ vips: [vip], directors: [director], realServers: [rs1, rs2] });

/** A whole capture file without a word about itself. */
const WHOLE: CaptureInfo = {
  name: 'story.pcap',
  format: 'pcap',
  compression: null,
  linkTypes: [1],
  snapLength: 0,
  frames: 9,
  skippedFrames: 0,
  bytes: 900,
  storedBytes: 900,
  storedBytesRead: 900,
  cutOff: false,
  damage: null,
  dropped: null,
};

/** The notices of a story: name and message. */
function notes(story: Story, { file = {}, ...beside }: Beside & { file?: Partial<CaptureInfo> } = {}): Record<string, string> {
  const found = noticesOf(caseOf(story, beside), [{ ...WHOLE, ...file }], []);
  return Object.fromEntries(found.map(({ notice, message }) => [notice, message]));
}

/** Datagrams of one client to the VIP, without any ARP. */
function datagrams(count: number, to = vip): Story {
  const story = new Story();
  for (let i = 0; i < count; i++) story.udp(client, to).asks(client, director);
  return story;
}

test('a healthy cluster on a mirror port needs no notice', () => {
  expect(notes(healthy())).toEqual({});
  expect(notes(healthy({ version: 6 }))).toEqual({});
});

test('a capture with -i any shows no destination MAC', () => {
  expect(notes(healthy().onAny())['no-destination-mac']).toMatch(/^\d+ frames carry no destination MAC \(captured with -i any\)/);
});

describe('a mirror that doubles', () => {
  /** Datagrams of which some come twice on the same hop. */
  const doubled = (count: number, twice: number) => {
    const story = new Story();
    for (let i = 0; i < count; i++) {
      story.udp(client, vip).asks(client, director);
      if (i < twice) story.again();
    }
    return notes(story)['mirror-duplicates'];
  };

  test('shows more than a quarter of all datagrams twice', () => {
    expect(doubled(16, 5)).toBe(
      '5 of the compared datagrams were captured twice on the same hop, as a mirror of both directions does; they count once.',
    );
    expect(doubled(16, 4)).toBeUndefined();
  });

  test('is not known by three datagrams', () => {
    expect(doubled(4, 4)).toBeDefined();
    expect(doubled(3, 3)).toBeUndefined();
  });
});

test('segments larger than the wire carries were captured on a host', () => {
  const ofLength = (length: number) => {
    const segment = tcp({ from: 40_000, to: 80, flags: '.', length: length - 40 });
    return notes(healthy().send(gateway.mac, director.mac, ip(remote.ip, vip, segment)));
  };
  expect(ofLength(1500)).toEqual({});
  expect(ofLength(1501)['offload-frames']).toMatch(/^1 TCP segment is larger than 1500 bytes/);
});

describe('a snapshot length', () => {
  test.each([
    [85, true],
    [86, false],
    [262_144, false],
    [0, false],
  ])('of %i bytes is too short: %s', (snapLength, isShort) => {
    expect('short-snaplen' in notes(healthy(), { file: { snapLength } })).toBe(isShort);
  });
});

describe('one direction of the VIP’s traffic', () => {
  test('is healthy when it is that of the requests', () => {
    const story = healthy({ connections: 0 });
    story.tcp(remote, vip).syn(gateway, director, rs1);
    expect(notes(story, { given: roles })).toEqual({
      'one-sided': `No packet from ${vip} is in the capture: at a director that is direct routing, and says nothing about the answers.`,
    });
  });

  test('leaves requests undecided when it is that of the answers', () => {
    const story = healthy({ connections: 0 });
    story.tcp(remote, vip).synAck(rs1, gateway);
    expect(notes(story, { given: roles })).toEqual({
      'one-sided': `No packet to ${vip} is in the capture: requests cannot be judged.`,
    });
  });

  test('is not missed where the VIP has no traffic at all', () => {
    expect(notes(healthy({ connections: 0 }), { given: roles })).toEqual({});
  });
});

describe('a capture without ARP', () => {
  /** A connection over the director, and one to a real server’s own address. */
  const connections = () => {
    const story = new Story();
    story.tcp(remote, vip).opens([gateway, director, rs1], [rs1, gateway]);
    story.tcp(remote, rs2.ip).opens([gateway, rs2], [rs2, gateway]);
    return story;
  };

  test('cannot show who claims the VIP', () => {
    expect(Object.keys(notes(connections()))).toEqual(['no-arp']);
  });

  test('is one without neighbour discovery, too', () => {
    const six = lan(6);
    const story = new Story();
    story.tcp(six.remote, six.vip).opens([six.gateway, six.director, six.rs1], [six.rs1, six.gateway]);
    expect(notes(story)).toHaveProperty('no-arp');
    expect(notes(story.whoHas(six.gateway, six.vip))).not.toHaveProperty('no-arp');
  });

  test('holds packets: an empty one says nothing', () => {
    expect(notes(new Story())).toEqual({});
  });

  test('holds none, not even one that claims nothing', () => {
    const nobody = { senderMac: rs1.mac, senderIp: '0.0.0.0', targetMac: client.mac, targetIp: client.ip };
    const claimless = () => arp({ operation: 'reply', ...nobody });
    expect(notes(connections().send(rs1.mac, client.mac, claimless()))).toEqual({});
    expect(notes(datagrams(20).send(rs1.mac, client.mac, claimless()))).not.toHaveProperty('filtered-capture');
  });
});

test('the frames that the capturing system dropped are told', () => {
  expect(notes(healthy(), { file: { dropped: 0 } })).toEqual({});
  expect(notes(healthy(), { file: { dropped: 3 } })['dropped-frames']).toMatch(/^The capturing system dropped 3 frames:/);
});

test('frames that bear an earlier time than one before them are told', () => {
  const story = healthy().wait(-1000);
  expect(notes(story)).toEqual({});
  expect(notes(story.whoHas(client, gateway.ip))['time-disorder']).toMatch(/^1 frame bears /);
});

describe('a file that was not read to its end', () => {
  test('ends inside a record', () => {
    expect(notes(healthy(), { file: { cutOff: true, frames: 7 } })).toEqual({
      'file-cut-off': 'The file ends inside a record: judged up to frame 7, the last whole one.',
    });
  });

  test('is damaged', () => {
    expect(notes(healthy(), { file: { damage: 'Frame 8 is 4 GB long.' } })).toEqual({ 'file-cut-off': 'Frame 8 is 4 GB long.' });
  });
});

describe('a capture filtered to one address', () => {
  test('is recognised by twenty packets that all concern it, without ARP', () => {
    expect(notes(datagrams(20))).toEqual({
      'filtered-capture': expect.stringMatching(new RegExp(`^All 20 packets concern ${vip} and there is no ARP:`)),
    });
    expect(notes(datagrams(19))).not.toHaveProperty('filtered-capture');
  });

  test('has no ARP and no neighbour discovery', () => {
    expect(notes(datagrams(20).whoHas(client, vip))).not.toHaveProperty('filtered-capture');
    const six = lan(6);
    const story = datagrams(20, six.vip);
    expect(notes(story)).toHaveProperty('filtered-capture');
    expect(notes(story.whoHas(six.client, six.vip))).not.toHaveProperty('filtered-capture');
  });

  test('holds one server’s packets alone', () => {
    const story = datagrams(20);
    story.udp(client, rs1.ip).asks(client, rs1);
    expect(notes(story)).not.toHaveProperty('filtered-capture');
  });

  test('is not known by a capture that says still less, with -i any', () => {
    expect(Object.keys(notes(datagrams(20).onAny()))).toEqual(['no-destination-mac', 'no-arp']);
  });
});

describe('a capture beyond the gateway', () => {
  /** A connection to the VIP as it passes between a client and a router elsewhere. */
  const beyond = () => {
    const router = { name: 'router', mac: '52:54:00:00:09:01', ip: '198.51.100.1' };
    const far = { ...remote, mac: '52:54:00:00:09:07' };
    const story = new Story().resolves(far, router.ip, router);
    story.tcp(far, vip).syn(far, router);
    return story;
  };
  const isBeyond = (story: Story, who = roles) => 'not-on-cluster-lan' in notes(story, { given: who });

  test('holds no frame of the cluster’s machines', () => {
    expect(isBeyond(beyond())).toBe(true);
  });

  test('is not one with a request to a director or an answer of a real server', () => {
    const request = beyond();
    request.tcp(remote, vip).syn(gateway, director);
    expect(isBeyond(request)).toBe(false);
    const answer = beyond();
    answer.tcp(remote, vip).synAck(rs1, gateway);
    expect(isBeyond(answer)).toBe(false);
  });

  test('is not known without the VIP’s traffic, without anybody’s role, without destinations', () => {
    expect(isBeyond(new Story().resolves(gateway, client.ip, client))).toBe(false);
    expect(isBeyond(beyond(), given({ vips: [vip] }))).toBe(false);
    expect(isBeyond(beyond().onAny())).toBe(false);
  });
});

describe('a given address', () => {
  const contradicted = (story: Story, who = roles) => notes(story, { given: who })['given-role-contradicted'];

  test('that the frames show at another MAC is contradicted', () => {
    expect(contradicted(new Story().resolves(gateway, director.ip, client))).toBe(
      `${director.ip} was given as ${director.mac}, but the frames show it at ${client.mac}.`,
    );
  });

  test('that the frames show where it was given, or nowhere, is not', () => {
    expect(contradicted(new Story().resolves(gateway, director.ip, director))).toBeUndefined();
    // Announced, but not in use.
    expect(contradicted(new Story().announces(client, director.ip))).toBeUndefined();
    expect(contradicted(new Story())).toBeUndefined();
  });

  test('without a MAC is learned, not contradicted', () => {
    const learned = { ...roles, directors: roles.directors.map((d) => ({ ...d, macs: [] })) };
    expect(contradicted(new Story().resolves(gateway, director.ip, director), learned)).toBeUndefined();
  });
});

describe('captures that share no frame', () => {
  const second = (n: number) => `2026-11-20T08:00:0${n}.000000000Z`;
  const capture = (name: string, part: CapturePart, first: number, last: number): CaptureSummary => ({
    name,
    point: null,
    format: 'pcap',
    linkType: 'ethernet',
    frames: 9,
    bytes: 900,
    first: second(first),
    last: second(last),
    cutOff: false,
    dropped: null,
    clockOffset: null,
    part,
  });
  const told = (...captures: CaptureSummary[]) =>
    noticesOf(caseOf(healthy()), [WHOLE], captures).find(({ notice }) => notice === 'order-not-known')?.message;
  const merged = capture('mirror.pcap', 'merged', 3, 5);

  test.each([
    ['before the others', 1, 2, true],
    ['until the others begin', 1, 3, false],
    ['meanwhile', 4, 4, false],
    ['from where the others end', 5, 7, false],
    ['after the others', 6, 7, true],
  ])('%s are told as such', (_, first, last, isAtAnotherTime) => {
    const message = told(merged, capture('rs1.pcap', 'unordered', first, last))!;
    expect(message).toMatch(/^No frame of rs1.pcap is in the other captures/);
    expect(message.includes('at another time')).toBe(isAtAnotherTime);
  });

  test('are not meanwhile to each other, but to those whose order is known', () => {
    const message = told(merged, capture('rs1.pcap', 'unordered', 7, 8), capture('rs2.pcap', 'unordered', 7, 8))!;
    expect(message).toMatch(/^No frame of rs1.pcap, rs2.pcap is in the other captures, and were taken at another time:/);
  });

  test('are not told where there are none', () => {
    expect(told(merged, merged)).toBeUndefined();
  });
});

test('frames that were chosen are told, but not where all were', () => {
  const told = (taken: number) =>
    noticesOf(caseOf(healthy()), [WHOLE], [], { seen: 9, taken, options: { typed: '--since 3s' } }).map(({ message }) => message);
  expect(told(4)).toEqual([expect.stringMatching(/^Judged are 4 of the 9 frames that were read, chosen by --since 3s:/)]);
  expect(told(9)).toEqual([]);
});

test('frames that contradict themselves are told', () => {
  const headerOfThreeWords = { type: 0x0800, bytes: [0x43, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0, 203, 0, 113, 13, 203, 0, 113, 100] };
  expect(notes(healthy().send(client.mac, director.mac, headerOfThreeWords))['undecodable-frames']).toMatch(
    /^1 frame could not be decoded/,
  );
});
