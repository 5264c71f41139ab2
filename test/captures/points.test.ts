/** What the machines of a cluster captured themselves, read together: what the mirror's capture tells, and the packet walk. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { KeptCaptures } from '../../src/capture/kept-captures.ts';
import { NOTHING_GIVEN } from '../../src/cluster/given/given.ts';
import { diagnose, trace } from '../../src/diagnose.ts';
import type { TracePath, TraceRow } from '../../src/reports/trace.ts';
import { casesIn, diagnoseCase, FIXTURES, givenOf, MODES, type Mode, truthOf, viewsOf } from '../support/fixtures.ts';
import { byClock, inMemory } from '../support/local-captures.ts';
import { toldCulprits } from '../support/told-culprits.ts';

const isWhole = ({ file }: { file: string }) => !file.includes('-any');
const cases = casesIn().filter((name) => viewsOf(name).filter(isWhole).length > 1);

function capturesOf(name: string, mode: Mode) {
  return viewsOf(name)
    .filter(isWhole)
    .map(({ file, point }) => ({ name: join(FIXTURES, name, file), point: mode === 'given' ? point : null }));
}

const givenFor = (name: string, mode: Mode) => (mode === 'given' ? givenOf(truthOf(name)) : NOTHING_GIVEN);

describe.each(cases)('%s', (name) => {
  test.each(MODES)('its machines’ own captures together tell what the mirror tells (roles %s)', async (mode) => {
    const together = await diagnose(capturesOf(name, mode), givenFor(name, mode));
    expect(toldCulprits(together)).toEqual(toldCulprits(await diagnoseCase(name, mode)));
  });

  test.each(MODES)('they tell it by clocks that are wrong by a minute and drift, too (roles %s)', async (mode) => {
    const captures = capturesOf(name, mode);
    const ahead = new Map(captures.map((capture, i) => [capture.name, [-83.5, 61.25, 7.125, -12.75, 44.5][i]!]));
    const wrong = captures.map(
      (c, i) => [c.name, byClock(readFileSync(c.name), { ahead: ahead.get(c.name)!, ppm: i % 2 ? 50 : -50 })] as const,
    );
    const right = await diagnose(captures, givenFor(name, mode));
    const together = await diagnose(captures, givenFor(name, mode), { kept: inMemory(Object.fromEntries(wrong)) });
    expect(toldCulprits(together)).toEqual(toldCulprits(right));
    expect(together.captures.map((c) => c.part)).toEqual(right.captures.map((c) => c.part));
    const path = (told: string) => captures.find((c) => c.name.endsWith(`/${told}`))!.name;
    for (const { name: told, clock, clockOffset } of together.captures) {
      if (clock == null) continue;
      const recovered = clockOffset! - (ahead.get(path(told))! - ahead.get(path(clock.reference))!);
      expect(Math.abs(recovered), `${told} is off by ${recovered} s`).toBeLessThan(0.001);
    }
  });

  test('every frame that it cites is in the capture that it names', async () => {
    const { findings, captures } = await diagnose(capturesOf(name, 'inferred'), NOTHING_GIVEN);
    const frames = new Map(captures.map((c) => [c.name, c.frames]));
    for (const { evidence, message } of findings) {
      expect(evidence.length).toBeGreaterThan(0);
      for (const { capture, frame } of evidence) expect(frame).toBeLessThanOrEqual(frames.get(capture)!);
      for (const [, frame, file] of message.matchAll(/frames? (\d+)(?: of (\S+\.pcap))?/g)) {
        expect(evidence.map((e) => `${e.frame} of ${e.capture}`)).toContain(`${frame} of ${file}`);
      }
    }
  });
});

describe('the packet walk over the captures of several machines', () => {
  /** With the client's name in place of its addresses. */
  const walks = async (name: string): Promise<TracePath[]> => {
    const { ip = '', mac = '' } = truthOf(name).topology.clients?.[0] ?? {};
    const paths = await trace(capturesOf(name, 'given'), givenOf(truthOf(name)), { flow: null, client: null }, new KeptCaptures());
    const named = (row: TraceRow) => ({ ...row, who: row.who.replace(mac, 'client').replace(ip, 'client') });
    return paths.map((path) => ({ ...path, rows: path.rows.map(named) }));
  };
  /** 'director → rs1 [director.pcap 6, rs1.pcap 4]' */
  const words = ({ who, seenIn = [], changed }: TraceRow) => {
    const where = seenIn.map((seen) => `${seen.capture} ${seen.frame}`).join(', ');
    return where === '' ? `${who}: ${changed}` : `${who} [${where}]`;
  };
  const through = (paths: readonly TracePath[], ...parts: string[]) =>
    paths.find(({ title }) => parts.every((text) => title.includes(text)))?.rows.map(words);

  test('a healthy request is three rows, each with the captures that hold it', async () => {
    expect(through(await walks('healthy-t1'), 'director>rs1')?.slice(0, 3)).toEqual([
      'client → director [client.pcap 29, director.pcap 29]',
      'director → rs1 [director.pcap 32, rs1.pcap 8]',
      'rs1 → client [client.pcap 33, rs1.pcap 11]',
    ]);
  });

  test('an answer from the real server’s own address is told as what it is', async () => {
    const [path] = (await walks('reply-wrong-source-tcp')).filter(({ title }) => title.includes('answered from another IP on rs2'));
    expect(path?.rows[2]).toMatchObject({ who: 'rs2 → client', sourceIp: '192.168.1.11', flags: 'SYN ACK', capture: 'client.pcap' });
    expect(path?.rows[2]?.seenIn?.map((seen) => seen.capture)).toEqual(['client.pcap', 'rs2.pcap']);
  });

  test('a director that sends the frame to itself sends no copy to a real server: that row is missing', async () => {
    const path = (await walks('director-no-rewrite-partial')).find(({ title }) => title.includes('director>director'));
    expect(path?.rows.slice(0, 2).map((row) => row.who)).toEqual(['client → director', 'director → director']);
    expect(path?.rows.at(-1)).toMatchObject({
      frame: null,
      who: 'director → real server',
      changed: 'missing: no copy leaves the director',
    });
  });

  test('a real server that routes the request back is the third row, and the circle the fourth', async () => {
    const path = (await walks('rs-no-vip-forwarding')).find(({ title }) => title.includes('rs3>director'));
    expect(path?.rows.slice(0, 4).map((row) => row.who)).toEqual([
      'client → director',
      'director → rs3',
      'rs3 → director',
      'director → rs3',
    ]);
    expect(path?.rows[3]?.changed).toContain('TTL 62→61');
  });

  test('a client that a real server has told its MAC goes on past the director: the fourth row', async () => {
    const path = (await walks('rs-announces-vip-t1')).find(({ title }) => title.includes('director>rs3'));
    expect(path?.rows.map((row) => row.who)).toEqual(['client → director', 'director → rs3', 'rs3 → client', 'client → rs3']);
  });

  test('a real server that keeps the request and says nothing leaves a row that is missing', async () => {
    const path = (await walks('rs-no-vip')).find(({ title }) => title.includes('director>rs3'));
    expect(path?.rows.at(-1)).toMatchObject({ frame: null, who: 'rs3 → client', changed: 'missing: no answer is sent' });
  });
});
