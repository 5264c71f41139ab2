/** A capture that shows no reply at all was taken where replies do not pass: silence is not judged. */
import { describe, expect, test } from 'vitest';
import { emptyFrame } from '../../src/capture/frame.ts';
import { type Given, NOTHING_GIVEN } from '../../src/cluster/given/given.ts';
import { formatIp } from '../../src/decoders/address.ts';
import { Packet, Transport } from '../../src/decoders/packet.ts';
import { casesIn, givenOf, truthOf } from '../support/fixtures.ts';
import { diagnoseAs, diagnoseRecorded, framesOf, type RecordedFrame, RecordedSource } from './recorded-frames.ts';

const ROLES: readonly (readonly [string, (name: string) => Given])[] = [
  ['inferred', () => NOTHING_GIVEN],
  ['given', (name) => givenOf(truthOf(name))],
];

/** What can be told of a lost reply where replies are out of sight: the client repeats its request. */
const TOLD_INSTEAD = 'handshake-never-completes';

describe.each(casesIn())('%s', (name) => {
  test.each(ROLES)('roles %s: with all replies removed rs-no-reply is not judged, and nothing new is told', async (_, rolesOf) => {
    const frames = framesOf(name);
    const whole = await diagnoseAs(frames, null, rolesOf(name));
    const { verdicts, findings } = await diagnoseAs(withoutReplies(name, frames), null, rolesOf(name));
    const judged = verdicts.filter((v) => v.rule === 'rs-no-reply' && v.verdict !== 'not judged');
    expect(judged.map((v) => `${v.subject}: ${v.verdict}`)).toEqual([]);
    const before = [TOLD_INSTEAD, ...whole.findings.map((f) => f.rule)];
    expect(findings.filter((f) => !before.includes(f.rule)).map((f) => `${f.rule}: ${f.message}`)).toEqual([]);
  });
});

test.each(casesIn().filter((name) => name.startsWith('healthy-')))(
  '%s: where a mirror lost all replies, the clients that go on tell that they were answered',
  async (name) => {
    const { findings } = await diagnoseRecorded(withoutReplies(name, framesOf(name)), name, 'given');
    expect(findings.filter((f) => f.severity !== 'info').map((f) => `${f.rule}: ${f.message}`)).toEqual([]);
  },
);

/** All frames but TCP, UDP and ICMP from a VIP. */
function withoutReplies(name: string, frames: readonly RecordedFrame[]): RecordedFrame[] {
  const vips = new Set(truthOf(name).topology.vips.map((vip) => (typeof vip === 'string' ? vip : vip.ip)));
  const source = new RecordedSource(frames);
  const frame = emptyFrame();
  const packet = new Packet();
  return frames.filter(() => {
    source.next(frame);
    packet.decode(frame);
    const { version, transport, source0, source1, source2, source3 } = packet;
    return version === 0 || transport === Transport.icmp6 || !vips.has(formatIp(version, source0, source1, source2, source3));
  });
}
