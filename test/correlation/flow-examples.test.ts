import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FlowExamples } from '../../src/correlation/flow-examples.ts';
import { FlowTable, MAX_FLOWS } from '../../src/correlation/flows.ts';
import { finish } from '../../src/correlation/hash.ts';
import { HotPath } from '../../src/hot-path/hot-path.ts';
import { KEY } from '../support/story.ts';

const PATHS = 4;
const MOST = 4;

/** Times of events; many of them the same. */
const times = fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 4 });
const flows = fc.array(fc.tuple(fc.integer({ min: 0, max: PATHS - 1 }), times), { maxLength: 300, size: 'max' });

test('of each path the earliest flows are shown and the newest, by their newest events, of one time by the frame', () => {
  fc.assert(
    fc.property(flows, (all) => {
      const hot = new HotPath(KEY);
      const table = new FlowTable(MAX_FLOWS, hot);
      // Of merged captures the first frame of all may have a number whose lower half is 0.
      let frame = 2 ** 32 - 1;
      const made = all.map(([path, events], n) => {
        const row = table.insert(finish(n) || 1, finish(n ^ 0x5bd1e995), () => {});
        table.hot[row + 1] = path;
        const frames = events.map((at) => ({ frame: ++frame, at }));
        for (const event of frames) table.pushEvent(row, event.frame, event.at);
        return { path, frames };
      });
      const expected = Array.from({ length: PATHS }, (_, path) => {
        const sorted = made
          .filter((flow) => path > 0 && flow.path === path && flow.frames.length > 0)
          .map(({ frames }) => ({ frames, newest: frames.at(-1)! }))
          .sort((a, b) => a.newest.at - b.newest.at || a.newest.frame - b.newest.frame)
          .map(({ frames }) => frames);
        return sorted.length <= MOST ? sorted : [...sorted.slice(0, MOST - 1), sorted.at(-1)!];
      });
      const chosen = new FlowExamples(table, hot).chosen(MOST, PATHS);
      expect(Array.from({ length: PATHS }, (_, path) => (chosen.get(path) ?? []).map(({ events }) => events))).toEqual(expected);
    }),
    { seed: 1, numRuns: 200 },
  );
});
