/** Capture files made by hand for tests: pcap and pcapng in either byte order. */

export type ByteOrder = 'little' | 'big';

/** Fields of a given width in bytes, one after the other. */
export function fields(order: ByteOrder, ...values: readonly [width: 1 | 2 | 4 | 8, value: number | bigint][]): Uint8Array {
  const bytes = new Uint8Array(values.reduce((sum, [width]) => sum + width, 0));
  const view = new DataView(bytes.buffer);
  const little = order === 'little';
  let at = 0;
  for (const [width, value] of values) {
    if (width === 8) view.setBigUint64(at, BigInt.asUintN(64, BigInt(value)), little);
    else if (width === 4) view.setUint32(at, Number(value), little);
    else if (width === 2) view.setUint16(at, Number(value), little);
    else view.setUint8(at, Number(value));
    at += width;
  }
  return bytes;
}

export function joined(...parts: readonly (Uint8Array | readonly Uint8Array[])[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts.flat()));
}

/** A frame of `length` bytes that begins with `first`. */
export function frameOf(length: number, first = 0): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (first + index) & 0xff);
}

export interface PcapHeader {
  readonly order?: ByteOrder;
  readonly magic?: number;
  readonly major?: number;
  readonly minor?: number;
  readonly snapLength?: number;
  readonly linkType?: number;
}

export function pcapHeader(header: PcapHeader = {}): Uint8Array {
  const { order = 'little', magic = 0xa1b2c3d4, major = 2, minor = 4, snapLength = 262_144, linkType = 1 } = header;
  return fields(order, [4, magic], [2, major], [2, minor], [4, 0], [4, 0], [4, snapLength], [4, linkType]);
}

export interface PcapRecord {
  readonly order?: ByteOrder;
  readonly seconds?: number;
  readonly fraction?: number;
  readonly captured?: number;
  readonly wireLength?: number;
  readonly data?: Uint8Array;
}

export function pcapRecord(record: PcapRecord = {}): Uint8Array {
  const { order = 'little', seconds = 1_700_000_000, fraction = 0, data = frameOf(60) } = record;
  const { captured = data.length, wireLength = data.length } = record;
  return joined(fields(order, [4, seconds], [4, fraction], [4, captured], [4, wireLength]), data);
}

/** A pcapng block around a body, padded to 32 bits. */
export function block(type: number, body: Uint8Array, order: ByteOrder = 'little'): Uint8Array {
  const padding = new Uint8Array(-body.length & 3);
  const total = 12 + body.length + padding.length;
  return joined(fields(order, [4, type], [4, total]), body, padding, fields(order, [4, total]));
}

/** A pcapng option, padded to 32 bits. */
export function option(code: number, value: Uint8Array, order: ByteOrder = 'little'): Uint8Array {
  return joined(fields(order, [2, code], [2, value.length]), value, new Uint8Array(-value.length & 3));
}

export function sectionHeader(order: ByteOrder = 'little', major = 1, minor = 0): Uint8Array {
  return block(0x0a0d0d0a, fields(order, [4, 0x1a2b3c4d], [2, major], [2, minor], [8, -1n]), order);
}

export interface InterfaceOptions {
  readonly order?: ByteOrder;
  readonly linkType?: number;
  readonly snapLength?: number;
  /** if_tsresol */
  readonly resolution?: number;
  /** if_tsoffset */
  readonly offset?: bigint;
}

export function interfaceDescription(options: InterfaceOptions = {}): Uint8Array {
  const { order = 'little', linkType = 1, snapLength = 0, resolution, offset } = options;
  const parts = [fields(order, [2, linkType], [2, 0], [4, snapLength])];
  if (resolution !== undefined) parts.push(option(9, fields(order, [1, resolution]), order));
  if (offset !== undefined) parts.push(option(14, fields(order, [8, offset]), order));
  if (parts.length > 1) parts.push(option(0, new Uint8Array(0), order));
  return block(1, joined(...parts), order);
}

export interface PacketBlock {
  readonly order?: ByteOrder;
  readonly from?: number;
  /** Count since 1970 in the interface's units. */
  readonly time?: bigint;
  readonly captured?: number;
  readonly wireLength?: number;
  readonly data?: Uint8Array;
}

const TIME = 1_700_000_000_000_000n;

export function enhancedPacket(packet: PacketBlock = {}): Uint8Array {
  const { order = 'little', from = 0, time = TIME, data = frameOf(60) } = packet;
  const { captured = data.length, wireLength = data.length } = packet;
  const head = fields(order, [4, from], [4, (time >> 32n) & 0xffff_ffffn], [4, time & 0xffff_ffffn], [4, captured], [4, wireLength]);
  return block(6, joined(head, data), order);
}

export function obsoletePacket(packet: PacketBlock = {}): Uint8Array {
  const { order = 'little', from = 0, time = TIME, data = frameOf(60) } = packet;
  const { captured = data.length, wireLength = data.length } = packet;
  const head = fields(order, [2, from], [2, 0], [4, time >> 32n], [4, time & 0xffff_ffffn], [4, captured], [4, wireLength]);
  return block(2, joined(head, data), order);
}

export function simplePacket(packet: PacketBlock = {}): Uint8Array {
  const { order = 'little', data = frameOf(60) } = packet;
  return block(3, joined(fields(order, [4, packet.wireLength ?? data.length]), data), order);
}

/** Interface statistics with isb_ifdrop and isb_osdrop. */
export function statistics(from: number, byInterface: bigint, bySystem: bigint): Uint8Array {
  const options = [option(5, fields('little', [8, byInterface])), option(7, fields('little', [8, bySystem])), option(0, new Uint8Array(0))];
  return block(5, joined(fields('little', [4, from], [4, 0], [4, 0]), ...options));
}
