import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { emptyFrame } from '../../../src/capture/frame.ts';
import { type LiveOptions, openLive } from '../../../src/capture/live/open-live.ts';
import { parseDrops } from '../../../src/capture/live/tcpdump.ts';
import { UsageError } from '../../../src/usage-error.ts';
import { frameOf, joined, pcapHeader, pcapRecord } from '../capture-bytes.ts';
import { fakeTcpdump, noTcpdump } from './fake-tcpdump.ts';

/** Writes two frames, then waits to be ended as the real one does. */
const CAPTURES = `
echo "$@" > "$HERE/arguments"
counts() { echo 'tcpdump: 12 packets captured, 15 packets received by filter, 3 packets dropped by kernel, 2 packets dropped by interface' >&2; }
trap counts USR1
trap 'echo ended > "$HERE/ended"; exit 0' TERM
cat "$HERE/frames"
while :; do sleep 0.02; done`;

const FRAMES = joined(
  pcapHeader({ magic: 0xa1b23c4d, snapLength: 256 }),
  pcapRecord({ seconds: 1_800_000_000, fraction: 123_456_789, data: frameOf(60, 1) }),
  pcapRecord({ seconds: 1_800_000_001, fraction: 5, data: frameOf(61, 2) }),
);

function openTcpdump(options: Partial<LiveOptions> = {}) {
  return openLive({ interface: 'lo', backend: 'tcpdump', ...options });
}

async function sentence(opening: Promise<unknown>): Promise<string> {
  const error = await opening.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof UsageError)) throw new Error(`expected a UsageError, not ${error}`);
  return error.message;
}

describe('tcpdump as a child', () => {
  test('gives frames to the nanosecond, answers for its drops, and is ended by us', async () => {
    const here = fakeTcpdump(CAPTURES);
    writeFileSync(join(here, 'frames'), FRAMES);
    const source = await openTcpdump({ filter: 'arp', snapLength: 200, point: 3 });
    expect(source).toMatchObject({ backend: 'tcpdump', interface: 'lo', linkType: 1, filter: 'arp', direction: 'unknown' });
    expect(source.why).toBe('tcpdump was asked for. It does not tell the direction of frames.');
    expect(source.info).toMatchObject({ name: 'lo', format: 'live' });
    const frame = emptyFrame();
    const times: number[][] = [];
    while (times.length < 2) {
      if (source.next(frame)) times.push([frame.number, frame.seconds, frame.nanoseconds, frame.wireLength, frame.point]);
      else expect(await source.more()).toBe(true);
    }
    expect(times).toEqual([
      [1, 1_800_000_000, 123_456_789, 60, 3],
      [2, 1_800_000_001, 5, 61, 3],
    ]);
    expect(await source.drops()).toEqual({ received: 15, droppedByKernel: 3, droppedByInterface: 2 });
    expect(source.info.dropped).toBe(3);
    await source.close();
    expect(await source.more()).toBe(false);
    expect(readFileSync(join(here, 'ended'), 'utf8')).toBe('ended\n');
    expect(readFileSync(join(here, 'arguments'), 'utf8').trim()).toBe(
      '-i lo -n -U --immediate-mode --time-stamp-precision=nano -s 200 -B 65536 -w - -- arp',
    );
  });

  test('an interrupt ends the wait', async () => {
    const here = fakeTcpdump(CAPTURES);
    writeFileSync(join(here, 'frames'), pcapHeader());
    const stop = new AbortController();
    const source = await openTcpdump({ signal: stop.signal });
    expect(source.next(emptyFrame())).toBe(false);
    const more = source.more();
    stop.abort();
    expect(await more).toBe(false);
    await source.close();
  });

  test('when it ends by itself, its reason is told after the last frame', async () => {
    const here = fakeTcpdump(`cat "$HERE/frames"; echo 'tcpdump: pcap_loop: Input/output error' >&2; exit 1`);
    writeFileSync(join(here, 'frames'), FRAMES);
    const source = await openTcpdump();
    const frame = emptyFrame();
    let frames = 0;
    const reading = (async () => {
      do while (source.next(frame)) frames += 1;
      while (await source.more());
    })();
    expect(await sentence(reading)).toBe('tcpdump ended, and the capture on lo with it (pcap_loop: Input/output error): start again.');
    expect(frames).toBe(2);
    await source.close();
  });
});

describe('what tcpdump says when it cannot begin', () => {
  test.each([
    [
      "tcpdump: lo: You don't have permission to perform this capture on that device\n(socket: Operation not permitted)",
      'no frame of lo can be captured (tcpdump: this user may not capture); run with sudo, or once: sudo setcap cap_net_raw+ep "$(readlink -f "$(which tcpdump)")".',
    ],
    [
      'tcpdump: lo: That device is not up',
      'the interface lo is down, so no frame comes; one that is up was expected: sudo ip link set lo up.',
    ],
    [
      "tcpdump: can't parse filter expression: syntax error",
      "the filter 'arp (' is not understood (can't parse filter expression: syntax error); a filter in the pcap language was expected, such as 'arp or port 80': see man pcap-filter.",
    ],
    ['tcpdump: lo: something new', 'no frame of lo can be captured (tcpdump: libpcap says: lo: something new); use another --backend.'],
  ])('%s', async (said, told) => {
    const here = fakeTcpdump('cat "$HERE/said" >&2; exit 1');
    writeFileSync(join(here, 'said'), `${said}\n`);
    expect(await sentence(openTcpdump({ filter: 'arp (' }))).toBe(told);
  });

  test('an interface that is not there is told with those that are', async () => {
    fakeTcpdump("echo 'tcpdump: lo0: No such device exists' >&2; echo '(No such device exists)' >&2; exit 1");
    expect(await sentence(openTcpdump({ interface: 'lo0' }))).toMatch(
      /^there is no interface 'lo0' here; one of .*\blo\b.* was expected: did you mean lo\?$/,
    );
  });

  test('a program of that name that writes something else', async () => {
    fakeTcpdump('echo "this is not the tcpdump that you are looking for"');
    expect(await sentence(openTcpdump())).toBe(
      'no frame of lo can be captured (tcpdump: what tcpdump writes is no pcap); check which program tcpdump is.',
    );
  });

  test('without tcpdump', async () => {
    noTcpdump();
    expect(await sentence(openTcpdump())).toBe(
      'no frame of lo can be captured (tcpdump: tcpdump is not installed); apt-get install tcpdump.',
    );
  });
});

test.each([
  ['tcpdump: 12 packets captured, 15 packets received by filter, 3 packets dropped by kernel', 15, 3, 0],
  ['12 packets captured\n1 packet received by filter\n1 packet dropped by kernel\n4 packets dropped by interface\n', 1, 1, 4],
  [
    'tcpdump: 1 packet captured, 1 packet received by filter, 0 packets dropped by kernel\ntcpdump: 9 packets captured, 9 packets received by filter, 2 packets dropped by kernel\n',
    9,
    2,
    0,
  ],
])('the counts in "%s"', (said, received, droppedByKernel, droppedByInterface) => {
  expect(parseDrops(said)).toEqual({ received, droppedByKernel, droppedByInterface });
});

test('without counts there are none', () => {
  expect(parseDrops('tcpdump: listening on lo, link-type EN10MB (Ethernet), snapshot length 256 bytes')).toBeNull();
});
