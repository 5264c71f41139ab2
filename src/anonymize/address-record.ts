/** Which addresses were mapped in a run, to what: for the owner's private file. Bounded, since anyone can send from a million addresses. */
import { formatIpv4, formatIpv6, formatMac } from '../decoders/address.ts';

/** Addresses of each kind that are recorded. */
const MAX_RECORDED = 65_536;

export class AddressRecord {
  /** Whether there were more than are recorded. */
  isFull = false;
  /** Mapped to original: a Map hashes numbers without a key, and who sends frames chooses the original ones. */
  private readonly ipv4s = new Map<number, number>();
  private readonly ipv6s = new Map<string, readonly number[]>();
  private readonly macs = new Map<number, number>();

  ipv4(address: number, mapped: number): void {
    this.note(this.ipv4s, mapped, address);
  }

  /** Four 32-bit words each. */
  ipv6(words: readonly [number, number, number, number], mapped: readonly [number, number, number, number]): void {
    this.note(this.ipv6s, formatIpv6(...words), mapped);
  }

  mac(mac: number, mapped: number): void {
    this.note(this.macs, mapped, mac);
  }

  /** Original text to mapped text. */
  get ips(): Record<string, string> {
    const ipv4s = [...this.ipv4s].map(([mapped, address]) => [formatIpv4(address), formatIpv4(mapped)]);
    const ipv6s = [...this.ipv6s].map(([text, mapped]) => [text, formatIpv6(...(mapped as [number, number, number, number]))]);
    return Object.fromEntries([...ipv4s, ...ipv6s]);
  }

  get macTexts(): Record<string, string> {
    return Object.fromEntries([...this.macs].map(([mapped, mac]) => [formatMac(mac), formatMac(mapped)]));
  }

  private note<K, V>(map: Map<K, V>, key: K, value: V): void {
    if (map.has(key)) return;
    if (map.size >= MAX_RECORDED) this.isFull = true;
    else map.set(key, value);
  }
}
