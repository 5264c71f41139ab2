import { expect, test } from 'vitest';
import { eventLine, summaryLines } from '../../src/live/event-text.ts';
import type { WatchState } from '../../src/live/live-event.ts';

function state(vips: number): WatchState {
  return { frames: 12, bytes: 800, dropped: null, findings: 0, vips: Array.from({ length: vips }, (_, i) => `192.0.2.${i}`) };
}

test.each([
  [0, 'WATCHING for a cluster: 12 frames', 'no cluster recognised'],
  [4, 'WATCHING 192.0.2.0, 192.0.2.1, 192.0.2.2, 192.0.2.3: 12 frames', 'VIP 192.0.2.0, 192.0.2.1, 192.0.2.2, 192.0.2.3;'],
  [100, 'WATCHING 192.0.2.0, 192.0.2.1, 192.0.2.2 and 97 more: 12 frames', 'VIP 192.0.2.0, 192.0.2.1, 192.0.2.2 and 97 more;'],
])('the lines of a watch of %i VIPs stay short', (vips, heartbeat, summary) => {
  const time = '2026-11-20T08:52:01.000000000Z';
  expect(eventLine({ event: 'heartbeat', time, state: state(vips) })).toContain(heartbeat);
  expect(summaryLines(state(vips), [])[0]).toContain(summary);
});
