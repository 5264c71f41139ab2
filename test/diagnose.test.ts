import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { type FrameSource, LinkType } from '../src/capture/frame.ts';
import { liveInfo } from '../src/capture/live/live-info.ts';
import { type Given, NOTHING_GIVEN } from '../src/cluster/given/given.ts';
import { diagnose, diagnoseFrames } from '../src/diagnose.ts';

const FIXTURES = join(import.meta.dirname, '../fixtures/pcaps');

const info = liveInfo('of nothing', LinkType.ethernet, 0);

const sourceOf = (more: () => Promise<boolean>): FrameSource => ({ info, next: () => false, more, close: async () => {} });

test('that reading can be stopped costs no memory, however many pieces a capture has', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const heap = () => {
    collect();
    return process.memoryUsage().heapUsed;
  };
  let pieces = 0;
  let before = 0;
  let after = 0;
  const source = sourceOf(async () => {
    pieces++;
    if (pieces === 10_000) before = heap();
    if (pieces === 110_000) after = heap();
    return pieces < 110_000;
  });
  await diagnoseFrames(source, null, NOTHING_GIVEN, { reading: { stop: new AbortController().signal } });
  // A promise that outlives the pieces remembers 300 bytes of each.
  expect(after - before).toBeLessThan(3_000_000);
});

test('a source that is silent for ever can be stopped', async () => {
  const stop = new AbortController();
  const source = sourceOf(() => {
    setImmediate(() => stop.abort());
    return new Promise(() => {});
  });
  const { verdict } = await diagnoseFrames(source, null, NOTHING_GIVEN, { reading: { stop: stop.signal } });
  expect(verdict).toBe('cannot tell');
});

test('what keeps a source from being read further is told', async () => {
  const source = sourceOf(async () => {
    throw new Error('the disk is gone');
  });
  await expect(diagnoseFrames(source, null, NOTHING_GIVEN)).rejects.toThrow('the disk is gone');
});

test('a VIP that was given alone is not clean for that: of machines that nobody knows hardly anything is judged', async () => {
  const judged = async (capture: string, ip: string, machines: Partial<Given> = {}) => {
    const given = { ...NOTHING_GIVEN, ...machines, vips: [{ ip, services: [] }] };
    const { verdict, summary, findings } = await diagnose([{ name: join(FIXTURES, capture), point: null }], given);
    return { verdict, summary, rules: findings.map(({ rule }) => rule) };
  };
  expect(await judged('director-no-rewrite/mirror.pcap', '192.168.200.188')).toMatchObject({
    verdict: 'fault',
    rules: ['director-no-rewrite'],
  });
  const dropped = await judged('director-not-forwarding-drop/mirror.pcap', '203.0.113.100');
  expect(dropped).toMatchObject({ verdict: 'cannot tell', rules: [] });
  expect(dropped.summary).toMatch(
    /^No director and no real server of 203\.0\.113\.100 is seen at work in \d+ frames; give them with --director/,
  );
  // Nor do addresses help of machines that no frame shows.
  const known = (ip: string) => [{ name: null, ips: [ip], macs: [], active: 'by-vrrp' as const }];
  const byAddress = { directors: known('203.0.113.2'), realServers: known('203.0.113.10') };
  expect(await judged('director-not-forwarding-drop/mirror.pcap', '203.0.113.100', byAddress)).toMatchObject({ verdict: 'cannot tell' });
  expect(await judged('healthy-t5/mirror.pcap', '203.0.113.100')).toMatchObject({ verdict: 'clean', rules: [] });
});
