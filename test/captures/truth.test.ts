/** Every capture of a real cluster against what was really wrong in it, for the rules that exist. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { RULES } from '../../src/rules/index.ts';
import { addressesByFrame } from '../support/cited-frames.ts';
import { compareWithTruth } from '../support/compare-with-truth.ts';
import { casesIn, diagnoseCase, FIXTURES, MODES, truthOf } from '../support/fixtures.ts';

const rules = new Set(RULES.map((rule) => rule.name));

describe.each(casesIn())('%s', (name) => {
  test.each(MODES)('roles %s: every fault is told with its culprits, and nothing else', async (mode) => {
    expect(compareWithTruth(await diagnoseCase(name, mode), truthOf(name), rules, mode)).toEqual([]);
  });

  test.each(MODES)('roles %s: the frames cited exist and show a culprit or the VIP', async (mode) => {
    const { findings } = await diagnoseCase(name, mode);
    const frames = findings.length === 0 ? [] : await addressesByFrame(join(FIXTURES, name, 'mirror.pcap'));
    const pointless = findings.filter((f) => {
      const wanted = [f.vip, ...f.culprits.map((c) => c.mac)].filter((address) => address !== null);
      const shows = (frame: number) => wanted.some((address) => frames[frame - 1]!.has(address));
      return f.evidence.some((e) => frames[e.frame - 1] === undefined) || !f.evidence.some((e) => shows(e.frame));
    });
    expect(pointless.map((f) => f.id)).toEqual([]);
  });
});
