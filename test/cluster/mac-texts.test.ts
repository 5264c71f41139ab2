import { expect, test } from 'vitest';
import { macText } from '../../src/cluster/mac-texts.ts';

test('each MAC has its own text, whatever was asked for before', () => {
  const macs = Array.from({ length: 20_000 }, (_, i) => (i % 2 === 0 ? i : 0xffff_ffff_ffff - i * 0x1_0001));
  for (const mac of [...macs, ...macs.toReversed()]) {
    const digits = mac.toString(16).padStart(12, '0');
    expect(macText(mac)).toBe(digits.match(/../g)!.join(':'));
  }
});
