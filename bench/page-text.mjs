/**
 * What the web servers of the generated captures send: text that compresses as pages do, about three to one, with the sums that make the TCP checksum
 * of any stretch of it one subtraction.
 */
import { Random } from './random.mjs';

const SIZE = 1 << 16;
/** The largest stretch that is asked for at once. */
const LONGEST = 1460;
const WORDS =
  'the of and to in <div> </div> <p class="item"> </p> <a href="/product/ service order price server answer request user name page list value time';

/** @param {number} seed the same seed gives the same text */
export function pageText(seed) {
  const random = new Random(seed);
  const words = WORDS.split(' ');
  let text = '';
  while (text.length < SIZE + LONGEST) {
    const r = random.next();
    text += r % 4 === 0 ? `${r.toString(36)}"> ` : `${words[r % words.length]} `;
  }
  const bytes = new TextEncoder().encode(text).subarray(0, SIZE + LONGEST);
  const sums = new Float64Array(bytes.length / 2 + 1);
  for (let i = 0; i < bytes.length / 2; i++) sums[i + 1] = sums[i] + bytes[2 * i] * 256 + bytes[2 * i + 1];
  return { bytes, sums };
}

/** An even offset into the text, from any integer. */
export function textOffset(value) {
  return value & (SIZE - 2);
}
