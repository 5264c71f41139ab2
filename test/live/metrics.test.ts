import { afterEach, describe, expect, test } from 'vitest';
import { Metrics, metricsAddress } from '../../src/live/metrics.ts';
import type { Watch } from '../../src/live/watch.ts';
import { findingEvent } from '../support/finding-event.ts';
import { Replay } from '../support/replay.ts';

const open: Metrics[] = [];
afterEach(async () => {
  for (const metrics of open.splice(0)) await metrics.close();
});

async function metricsAt(text: string): Promise<Metrics> {
  const metrics = await Metrics.open(metricsAddress(text));
  open.push(metrics);
  return metrics;
}

describe('--metrics', () => {
  test('listens on this machine alone, unless a host is given', () => {
    expect(metricsAddress('9109')).toEqual({ host: '127.0.0.1', port: 9109 });
    expect(metricsAddress(':9109')).toEqual({ host: '127.0.0.1', port: 9109 });
    expect(metricsAddress('0.0.0.0:9109')).toEqual({ host: '0.0.0.0', port: 9109 });
    expect(metricsAddress('[::1]:9109')).toEqual({ host: '::1', port: 9109 });
    for (const wrong of ['', 'eth0', '99999', '1.2.3.4', '::1:80:', '-1'])
      expect(() => metricsAddress(wrong)).toThrow(/a port was expected/);
  });

  test('tells findings by rule and state, frames, bytes, losses, lag and memory', async () => {
    const replay = await new Replay().capture('rs-answers-arp-t1b');
    replay.silence(3);
    const metrics = await metricsAt('0');
    const watch = { judge: replay.judge, bytes: 4711, dropped: 3, costs: { judgingMs: 2, lagMs: 40 }, state: { vips: ['192.168.1.100'] } };
    metrics.watch(watch as unknown as Watch);
    metrics.tell(findingEvent('found'));
    metrics.tell(findingEvent('resolved'));
    const text = await (await fetch(metrics.url)).text();
    const lines = text.split('\n');
    expect(lines).toContain('lvs_doctor_findings{rule="rs-answers-arp",severity="critical",state="active"} 3');
    expect(lines).toContain('lvs_doctor_events_total{rule="rs-answers-arp",event="found"} 1');
    expect(lines).toContain(`lvs_doctor_frames_total ${replay.judge.frames}`);
    expect(lines).toContain('lvs_doctor_bytes_total 4711');
    expect(lines).toContain('lvs_doctor_dropped_frames_total 3');
    expect(lines).toContain('lvs_doctor_lag_seconds 0.04');
    expect(lines.some((line) => /^process_resident_memory_bytes \d{7,}$/.test(line))).toBe(true);
    // Asked again, counts have not been added up.
    expect((await (await fetch(metrics.url)).text()).split('\n')).toContain('lvs_doctor_bytes_total 4711');
  });

  test('answers nothing else, and a port that is taken is refused with one sentence', async () => {
    const metrics = await metricsAt('0');
    expect((await fetch(new URL('/', metrics.url))).status).toBe(404);
    expect((await fetch(metrics.url, { method: 'POST' })).status).toBe(405);
    await expect(metricsAt(new URL(metrics.url).port)).rejects.toThrow(
      /--metrics cannot listen on 127\.0\.0\.1:\d+ \(.*\); give another port\./,
    );
  });
});
