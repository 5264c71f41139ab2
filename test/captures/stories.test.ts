/** A story told by a test, written as a capture and diagnosed as one, says what the rules' tests say of it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { NOTHING_GIVEN } from '../../src/cluster/given/given.ts';
import { diagnose } from '../../src/diagnose.ts';
import { healthy } from '../support/healthy.ts';
import { judgeAll, MIRROR } from '../support/judged.ts';
import { lan, type Story, type Version } from '../support/story.ts';

const folder = mkdtempSync(join(tmpdir(), 'story-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A gateway whose entry flips to a real server that announces the VIP. */
function flipped(version: Version): Story {
  const { vip, gateway, rs1, remote } = lan(version);
  const story = healthy({ version }).whoHas(rs1, gateway.ip, vip);
  story.tcp(remote, vip).opens([gateway, rs1], [rs1, gateway]);
  return story;
}

test.each([
  ['healthy', 4, healthy({ version: 4 }), 'clean'],
  ['healthy', 6, healthy({ version: 6 }), 'clean'],
  ['flipped', 4, flipped(4), 'fault'],
  ['flipped', 6, flipped(6), 'fault'],
] as const)('a story of a %s cluster (IPv%i) is the same from a file', async (name, version, story, verdict) => {
  const file = join(folder, 'story.pcap');
  writeFileSync(file, story.pcap());
  const diagnosis = await diagnose([{ name: file, point: 'mirror' }], NOTHING_GIVEN);
  const told = judgeAll(story, MIRROR);
  expect(diagnosis.verdict, name).toBe(verdict);
  expect(diagnosis.findings).toEqual(told.findings);
  expect(diagnosis.verdicts).toEqual(told.verdicts);
  expect(diagnosis.captures[0]!.frames).toBe(story.frame);
  expect(diagnosis.cluster.vips.map((v) => v.ip)).toEqual([lan(version).vip]);
});
