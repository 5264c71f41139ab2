import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { FlowTable } from '../../src/correlation/flows.ts';
import { casesIn, truthOf } from '../support/fixtures.ts';
import { BEGIN_MS, Replay } from '../support/replay.ts';

const original = FlowTable.prototype.insert;

/** A fault, the rule that finds it, and a healthy run of a cluster of the same shape. */
const FAULTS = [
  ['rs-answers-arp', 'rs-answers-arp-t1b', 'healthy-t1'],
  ['gateway-arp-flip', 'rs-announces-vip-t5', 'healthy-t5'],
  ['reply-wrong-source', 'reply-wrong-source-tcp', 'healthy-t1'],
  ['director-no-rewrite', 'director-no-rewrite', 'nft-dsr-healthy'],
] as const;

describe.each(FAULTS)('%s', (rule, fault, healthy) => {
  const culprits = new Set(
    (truthOf(fault).expect ?? []).filter((e) => e.fault === rule).flatMap((e) => (e.culprits ?? []).map(({ mac }) => mac)),
  );

  test('is found within two seconds of its first frame, each culprit once', async () => {
    const replay = await new Replay().capture(healthy, fault);
    replay.silence(30);
    const begin = replay.nowMs;
    await replay.capture(fault);
    replay.silence(2);
    const found = replay.events.filter(({ event, finding }) => event === 'found' && finding.rule === rule);
    expect(new Set(found.flatMap(({ finding }) => finding.culprits.map(({ mac }) => mac)))).toEqual(culprits);
    expect(new Set(found.map(({ finding }) => finding.id)).size).toBe(found.length);
    for (const { time, finding } of found) {
      expect(Date.parse(finding.first)).toBeGreaterThanOrEqual(Math.floor(begin));
      expect(Date.parse(time) - Date.parse(finding.first)).toBeLessThanOrEqual(2000);
    }
  });

  test('is resolved when the same machines do right afterwards', async () => {
    const replay = await new Replay().capture(fault);
    replay.silence(10);
    await replay.capture(healthy, fault);
    replay.silence(10);
    await replay.capture(healthy, fault);
    replay.silence(100);
    const ends = replay.events.filter(({ event, finding }) => event !== 'found' && finding.rule === rule);
    expect(ends.map(({ event }) => event)).toEqual([...culprits].map(() => 'resolved'));
    expect(ends.every(({ finding }) => finding.state === 'resolved')).toBe(true);
  });

  test('goes quiet when nothing shows whether it is mended', async () => {
    const replay = await new Replay().capture(fault);
    replay.silence(3600);
    expect(replay.told(rule).filter((event) => event !== 'found')).toEqual([...culprits].map(() => 'quiet'));
  });

  test('is not resolved by other machines that do right', async () => {
    const replay = await new Replay().capture(fault);
    replay.silence(10);
    // The same addresses, but all machines have other cards.
    await replay.capture(healthy);
    replay.silence(100);
    expect(replay.told(rule)).not.toContain('resolved');
  });

  test('that comes back is told as the same finding', async () => {
    const replay = await new Replay().capture(fault);
    replay.silence(10);
    for (let i = 0; i < 2; i++) {
      await replay.capture(healthy, fault);
      replay.silence(10);
    }
    await replay.capture(fault);
    replay.silence(3);
    const again = replay.events.filter(
      ({ event, finding, recurrences }) => event === 'found' && finding.rule === rule && recurrences === 1,
    );
    expect(new Set(again.flatMap(({ finding }) => finding.culprits.map(({ mac }) => mac)))).toEqual(culprits);
    const firsts = replay.events.filter(({ finding }) => finding.id === again[0]!.finding.id);
    expect(again[0]!.finding.first).toBe(firsts[0]!.finding.first);
    expect(again[0]!.finding.count).toBeGreaterThan(firsts[0]!.finding.count);
  });
});

describe('a watch', () => {
  test('tells no storm of a fault that comes and goes', async () => {
    const replay = new Replay();
    for (let i = 0; i < 24; i++) {
      await replay.capture('rs-answers-arp-t1b');
      replay.silence(10);
      await replay.capture('healthy-t1', 'rs-answers-arp-t1b');
      replay.silence(10);
    }
    const ids = new Set(replay.events.map(({ finding }) => finding.id));
    // Over ten minutes each finding is found and resolved a few times, at ever longer distances.
    for (const id of ids) expect(replay.events.filter(({ finding }) => finding.id === id).length).toBeLessThanOrEqual(10);
    const told = replay.events.filter(({ event, finding }) => event === 'found' && finding.rule === 'rs-answers-arp');
    expect(told.at(-1)!.recurrences).toBeGreaterThanOrEqual(2);
    const gaps = told.filter(({ finding }) => finding.id === told[0]!.finding.id).map(({ time }) => Date.parse(time) - BEGIN_MS);
    expect(gaps.at(-1)! - gaps.at(-2)!).toBeGreaterThan(gaps[1]! - gaps[0]!);
  });

  test.each(casesIn().filter((name) => name.startsWith('healthy-')))('says nothing false of %s, whenever it is asked', async (name) => {
    const { expect: expected = [], may = [] } = truthOf(name);
    const lawful = new Set([...expected, ...may].map((e) => (typeof e === 'string' ? e : e.fault)));
    for (const intervalMs of [1000, 130]) {
      const replay = await new Replay({ point: null }, intervalMs).capture(name);
      replay.silence(5);
      expect(
        replay.events.filter(({ finding }) => !lawful.has(finding.rule)).map(({ event, finding }) => `${event} ${finding.id}`),
      ).toEqual([]);
    }
  });

  test('does not say that something did not happen while frames are lost', async () => {
    const whole = await new Replay().capture('director-no-rewrite');
    whole.silence(5);
    const lossy = new Replay();
    lossy.isLossy = true;
    await lossy.capture('director-no-rewrite');
    lossy.silence(5);
    expect(whole.told('director-no-rewrite')).toEqual(['found']);
    expect(lossy.told('director-no-rewrite')).toEqual([]);
  });

  test('judges absence again on frames without loss', async () => {
    const replay = await new Replay().capture('nft-dsr-healthy', 'director-no-rewrite');
    replay.judge.lose();
    replay.silence(2);
    await replay.capture('director-no-rewrite');
    replay.silence(5);
    expect(replay.told('director-no-rewrite')).toContain('found');
  });

  test('does not believe in a cure that it saw through a loss', async () => {
    const replay = await new Replay().capture('rs-answers-arp-t1b');
    replay.silence(10);
    replay.isLossy = true;
    for (let i = 0; i < 3; i++) await replay.capture('healthy-t1', 'rs-answers-arp-t1b');
    replay.silence(1);
    replay.isLossy = false;
    replay.silence(5);
    expect(replay.told('rs-answers-arp')).not.toContain('resolved');
  });

  test('remembers over a quiet night who is who', async () => {
    const fresh = await new Replay().capture('rs-answers-arp-t1');
    fresh.silence(3);
    expect(fresh.told('rs-answers-arp')).toEqual([]);

    const replay = new Replay();
    for (let i = 0; i < 55; i++) {
      await replay.capture('healthy-t1', 'rs-answers-arp-t1');
      replay.silence(10);
    }
    replay.silence(2 * 3600);
    await replay.capture('rs-answers-arp-t1');
    replay.silence(3);
    expect(replay.told('rs-answers-arp')).toEqual(['found', 'found', 'found']);
  });

  test('sees after hours of quiet that a fault was mended', async () => {
    const replay = await new Replay().capture('reply-wrong-source-tcp');
    replay.silence(3 * 3600);
    expect(replay.told('reply-wrong-source')).toEqual(['found', 'quiet']);
    await replay.capture('healthy-t1', 'reply-wrong-source-tcp');
    replay.silence(20);
    expect(replay.told('reply-wrong-source')).toEqual(['found', 'quiet', 'resolved']);
  });

  test('keeps a finding that lasts long one finding, and its count true', async () => {
    const replay = new Replay();
    for (let i = 0; i < 50; i++) {
      await replay.capture('reply-wrong-source-tcp');
      replay.silence(30);
    }
    expect(replay.told('reply-wrong-source')).toEqual(['found']);
    const [tracked] = replay.judge.findings.filter(({ finding }) => finding.rule === 'reply-wrong-source');
    const once = await new Replay().capture('reply-wrong-source-tcp');
    once.silence(3);
    const [{ finding }] = once.judge.findings.filter((t) => t.finding.rule === 'reply-wrong-source') as [
      (typeof once.judge.findings)[number],
    ];
    expect(tracked!.finding.count).toBeGreaterThan(46 * finding.count);
    expect(tracked!.finding.count).toBeLessThanOrEqual(50 * finding.count);
  });

  test('has four sets of large tables at most, however long a fault lasts', async () => {
    const tables = new Set<FlowTable>();
    const insert = vi.spyOn(FlowTable.prototype, 'insert').mockImplementation(function (this: FlowTable, ...args) {
      tables.add(this);
      return original.apply(this, args);
    });
    onTestFinished(() => insert.mockRestore());
    const replay = new Replay();
    for (let i = 0; i < 200; i++) {
      await replay.capture('reply-wrong-source-tcp');
      replay.silence(30);
    }
    expect(replay.nowMs - BEGIN_MS).toBeGreaterThan(9 * 600_000);
    expect(tables.size).toBeLessThanOrEqual(4);
  });
});
