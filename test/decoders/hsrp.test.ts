import { expect, test } from 'vitest';
import { formatIp, formatMac } from '../../src/decoders/address.ts';
import { emptyHsrpMessage, readHsrp } from '../../src/decoders/hsrp.ts';
import { Packet } from '../../src/decoders/packet.ts';
import { frameOf } from './frame-of.ts';
import { type Sample, samples } from './samples.ts';

function read(sample: Sample, captured?: number) {
  const frame = frameOf(sample, captured);
  const packet = new Packet();
  packet.decode(frame);
  const message = emptyHsrpMessage();
  if (!readHsrp(packet, frame.view, message)) return null;
  return {
    ...message,
    virtual: formatIp(message.addressVersion, message.virtual0, message.virtual1, message.virtual2, message.virtual3),
    mac: formatMac(message.virtualMac),
  };
}

test('a version 1 hello names the group’s virtual gateway', () => {
  expect(read(samples.hsrp)).toMatchObject({
    version: 1,
    operation: 0,
    isActive: false,
    group: 1,
    virtual: '192.168.0.1',
    mac: '00:00:0c:07:ac:01',
  });
});

test('the active router of version 2 says so', () => {
  expect(read(samples.hsrp2)).toMatchObject({
    version: 2,
    isActive: true,
    group: 5,
    priority: 110,
    virtual: '192.168.1.1',
    mac: '00:00:0c:9f:f0:05',
  });
});

test('a message cut by the capture is not read', () => {
  expect(read(samples.hsrp, 14 + 20 + 8 + 19)).toBeNull();
  expect(read(samples.hsrp2, 14 + 20 + 8 + 41)).toBeNull();
});

test('another datagram is no HSRP', () => {
  expect(read(samples.udp)).toBeNull();
});
