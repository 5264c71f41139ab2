import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { LinkType } from '../../src/capture/frame.ts';
import { emptyHsrpMessage, readHsrp } from '../../src/decoders/hsrp.ts';
import { IpvsSyncReader } from '../../src/decoders/ipvs-sync.ts';
import { Packet, Transport } from '../../src/decoders/packet.ts';
import { emptyVrrpAdvert, readVrrp } from '../../src/decoders/vrrp.ts';
import { amongGarbage, bytesOf, exactFrame, fieldsOf } from './frame-of.ts';
import { samples } from './samples.ts';

const settings = { seed: 20_261_120, numRuns: 5000 };
const sample = fc.constantFrom(...Object.values(samples));
const flips = fc.array(fc.tuple(fc.nat({ max: 200 }), fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 4 });
const linkType = fc.constantFrom(...Object.values(LinkType), 147);

const packet = new Packet();
const reader = new IpvsSyncReader();
const advert = emptyVrrpAdvert();
const hsrp = emptyHsrpMessage();

/** Decodes bytes in a buffer of exactly their size, where a read past the end throws, and among others, where it would be silent. */
function decodeEverywhere(bytes: Uint8Array, type: number, wireLength: number): void {
  const frame = exactFrame(bytes, type, wireLength);
  packet.decode(frame);
  readVrrp(packet, frame.view, advert);
  readHsrp(packet, frame.view, hsrp);
  if (reader.begin(packet, frame.view)) {
    let connections = 0;
    while (reader.next()) connections++;
    expect(connections).toBeLessThanOrEqual(255);
  }
  if (packet.version !== 0) {
    expect(packet.ipEnd).toBeLessThanOrEqual(frame.end);
    expect(packet.payloadStart).toBeLessThanOrEqual(packet.ipEnd);
    expect(packet.payloadLength).toBeGreaterThanOrEqual(0);
  }
  if (packet.transport !== Transport.tcp) expect(packet.tcpFlags).toBe(0);
  const fields = fieldsOf(packet, frame);
  const among = amongGarbage(frame, 0x45);
  packet.decode(among);
  expect(fieldsOf(packet, among)).toEqual(fields);
}

test('a packet with flipped bytes is decoded without an exception and without a look at its neighbours', () => {
  fc.assert(
    fc.property(sample, flips, fc.nat({ max: 4 }), ({ hex, linkType: type }, changes, cut) => {
      const bytes = bytesOf(hex);
      for (const [at, mask] of changes) bytes[at % bytes.length]! ^= mask;
      decodeEverywhere(bytes.slice(0, bytes.length - cut), type, bytes.length);
    }),
    settings,
  );
});

test('any bytes of any link type are decoded without an exception', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), linkType, fc.nat({ max: 70_000 }), (bytes, type, wireLength) => {
      decodeEverywhere(bytes, type, wireLength);
    }),
    settings,
  );
});
