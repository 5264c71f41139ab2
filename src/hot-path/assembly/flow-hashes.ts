/** Hashes of a 5-tuple, the same in either direction, and of its two ends: see FlowHashes in src/correlation/flow-hashes.ts. */
import { HASHES } from '../layout';
import { key0, key1, key2, key3 } from './key';

/** Writes to HASHES; addresses are 32-bit integers, of IPv6 folded ones. */
export function hashFlow(sourceIp: i32, sourcePort: i32, destinationIp: i32, destinationPort: i32, protocol: i32): void {
  const source = endHash(sourceIp, sourcePort);
  const destination = endHash(destinationIp, destinationPort);
  const sum = source + destination + protocol;
  let first = (sum ^ (sum >>> 16)) * 0x7feb352d;
  first ^= first >>> 15;
  const both = secondEndHash(sourceIp, sourcePort) + secondEndHash(destinationIp, destinationPort);
  store<i32>(HASHES, first === 0 ? 1 : first);
  store<i32>(HASHES, both ^ (both >>> 16), 4);
  store<i32>(HASHES, source, 8);
  store<i32>(HASHES, destination, 12);
}

function endHash(ip: i32, port: i32): i32 {
  let h = (ip ^ key0) * 0x9e3779b1;
  h = (h ^ (h >>> 15) ^ ((port ^ key1) * 0x27d4eb2f)) * 0x85ebca77;
  return h ^ (h >>> 13);
}

function secondEndHash(ip: i32, port: i32): i32 {
  let h = ((ip + key2) * 0x2c1b3c6d) ^ ((port + key3) * 0x297a2d39);
  h = (h ^ (h >>> 12)) * 0x165667b1;
  return h ^ (h >>> 15);
}
