/** Healthy clusters of which only TCP was captured, as `tcpdump tcp port 80` does: without ARP the roles are harder to tell, and nobody is accused for sure. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { NOTHING_GIVEN } from '../../src/cluster/given/given.ts';
import { diagnose } from '../../src/diagnose.ts';
import { temporaryDirectory } from '../capture/read-capture.ts';
import { FIXTURES } from '../support/fixtures.ts';

const HEALTHY = readdirSync(FIXTURES).filter((name) => name.startsWith('healthy') && existsSync(join(FIXTURES, name, 'mirror.pcap')));

/** The records of a pcap file whose frames are TCP over IPv4, untagged. */
function tcpOnly(pcap: Buffer): Buffer {
  const kept = [pcap.subarray(0, 24)];
  for (let at = 24; at + 16 <= pcap.length; ) {
    const end = at + 16 + pcap.readUInt32LE(at + 8);
    if (pcap.readUInt16BE(at + 28) === 0x0800 && pcap[at + 39] === 6) kept.push(pcap.subarray(at, end));
    at = end;
  }
  return Buffer.concat(kept);
}

test.each(HEALTHY)('%s', async (name) => {
  const file = join(temporaryDirectory(), 'tcp.pcap');
  writeFileSync(file, tcpOnly(readFileSync(join(FIXTURES, name, 'mirror.pcap'))));
  const { findings } = await diagnose([{ name: file, point: null }], NOTHING_GIVEN);
  const sure = findings.filter(({ severity, confidence }) => severity !== 'info' && confidence !== 'possible');
  expect(sure.map(({ rule, culprits }) => [rule, ...culprits.map(({ mac }) => mac)])).toEqual([]);
});
