import { describe, expect, test } from 'vitest';
import type { Frame } from '../../src/capture/frame.ts';
import { emptyHsrpMessage, readHsrp } from '../../src/decoders/hsrp.ts';
import { IpvsSyncReader } from '../../src/decoders/ipvs-sync.ts';
import { DecodeStatus, Packet } from '../../src/decoders/packet.ts';
import { emptyVrrpAdvert, readVrrp } from '../../src/decoders/vrrp.ts';
import { amongGarbage, fieldsOf, frameOf } from './frame-of.ts';
import { type Sample, samples } from './samples.ts';

const all: [string, Sample][] = Object.entries(samples);
const afterEverything = new Packet();

/** All that our decoders say of a frame. */
function told(packet: Packet, frame: Frame): unknown {
  packet.decode(frame);
  const advert = emptyVrrpAdvert();
  const hsrp = emptyHsrpMessage();
  const reader = new IpvsSyncReader();
  const connections: unknown[] = [];
  if (packet.destinationPort === 8848 && reader.begin(packet, frame.view)) {
    while (reader.next()) connections.push({ ...reader.connection });
  }
  return {
    ...fieldsOf(packet, frame),
    vrrp: readVrrp(packet, frame.view, advert) && { ...advert, addresses: [...advert.addresses] },
    hsrp: readHsrp(packet, frame.view, hsrp) && hsrp,
    connections,
  };
}

describe.each(all)('%s, cut after every byte', (_, sample) => {
  const length = sample.hex.length / 2;

  test('reads the same whatever stands behind it in the buffer', () => {
    for (let captured = 0; captured <= length; captured++) {
      const frame = frameOf(sample, captured);
      const exact = told(new Packet(), frame);
      for (const garbage of [0x00, 0x45, 0x60, 0xff]) expect(told(new Packet(), amongGarbage(frame, garbage))).toEqual(exact);
    }
  });

  test('leaves nothing of an earlier frame in the packet', () => {
    for (const [, earlier] of all) {
      for (const captured of [0, 13, 14, 33, 34, 54, length]) {
        afterEverything.decode(frameOf(earlier));
        const frame = frameOf(sample, Math.min(captured, length));
        expect(told(afterEverything, frame)).toEqual(told(new Packet(), frame));
      }
    }
  });

  test('is never malformed because the capture is short', () => {
    for (let captured = 0; captured <= length; captured++) {
      const packet = new Packet();
      packet.decode(frameOf(sample, captured));
      expect(packet.status).not.toBe(DecodeStatus.malformed);
    }
  });
});
