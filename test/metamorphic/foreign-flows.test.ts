/** A busy LAN: a hundred thousand flows of other servers, with which the cluster has nothing to do, change nothing. */
import { expect, test } from 'vitest';
import { MODES } from '../support/fixtures.ts';
import { ethernet, ip, tcp } from '../support/frame-bytes.ts';
import { diagnoseRecorded, framesOf, type RecordedFrame } from './recorded-frames.ts';
import { told } from './told.ts';

const FLOWS = 100_000;
const SERVERS = 40;

const CASES = [
  'healthy-t1',
  'healthy-t5',
  'healthy-failover',
  'rs-answers-arp-t1',
  'rs-announces-vip-t5',
  'director-no-rewrite',
  'director-not-forwarding-drop',
  'reply-wrong-source-udp-t5',
  'rs-no-vip',
  'rs-service-down',
  'failover-no-garp',
  'mixed',
];

test.each(CASES.flatMap((name) => MODES.map((mode) => [name, mode] as const)))(
  '%s, roles %s: with 100,000 foreign flows at the same time the same findings are told',
  async (name, mode) => {
    const frames = framesOf(name);
    expect(told(await diagnoseRecorded(amongForeignFlows(frames), name, mode))).toEqual(told(await diagnoseRecorded(frames, name, mode)));
  },
);

/** The frames, and between them the foreign ones, evenly in time. The same three frames are changed and yielded again and again. */
function* amongForeignFlows(frames: readonly RecordedFrame[]): Generator<RecordedFrame> {
  const flow = foreignFlow();
  const timeOf = (frame: RecordedFrame) => frame.seconds + frame.nanoseconds / 1e9;
  const [start, end] = [timeOf(frames[0]!), timeOf(frames.at(-1)!)];
  let flows = 0;
  for (const frame of frames) {
    const due = Math.round((FLOWS * (timeOf(frame) - start)) / (end - start));
    for (; flows < due; flows++) for (const bytes of flow(flows)) yield { ...frame, bytes, wireLength: bytes.length };
    yield frame;
  }
}

const ROUTER = '0a:00:00:00:00:01';
const SERVER = '0a:00:00:00:01:00';

/** SYN, SYN-ACK and data between a client beyond a router and one of the servers; each flow with a client of its own. */
function foreignFlow(): (flow: number) => readonly Uint8Array[] {
  const client = '100.64.0.0';
  const server = '10.99.0.0';
  const syn = ethernet(ROUTER, SERVER, ip(client, server, tcp({ from: 40_000, to: 443, flags: 'S' })));
  const synAck = ethernet(SERVER, ROUTER, ip(server, client, tcp({ from: 443, to: 40_000, flags: 'S.' })));
  const data = ethernet(ROUTER, SERVER, ip(client, server, tcp({ from: 40_000, to: 443, flags: 'P.', length: 200 })));
  const sides = [syn, synAck, data].map((bytes, i) => ({ view: new DataView(bytes.buffer), isReply: i === 1 }));
  return (flow) => {
    const serving = flow % SERVERS;
    const sequence = Math.imul(flow + 1, 0x9e3779b1) >>> 0;
    for (const { view, isReply } of sides) {
      view.setUint8(isReply ? 11 : 5, serving);
      view.setUint8(isReply ? 29 : 33, serving + 1);
      view.setUint16(isReply ? 32 : 28, flow >>> 8);
      view.setUint8(isReply ? 33 : 29, flow & 0xff);
      view.setUint32(isReply ? 42 : 38, sequence);
      view.setUint16(50, sequence >>> 16);
    }
    return [syn, synAck, data];
  };
}
