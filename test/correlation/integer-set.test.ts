import fc from 'fast-check';
import { expect, test } from 'vitest';
import { IntegerSet } from '../../src/correlation/integer-set.ts';

test('clients are counted as a Set counts them, however many and however alike', () => {
  const integers = fc.array(fc.oneof(fc.integer(), fc.integer({ min: -3, max: 300 })), { maxLength: 2000 });
  fc.assert(
    fc.property(integers, (values) => {
      const set = new IntegerSet();
      for (const value of values) set.add(value);
      expect(set.size).toBe(new Set(values).size);
    }),
    { seed: 1, numRuns: 50 },
  );
});
