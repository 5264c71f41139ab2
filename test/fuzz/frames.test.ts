/** Captures are changed into captures: whatever a frame says of itself, a file can hold what becomes of it. */
import { expect, test } from 'vitest';
import { captureOf, framesOf, mutateFrames } from '../../fuzz/frames.ts';
import { Random } from '../../fuzz/random.ts';
import { LinkType } from '../../src/capture/frame.ts';
import { lan, Story } from '../support/story.ts';

test('a frame as long on the wire as a file can say becomes longer, and is still written', async () => {
  const { client, director, vip } = lan();
  const [frame] = new Story().resolves(client, vip, director).captured();
  const bytes = frame!.bytes;
  const longest = captureOf([{ ...frame!, linkType: LinkType.ethernet, bytes, wireLength: 0xffff_ffff, number: 1 }]);
  const lengths: number[] = [];
  for (let seed = 0; seed < 200; seed++) {
    const changed = await framesOf(await mutateFrames(longest, longest, new Random(seed)), 100);
    lengths.push(...changed.filter((each) => each.wireLength === 0xffff_ffff).map((each) => each.bytes.length));
  }
  expect(Math.max(...lengths)).toBeGreaterThan(bytes.length);
});
