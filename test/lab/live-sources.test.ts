/** Every way to capture live, on a real interface: a veth pair in a network namespace of its own. Needs root, and is skipped elsewhere. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { compilePlainFilter } from '../../src/capture/live/frame-filter.ts';
import { BACKENDS, type Backend } from '../../src/capture/live/live-source.ts';
import { liveFilter } from '../../src/cluster/live-filter.ts';
import { runProgram } from '../capture/live/bpf-machine.ts';
import { readCapture } from '../capture/read-capture.ts';
import { FIXTURES, givenOf, truthOf } from '../support/fixtures.ts';
import { buildProbe, installedBackends, type ToldFrame, Wire, whyNoLab } from './live-lab.ts';

const impossible = whyNoLab();
if (impossible !== null) console.log(`Live sources are not tested on real interfaces: ${impossible}.`);
const installed = installedBackends();
for (const backend of BACKENDS.filter((name) => !installed.includes(name))) {
  console.log(`The backend ${backend} is not tested: its package or program is not installed.`);
}
/** Those that go on when the interface was down, and count what was lost. cap does neither: its library ends the process instead. */
const reliable = installed.filter((backend) => backend !== 'cap');
const NODE = process.execPath;
const canOthersRun = impossible === null && spawnSync('runuser', ['-u', 'nobody', '--', NODE, '--version']).status === 0;
if (impossible === null && !canOthersRun) console.log(`Other users are not tested: nobody may not run ${NODE}.`);

let probe: Awaited<ReturnType<typeof buildProbe>>;
let wire: Wire;

/** A frame that no capture holds; when it is seen, all before it have come. */
const LAST = '0200000000aa0200000000bb88b5'.padEnd(120, '5a');
/** Between machines of which no cluster knows. */
const FOREIGN = `0200000000aa0200000000bb0800450000200000000040110000${'0a090909'}${'0a090908'}${'03e803e9000c0000'}00000000`;

async function framesOf(...names: string[]): Promise<string[]> {
  const captures = await Promise.all(names.map((name) => readCapture(join(FIXTURES, name, 'mirror.pcap'))));
  return captures.flatMap(({ frames }) => frames.map(({ data }) => Buffer.from(data).toString('hex')));
}

function hexOf(frames: readonly ToldFrame[]): string[] {
  return frames.map(({ hex }) => hex);
}

describe.skipIf(impossible !== null)('a live source', () => {
  beforeAll(async () => {
    probe = await buildProbe();
  });
  afterAll(() => probe.remove());
  beforeEach(() => {
    wire = new Wire(probe.folder);
  });
  afterEach(() => wire.remove());

  describe.each(installed)('%s', (backend) => {
    test('sees every frame byte for byte, with its VLAN tag, in order of time', async () => {
      const sent = await framesOf('healthy-vlan', 'healthy-ipv6', 'rs-answers-arp-t5');
      expect(sent.some((hex) => hex.startsWith('8100', 24))).toBe(true);
      const live = wire.probe({ backend });
      expect(await live.isOpen()).toMatchObject({ open: backend, linkType: 1 });
      const before = Date.now() / 1000;
      wire.send('there', [...sent, LAST]);
      await live.until(() => live.frames.some(({ hex }) => hex === LAST));
      expect(hexOf(live.frames)).toEqual([...sent, LAST]);
      expect(live.frames.map(({ number }) => number)).toEqual(live.frames.map((_, i) => i + 1));
      expect(live.frames.map(({ wireLength }) => wireLength)).toEqual(live.frames.map(({ hex }) => hex.length / 2));
      const times = live.frames.map(({ seconds, nanoseconds }) => seconds + nanoseconds / 1e9);
      expect(times).toEqual(times.toSorted((a, b) => a - b));
      // The clock of the frames is that of this machine; cap's is as coarse as a millisecond.
      expect(times[0]).toBeGreaterThan(before - 0.001);
      expect(times.at(-1)).toBeLessThan(Date.now() / 1000 + 0.001);
      const { received, droppedByKernel } = await live.finish();
      if (backend === 'cap') expect([received, droppedByKernel]).toEqual([null, null]);
      else expect([received, droppedByKernel]).toEqual([live.frames.length, 0]);
      expect(wire.processes()).toEqual([]);
    });

    test('cuts frames at the snap length and knows how long they were', async () => {
      const live = wire.probe({ backend, snapLength: 64 });
      await live.isOpen();
      wire.send('there', ['0200000000aa0200000000bb88b5'.padEnd(400, '11'), LAST]);
      await live.until(() => live.frames.length === 2);
      expect(live.frames.map(({ hex, wireLength }) => [hex.length / 2, wireLength])).toEqual([
        [64, 200],
        [60, 60],
      ]);
      await live.finish();
    });

    test('with the filter of a given cluster keeps its frames and no others', async () => {
      const filter = liveFilter(givenOf(truthOf('healthy-vlan')))!;
      const program = compilePlainFilter(filter, 65_535, 'ethernet')!;
      const sent = (await framesOf('healthy-vlan')).flatMap((hex) => [hex, FOREIGN]);
      const kept = sent.filter((hex) => runProgram(program, Buffer.from(hex, 'hex')) > 0);
      expect(kept).toEqual(sent.filter((hex) => hex !== FOREIGN));
      const live = wire.probe({ backend, filter });
      await live.isOpen();
      wire.send('there', sent);
      await live.until(() => live.frames.length >= kept.length);
      expect(hexOf(live.frames)).toEqual(kept);
      await live.finish();
    });

    test('with a filter in the whole pcap language keeps what it says', async () => {
      const live = wire.probe({ backend, filter: 'arp[6:2] = 1 or ether proto 0x88b5' });
      await live.isOpen();
      const sent = await framesOf('rs-answers-arp-t5');
      wire.send('there', [...sent, LAST]);
      await live.until(() => live.frames.some(({ hex }) => hex === LAST));
      expect(hexOf(live.frames)).toEqual([...sent.filter((hex) => hex.startsWith('08060001080006040001', 24)), LAST]);
      await live.finish();
    });

    test('refuses a filter that is not understood, an interface that is not there, and one that is down', async () => {
      expect(await wire.probe({ backend, filter: 'arp and (' }).refusal()).toMatch(/^the filter 'arp and \(' is not understood \(.+\); /);
      expect(await wire.probe({ backend, interface: 'her' }).refusal()).toMatch(
        /^there is no interface 'her' here; .*\bhere\b.*: did you mean here\?$/,
      );
      wire.ip('link', 'set', 'here', 'down');
      const down = 'the interface here is down, so no frame comes; one that is up was expected: sudo ip link set here up.';
      expect(await wire.probe({ backend }).refusal()).toBe(down);
    });

    test('ends with a sentence when its interface is removed, after the frames from before', async () => {
      const live = wire.probe({ backend });
      await live.isOpen();
      if (backend === 'cap') return;
      wire.sendAndRemove('there', [LAST], 'here');
      expect(await live.refusal()).toBe(
        'the interface here was removed, and the capture ended with it: create it again, then start again.',
      );
      // On a busy machine tcpdump learns of the removal first, and then says "0 packets captured, 1 packet received by filter".
      if (backend === 'tcpdump') expect([[], [LAST]]).toContainEqual(hexOf(live.frames));
      else expect(hexOf(live.frames)).toEqual([LAST]);
    });

    test.skipIf(!canOthersRun)('tells a user who may not capture how to change that', async () => {
      expect(await wire.probe({ backend }, 'nobody').refusal()).toBe(
        `no frame of here can be captured (${backend}: this user may not capture); run with sudo, or once: ` +
          `sudo setcap cap_net_raw+ep "$(readlink -f "$(which ${backend === 'tcpdump' ? 'tcpdump' : 'node'})")".`,
      );
    });

    test('captures on as the user that it became, who owns the files that are made then', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'lvs-doctor-live-'));
      chmodSync(folder, 0o777);
      try {
        const touch = join(folder, 'made');
        const live = wire.probe({ backend, user: 'nobody', touch });
        const { uid } = await live.isOpen();
        expect(uid).not.toBe(0);
        expect(statSync(touch).uid).toBe(uid);
        wire.send('there', [LAST]);
        await live.until(() => live.frames.length === 1);
        const { received } = await live.finish();
        expect(received).toBe(backend === 'cap' ? null : 1);
        expect(wire.processes()).toEqual([]);
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  });

  test.each(reliable)('%s goes on when its interface was down for a while, and tells both', async (backend) => {
    const live = wire.probe({ backend });
    await live.isOpen();
    const notices = () => live.told.flatMap(({ notice }) => notice ?? []);
    wire.ip('link', 'set', 'here', 'down');
    await live.until(() => notices().length === 1);
    wire.ip('link', 'set', 'here', 'up');
    await live.until(() => notices().length === 2);
    expect(notices()).toEqual([
      'The interface here went down; the capture goes on when it is up again: sudo ip link set here up.',
      'The interface here is up again, and the capture goes on.',
    ]);
    wire.send('there', [LAST]);
    await live.until(() => live.frames.length === 1);
    expect(hexOf(live.frames)).toEqual([LAST]);
    await live.finish();
  });

  test.each(reliable)('%s counts every frame that was lost while nobody read', async (backend) => {
    const live = wire.probe({ backend, hexBytes: 60 });
    await live.isOpen();
    live.signal('SIGSTOP');
    // 90 MB, more than any buffer on the way.
    const large = '0200000000aa0200000000bb88b5'.padEnd(120_000, '11');
    wire.send('there', [large], 1500);
    live.signal('SIGCONT');
    // What is waiting must be read before there is room for another.
    await live.until(() => live.frames.length > 0);
    while (!live.frames.some(({ hex }) => hex === LAST)) {
      wire.send('there', [LAST]);
      await new Promise((resolve) => setImmediate(resolve));
    }
    const { received, droppedByKernel } = await live.finish();
    expect(droppedByKernel).toBeGreaterThan(0);
    expect(received).toBeGreaterThan(1500);
    expect(live.frames.length + droppedByKernel!).toBeGreaterThanOrEqual(received! - 100);
    expect(live.frames.length + droppedByKernel!).toBeLessThanOrEqual(received!);
  });

  test.skipIf(!installed.includes('afpacket'))('afpacket knows which way a frame went', async () => {
    const live = wire.probe({ backend: 'afpacket' });
    await live.isOpen();
    wire.send('here', [FOREIGN]);
    wire.send('there', [LAST]);
    await live.until(() => live.frames.length === 2);
    expect(live.frames.map(({ hex, direction }) => [hex, direction])).toEqual([
      [FOREIGN, 'out'],
      [LAST, 'in'],
    ]);
    await live.finish();
  });

  test.skipIf(!installed.includes('afpacket') || !installed.includes('tcpdump'))(
    'on all interfaces, afpacket gives the same cooked frames as tcpdump',
    async () => {
      const both = (['afpacket', 'tcpdump'] satisfies Backend[]).map((backend) => wire.probe({ backend, interface: 'any' }));
      for (const live of both) expect(await live.isOpen()).toMatchObject({ linkType: 276 });
      const sent = [...(await framesOf('rs-answers-arp-t5', 'healthy-ipv6')), LAST];
      wire.send('there', sent);
      // Each frame passes two interfaces. A VLAN tag is not among what is compared: tcpdump loses it there.
      for (const live of both) await live.until(() => live.frames.length === 2 * sent.length);
      expect(hexOf(both[0]!.frames)).toEqual(hexOf(both[1]!.frames));
      expect(both[0]!.frames.map(({ wireLength }) => wireLength)).toEqual(both[1]!.frames.map(({ wireLength }) => wireLength));
      for (const live of both) await live.finish();
    },
  );

  test.each(reliable)('%s on all interfaces goes on while nothing comes', async (backend) => {
    const live = wire.probe({ backend, interface: 'any' });
    await live.isOpen();
    // Longer than the second after which an interface is looked after.
    await new Promise((resolve) => setTimeout(resolve, 1500));
    wire.send('there', [LAST]);
    await live.until(() => live.frames.length === 2);
    expect(live.told.some(({ refused }) => refused !== undefined)).toBe(false);
    await live.finish();
  });

  test.skipIf(!installed.includes('afpacket'))('auto takes afpacket, and says so', async () => {
    const live = wire.probe({});
    expect(await live.isOpen()).toMatchObject({
      open: 'afpacket',
      why: 'afpacket is the first of afpacket, pcap, tcpdump, cap that works here.',
    });
    await live.finish();
  });
});
