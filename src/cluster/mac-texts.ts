/** MACs as text: those that were asked for lately are the same text again, so that it need not be made and held for each frame. */
import { finish } from '../correlation/hash.ts';
import { formatMac } from '../decoders/address.ts';

const SLOTS = 1 << 12;

/** Direct-mapped: the newest MAC of a slot wins. One for the process: a watch judges every second, and a MAC's text is always the same. */
const macs = new Float64Array(SLOTS).fill(-1);
const texts = new Array<string>(SLOTS).fill('');

/**
 * `00:16:3e:2c:f5:6e`.
 * @param mac 0 to 2^48 - 1
 */
export function macText(mac: number): string {
  const slot = finish((mac % 0x1_0000_0000) ^ Math.floor(mac / 0x1_0000_0000)) & (SLOTS - 1);
  if (macs[slot] !== mac) {
    macs[slot] = mac;
    texts[slot] = formatMac(mac);
  }
  return texts[slot]!;
}
