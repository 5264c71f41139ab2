/** A mirror that delivers every frame twice shows the same faults, and says that it does. */
import { describe, expect, test } from 'vitest';
import { casesIn, MODES } from '../support/fixtures.ts';
import { diagnoseRecorded, framesOf, inOrder, later } from './recorded-frames.ts';
import { told } from './told.ts';

/** The second copy of a frame comes this much later. */
const COPY_AFTER_NS = 5_000;

describe.each(casesIn())('%s', (name) => {
  test.each(MODES)('roles %s: with every frame captured twice the same findings are told', async (mode) => {
    const frames = framesOf(name);
    const once = await diagnoseRecorded(frames, name, mode);
    const twice = await diagnoseRecorded(inOrder(frames.flatMap((frame) => [frame, later(frame, COPY_AFTER_NS)])), name, mode);
    expect(told(twice)).toEqual(told(once));
    expect(twice.notices.map((n) => n.notice)).toContain('mirror-duplicates');
  });
});
