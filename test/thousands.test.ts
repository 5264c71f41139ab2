import fc from 'fast-check';
import { expect, test } from 'vitest';
import { thousands } from '../src/thousands.ts';

test('a count reads as American readers write it', () => {
  fc.assert(
    fc.property(fc.integer(), (n) => {
      expect(thousands(n)).toBe(n.toLocaleString('en-US'));
    }),
    { seed: 1 },
  );
});
