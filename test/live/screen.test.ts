import { describe, expect, test } from 'vitest';
import type { LiveEvent } from '../../src/live/live-event.ts';
import { Screen } from '../../src/live/screen.ts';
import type { Watch } from '../../src/live/watch.ts';
import { Replay } from '../support/replay.ts';

/** A watch as the screen sees it, of captures that were replayed. */
function watchOf(replay: Replay): Watch {
  return {
    judge: replay.judge,
    source: { interface: 'eth1', backend: 'afpacket' },
    bytes: 123_456,
    dropped: 0,
    costs: { judgingMs: 1.25, lagMs: null },
    nowMs: replay.nowMs,
  } as unknown as Watch;
}

function shown(replay: Replay, columns: number, rows: number, isPaused = false): string[] {
  const screen = new Screen();
  screen.tick(watchOf(replay));
  const events: LiveEvent[] = replay.events;
  return screen.lines(watchOf(replay), { events, isPaused, color: false }, { columns, rows });
}

describe('the live screen', () => {
  test.each([
    [80, 24],
    [140, 40],
    [60, 12],
    [20, 5],
  ])('fits %d columns and %d rows', async (columns, rows) => {
    const replay = await new Replay().capture('rs-announces-vip-t5');
    replay.silence(3);
    const lines = shown(replay, columns, rows);
    expect(lines).toHaveLength(rows);
    expect(lines.filter((line) => line.length > columns)).toEqual([]);
  });

  test('shows who is who, what each real server got, what is wrong now and what happened last', async () => {
    const replay = await new Replay().capture('rs-announces-vip-t5');
    replay.silence(3);
    const text = shown(replay, 120, 30).join('\n');
    expect(text).toMatch(/VIP 203\.0\.113\.100 \(80\/tcp, dr\) {2}director 203\.0\.113\.2 {2}gateway 203\.0\.113\.1/);
    expect(text).toMatch(/203\.0\.113\.12 {2}00:16:3e:25:57:df +6 +0\.0 +6 +0 +0 +4/);
    expect(text).toMatch(/Findings: 9 active, 0 quiet/);
    expect(text).toMatch(/critical gateway-arp-flip: real server 203\.0\.113\.12 \(00:16:3e:25:57:df\), 6 flows, \d s ago/);
    expect(text).toMatch(/00:00:0\d found rs-announces-vip: real server 203\.0\.113\.10/);
  });

  test('says what it has not seen yet, and that it is paused', () => {
    const text = shown(new Replay(), 80, 24, true).join('\n');
    expect(text).toContain('No cluster is recognised yet.');
    expect(text).toContain('No finding stands.');
    expect(text).toContain('PAUSED');
  });
});
