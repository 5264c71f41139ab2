/** Fields of a TCP segment over IPv4 and Ethernet, neither with options, as they lie in the frame. `at`: where the frame would begin without a VLAN tag. */
import { SAMPLE_MASK } from '../layout';

export const FIN = 1;
export const SYN = 2;
export const RST = 4;
export const ACK = 16;
export const VLAN_BYTES = 4;

/** Whether two bytes of a frame, read as a word, say that a VLAN tag follows. */
export const VLAN_TAG: u16 = 0x0081;

/** Of a segment in mid-flow: whether it is among the datagrams that are noted. */
export function isSample(at: usize): bool {
  return ((load<u8>(at, 51) ^ load<u8>(at, 41)) & SAMPLE_MASK) === 0;
}

export function ipIdOf(at: usize): i32 {
  return (load<u8>(at, 18) << 8) | load<u8>(at, 19);
}

export function ipLengthOf(at: usize): i32 {
  return (load<u8>(at, 16) << 8) | load<u8>(at, 17);
}

export function ttlOf(at: usize): i32 {
  return load<u8>(at, 22);
}

/** Addresses and ports as numbers; of ports the source is the upper half. */
export function sourceOf(at: usize): i32 {
  return bswap(load<i32>(at, 26));
}

export function destinationOf(at: usize): i32 {
  return bswap(load<i32>(at, 30));
}

export function portsOf(at: usize): i32 {
  return bswap(load<i32>(at, 34));
}

export function sequenceOf(at: usize): i32 {
  return bswap(load<i32>(at, 38));
}

export function acknowledgmentOf(at: usize): i32 {
  return bswap(load<i32>(at, 42));
}

export function flagsOf(at: usize): i32 {
  return load<u8>(at, 47);
}

export function checksumOf(at: usize): i32 {
  return (load<u8>(at, 50) << 8) | load<u8>(at, 51);
}
