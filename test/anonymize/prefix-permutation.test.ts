import { expect, test } from 'vitest';
import { PrefixPermutation } from '../../src/anonymize/prefix-permutation.ts';
import { formatIpv4, parseIpv4 } from '../../src/decoders/address.ts';

/** Key and addresses of the sample that its authors published with Crypto-PAn. */
const SAMPLE_KEY = Uint8Array.of(
  21,
  34,
  23,
  141,
  51,
  164,
  207,
  128,
  19,
  10,
  91,
  22,
  73,
  144,
  125,
  16,
  216,
  152,
  143,
  131,
  121,
  121,
  101,
  39,
  98,
  87,
  76,
  45,
  42,
  132,
  34,
  2,
);

test.each([
  ['128.11.68.132', '135.242.180.132'],
  ['129.118.74.4', '134.136.186.123'],
  ['130.132.252.244', '133.68.164.234'],
  ['141.223.7.43', '141.167.8.160'],
  ['141.233.145.108', '141.129.237.235'],
  ['152.163.225.39', '151.140.114.167'],
  ['156.29.3.236', '147.225.12.42'],
  ['165.247.96.84', '162.9.99.234'],
  ['166.107.77.190', '160.132.178.185'],
  ['192.102.249.13', '252.138.62.131'],
])('%s becomes %s, as with Crypto-PAn', (address, expected) => {
  const permutation = new PrefixPermutation(SAMPLE_KEY, { bits: 32 });
  expect(formatIpv4(Number(permutation.map(BigInt(parseIpv4(address)! >>> 0))))).toBe(expected);
});
