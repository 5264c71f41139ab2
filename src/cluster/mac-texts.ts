/** MACs as text: those that were asked for lately are the same text again, so that it need not be made and held for each frame. */
import { finish } from '../correlation/hash.ts';
import { formatMac } from '../decoders/address.ts';

const SLOTS = 1 << 12;

export class MacTexts {
  /** Direct-mapped: the newest MAC of a slot wins. */
  readonly #macs = new Float64Array(SLOTS).fill(-1);
  readonly #texts = new Array<string>(SLOTS).fill('');

  /** @param mac 0 to 2^48 - 1 */
  of(mac: number): string {
    const slot = finish((mac % 0x1_0000_0000) ^ Math.floor(mac / 0x1_0000_0000)) & (SLOTS - 1);
    if (this.#macs[slot] !== mac) {
      this.#macs[slot] = mac;
      this.#texts[slot] = formatMac(mac);
    }
    return this.#texts[slot]!;
  }
}
