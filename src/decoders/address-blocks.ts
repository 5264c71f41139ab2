/** Addresses as the blocks that they fill, in the notation of RFC 4632 and RFC 4291 section 2.3. */
import { formatIp, parseIp } from './address.ts';

/**
 * `203.0.113.7`, `203.0.113.128/25`, `2001:db8::100/120`: the fewest that hold exactly these addresses, in the order of the addresses, IPv4
 * and IPv6 apart. What is no address stands last, as it is.
 */
export function addressBlocks(addresses: readonly string[]): string[] {
  const others: string[] = [];
  /** Ends of the addresses that have the version and all but the last 32 bits in common. */
  const lans = new Map<string, { version: 4 | 6; words: readonly [number, number, number]; ends: Set<number> }>();
  for (const address of new Set(addresses)) {
    const parsed = parseIp(address);
    if (parsed === null) {
      others.push(address);
      continue;
    }
    const { version, words } = parsed;
    const [a, b, c, end] = words;
    const key = `${version} ${a} ${b} ${c}`;
    const lan = lans.get(key) ?? { version, words: [a, b, c], ends: new Set() };
    lans.set(key, lan);
    lan.ends.add(end >>> 0);
  }
  const blocks = [...lans.values()].flatMap(({ version, words, ends }) =>
    blocksOf(ends).map(({ start, bits }) => {
      const address = formatIp(version, ...words, start | 0);
      return bits === 0 ? address : `${address}/${(version === 4 ? 32 : 128) - bits}`;
    }),
  );
  return [...blocks, ...others];
}

/** The fewest blocks of 2^bits numbers, each beginning at a multiple of its size, that hold these numbers and no other. */
function blocksOf(numbers: Iterable<number>): { start: number; bits: number }[] {
  const sorted = [...numbers].sort((a, b) => a - b);
  const blocks: { start: number; bits: number }[] = [];
  for (let i = 0; i < sorted.length; ) {
    const start = sorted[i]!;
    let bits = 0;
    const isFilled = (size: number) => start % size === 0 && sorted[i + size - 1] === start + size - 1;
    while (isFilled(2 ** (bits + 1))) bits++;
    blocks.push({ start, bits });
    i += 2 ** bits;
  }
  return blocks;
}
