/**
 * Inputs made to break the program, each in the size of which a person would be afraid, and in a small one for the tests. Before what is
 * hostile stand, where that can be, the frames of a real fault: it must be found all the same.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { arp, BROADCAST, ethernet, ip, tcp, tunnelled, udp } from '../test/support/frame-bytes.ts';
import { CaptureWriter } from './capture-writer.ts';
import { collidingClients, collidingMacs } from './colliding.ts';
import type { Outcome, Running, Tool } from './tool.ts';

/** A limit, and an input made to break it. */
export interface LimitCase {
  readonly name: string;
  /** What the input is, in Markdown; N stands for the count. */
  readonly input: string;
  readonly full: number;
  readonly small: number;
  /** What must come of it. */
  readonly exit: number;
  /** In what it prints. */
  readonly says: RegExp;
  /** What it needs; a case whose need is not met is left out, and that is said. */
  readonly needs?: () => boolean;
  run(at: Place, count: number): Promise<Outcome>;
}

/** What a case works with. */
export interface Place {
  readonly tool: Pick<Tool, 'run' | 'start'>;
  /** For its files; removed afterwards. */
  readonly folder: string;
  /** A real capture with a fault. */
  readonly fault: string;
  /** Another, in which every role shows; its truth.json lies beside it. */
  readonly clusterWithFault: string;
}

const CLIENT = { mac: '52:54:00:00:00:07', ip: '198.51.100.7' };
const DIRECTOR = { mac: '52:54:00:00:00:02', ip: '203.0.113.2' };
const VIP = '203.0.113.100';
const SYN = tcp({ from: 40_000, to: 80, flags: 'S', sequence: 1 });
const FRAME = { sourceMac: 8, ipv4Source: 26, ports: 34, sequence: 38, arpSenderMac: 24, arpSenderIp: 28, arpTarget: 38 } as const;

const SECTION = Buffer.from('0a0d0d0a1c0000004d3c2b1a01000000ffffffffffffffff1c000000', 'hex');
const INTERFACE = Buffer.from('0100000014000000010000000000000014000000', 'hex');

/** A frame that is changed and written again and again. */
function template(bytes: Uint8Array): { bytes: Uint8Array; view: DataView } {
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length) };
}

const synFrom = (source = CLIENT.ip) => template(ethernet(CLIENT.mac, DIRECTOR.mac, ip(source, VIP, SYN)));

/** Diagnoses the fault with frames behind it. */
async function behindTheFault({ tool, folder, fault }: Place, write: (capture: CaptureWriter) => void): Promise<Outcome> {
  const path = join(folder, 'hostile.pcap');
  const capture = new CaptureWriter(path).pcapHeader().recordsOf(fault);
  write(capture);
  capture.close();
  return tool.run(['diagnose', path]);
}

/** Diagnoses a file of these pieces, one after the other. */
async function ofPieces({ tool, folder }: Place, pieces: Iterable<Uint8Array>, name = 'hostile.pcap'): Promise<Outcome> {
  const path = join(folder, name);
  const capture = new CaptureWriter(path);
  for (const piece of pieces) capture.raw(piece);
  capture.close();
  return tool.run(['diagnose', path]);
}

function* repeated(count: number, ...pieces: readonly Uint8Array[]): Generator<Uint8Array> {
  for (let i = 0; i < count; i++) yield* pieces;
}

function uint32s(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [i, value] of values.entries()) bytes.writeUInt32LE(value, 4 * i);
  return bytes;
}

/** A pcapng block around a body of whole words. */
function block(type: number, body: Uint8Array): Buffer {
  const total = 12 + body.length;
  return Buffer.concat([uint32s(type, total), body, uint32s(total)]);
}

/** An IPv4 packet whose header has all 40 bytes of options, and in it a TCP header with all of its own. */
function fullOfOptions(): Uint8Array {
  const frame = ethernet(CLIENT.mac, DIRECTOR.mac, ip(CLIENT.ip, VIP, SYN)).slice(0, 54);
  const options = new Uint8Array(40).fill(1);
  const bytes = Uint8Array.from([...frame.slice(0, 34), ...options, ...frame.slice(34), ...options]);
  bytes[14] = 0x4f;
  bytes[17] = bytes.length - 14;
  bytes[14 + 60 + 12] = 0xf0;
  return bytes;
}

/** As many extension headers as an IPv6 packet can hold, none of them the last. */
function extensionHeaders(bytes: number): Uint8Array {
  const frame = Buffer.alloc(54 + bytes);
  frame.set(ethernet(CLIENT.mac, DIRECTOR.mac, ip('2001:db8::7', '2001:db8::100', SYN)).subarray(0, 54));
  frame.writeUInt16BE(bytes, 18);
  frame[20] = 60;
  for (let at = 54; at < frame.length; at += 8) frame[at] = 60;
  return frame;
}

function nested(depth: number): Uint8Array {
  let packet = ip(CLIENT.ip, VIP, SYN);
  for (let i = 0; i < depth; i++) packet = ip(`10.0.${i}.1`, `10.0.${i}.2`, tunnelled(packet));
  return ethernet(CLIENT.mac, DIRECTOR.mac, packet);
}

export const CASES: readonly LimitCase[] = [
  {
    name: 'a record of 4 GB',
    input: 'a pcap whose last record claims 4,294,967,295 bytes, and has them',
    full: 1,
    small: 1,
    exit: 1,
    says: /claims 4294967295 captured bytes/,
    run: (at) => behindTheFault(at, (capture) => capture.frame(new Uint8Array(0), undefined, 0xffff_ffff).hole(0xffff_ffff)),
  },
  {
    name: 'a block of 4 GB',
    input: 'a pcapng whose block claims 4,294,967,292 bytes, and has them',
    full: 1,
    small: 1,
    exit: 2,
    says: /more than the 16777216 that are believed/,
    run: async ({ tool, folder }) => {
      const path = join(folder, 'hostile.pcapng');
      new CaptureWriter(path).raw(SECTION).raw(INTERFACE).raw(uint32s(6, 0xffff_fffc)).hole(0xffff_fffc).close();
      return tool.run(['diagnose', path]);
    },
  },
  {
    name: 'snapshot length 0',
    input: 'N frames of 60 bytes of which none was captured',
    full: 10_000_000,
    small: 2000,
    exit: 2,
    says: /No LVS cluster is recognised/,
    run: (at, count) => {
      const thousand = Buffer.concat([...repeated(1000, uint32s(1_900_000_000, 0, 0, 60))]);
      return ofPieces(at, [pcapHeaderAlone(), ...repeated(count / 1000, thousand)]);
    },
  },
  {
    name: 'a million interfaces',
    input: 'a pcapng with N interfaces in one section',
    full: 1_000_000,
    small: 66_000,
    exit: 2,
    says: /describes more than 65536 interfaces/,
    run: (at, count) => ofPieces(at, [SECTION, ...repeated(count, INTERFACE)], 'hostile.pcapng'),
  },
  {
    name: 'a million sections',
    input: 'a pcapng of N sections with an interface and an empty frame each',
    full: 1_000_000,
    small: 2000,
    exit: 2,
    says: /No LVS cluster is recognised/,
    run: (at, count) => ofPieces(at, repeated(count, SECTION, INTERFACE, block(6, uint32s(0, 0, 0, 0, 60))), 'hostile.pcapng'),
  },
  {
    name: 'endless options of pcapng',
    input: 'N interfaces, each with 4 million empty options (16 MB)',
    full: 60,
    small: 1,
    exit: 2,
    says: /holds no frame/,
    run: (at, count) => {
      const options = new Uint8Array(16_000_000);
      for (let i = 0; i < options.length; i += 4) options[i] = 1;
      return ofPieces(at, [SECTION, ...repeated(count, block(1, Buffer.concat([uint32s(1, 0), options])))], 'hostile.pcapng');
    },
  },
  {
    name: 'endless options of IPv4 and TCP',
    input: 'N frames with all 40 bytes of options in both headers',
    full: 5_000_000,
    small: 1000,
    exit: 1,
    says: /^FAULT/,
    run: (at, count) => {
      const { bytes, view } = template(fullOfOptions());
      return behindTheFault(at, (capture) => {
        for (let i = 0; i < count; i++) {
          view.setUint32(FRAME.ipv4Source, i);
          capture.frame(bytes);
        }
      });
    },
  },
  {
    name: 'endless extension headers',
    input: 'N IPv6 packets of 8,190 extension headers each',
    full: 20_000,
    small: 10,
    exit: 1,
    says: /^FAULT/,
    run: (at, count) => {
      const bytes = extensionHeaders(65_520);
      return behindTheFault(at, (capture) => {
        for (let i = 0; i < count; i++) capture.frame(bytes);
      });
    },
  },
  {
    name: 'nested VLANs',
    input: 'N frames with 370 VLAN tags each',
    full: 1_000_000,
    small: 1000,
    exit: 1,
    says: /^FAULT/,
    run: (at, count) => {
      const vlans = Array.from({ length: 370 }, (_, i) => i + 1);
      const bytes = ethernet(CLIENT.mac, DIRECTOR.mac, ip(CLIENT.ip, VIP, SYN), { vlans });
      return behindTheFault(at, (capture) => {
        for (let i = 0; i < count; i++) capture.frame(bytes);
      });
    },
  },
  {
    name: 'nested tunnels',
    input: 'N frames of 70 IP packets in each other',
    full: 1_000_000,
    small: 1000,
    exit: 1,
    says: /^FAULT/,
    run: (at, count) => {
      const { bytes, view } = template(nested(70));
      return behindTheFault(at, (capture) => {
        for (let i = 0; i < count; i++) {
          view.setUint32(FRAME.ipv4Source, i);
          capture.frame(bytes);
        }
      });
    },
  },
  {
    name: 'fragments that overlap and never end',
    input: 'N fragments of a thousand datagrams, at random offsets, none the last',
    full: 10_000_000,
    small: 2000,
    exit: 1,
    says: /^FAULT/,
    run: (at, count) => {
      const { bytes, view } = template(ethernet(CLIENT.mac, DIRECTOR.mac, ip(CLIENT.ip, VIP, udp(53, 53, new Array<number>(64).fill(0)))));
      return behindTheFault(at, (capture) => {
        for (let i = 0; i < count; i++) {
          view.setUint16(18, i % 1000);
          view.setUint16(20, 0x2000 | (Math.imul(i, 2_654_435_761) >>> 19));
          capture.frame(bytes);
        }
      });
    },
  },
  {
    name: 'ten million sources',
    input: 'N SYNs, each from another address',
    full: 10_000_000,
    small: 3000,
    exit: 1,
    says: /^FAULT/,
    run: (at, count) => requested(at, count, (i) => 0x0b00_0000 + i),
  },
  {
    name: 'clients that come again',
    input: 'N SYNs of 60,000 clients, each from the port that it had before',
    full: 10_000_000,
    small: 3000,
    exit: 1,
    says: /^FAULT/,
    run: (at, count) => requested(at, count, (i) => 0x0b00_0000 + (i % 60_000)),
  },
  {
    name: 'clients that collide',
    input: 'N SYNs of clients that a hash without a key puts into 1,024 slots of a table',
    full: 500_000,
    small: 3000,
    exit: 1,
    says: /^FAULT/,
    run: (at, count) => {
      const clients = collidingClients(count);
      return requested(at, count, (i) => clients[i]!);
    },
  },
  {
    name: 'ten million claimed addresses',
    input: 'N gratuitous ARP requests, each of another MAC for another address',
    full: 10_000_000,
    small: 3000,
    exit: 1,
    says: /^FAULT/,
    run: (at, count) =>
      claimed(at, count, (view, i) => {
        view.setUint32(FRAME.arpSenderMac, i);
        view.setUint32(FRAME.sourceMac, i);
        view.setUint32(FRAME.arpSenderIp, 0x0a00_0000 + i);
      }),
  },
  {
    name: 'addresses claimed again and again',
    input: 'N gratuitous ARP requests: 30,000 addresses, each claimed by a machine of its own, over and over',
    full: 10_000_000,
    small: 3000,
    exit: 1,
    says: /^FAULT/,
    run: (at, count) =>
      claimed(at, count, (view, i) => {
        view.setUint32(FRAME.arpSenderMac, i % 30_000);
        view.setUint32(FRAME.sourceMac, i % 30_000);
        view.setUint32(FRAME.arpSenderIp, 0x0a00_0000 + (i % 30_000));
      }),
  },
  {
    name: 'askers of every address',
    input: 'N ARP requests: 64,000 addresses, asked for by 64 machines each',
    full: 10_000_000,
    small: 3000,
    exit: 1,
    says: /^FAULT/,
    run: (at, count) =>
      claimed(at, count, (view, i) => {
        view.setUint32(FRAME.arpSenderMac, (i >>> 16) & 63);
        view.setUint32(FRAME.sourceMac, (i >>> 16) & 63);
        view.setUint32(FRAME.arpSenderIp, 0x0b00_0000 + ((i >>> 16) & 63));
        view.setUint32(FRAME.arpTarget, 0x0a00_0000 + (i % 64_000));
      }),
  },
  {
    name: 'MACs that collide',
    input: 'N ARP requests of MACs that all fall into one bucket of an unkeyed hash table',
    full: 1_000_000,
    small: 5000,
    exit: 1,
    says: /^FAULT/,
    run: (at, count) => {
      const macs = collidingMacs(Math.min(count, 65_000));
      return claimed(at, count, (view, i) => {
        const mac = macs[i % macs.length]!;
        view.setUint16(FRAME.arpSenderMac - 2, 0);
        view.setUint32(FRAME.arpSenderMac, mac);
        view.setUint32(FRAME.arpSenderIp, 0x0a00_0000 + (i % macs.length));
      });
    },
  },
  {
    name: 'a machine for every request',
    input: 'N SYNs, each from another machine to the director, which hands each back to where it came from',
    full: 20_000,
    small: 300,
    exit: 1,
    says: /^FAULT: Real server 203\.0\.113\.11 answers ARP.* without rewriting the destination MAC/,
    run: (at, count) =>
      inTheCluster(at, (capture, { director }) => {
        for (let i = 0; i < count; i++) {
          const packet = (ttl: number) => ip(CLIENT.ip, VIP, tcp({ from: 1024 + i, to: 80, flags: 'S', sequence: i }), { ttl });
          capture.frame(ethernet(machine(i), director, packet(64))).frame(ethernet(director, machine(i), packet(63)));
        }
      }),
  },
  {
    name: 'a real server for every request',
    input: 'N SYNs that the director hands on, each to another machine, which answers',
    full: 20_000,
    small: 300,
    exit: 1,
    says: /^FAULT: Real server 203\.0\.113\.11 answers ARP.* machines of a VIP.* were not followed/,
    run: (at, count) => exchanges(at, count, ({ director, gateway }, i) => [gateway, director, machine(i)]),
  },
  {
    name: 'a director for every request',
    input: 'N SYNs, each to another machine, which hands it on to a real server',
    full: 20_000,
    small: 300,
    exit: 1,
    says: /^FAULT: Real server 203\.0\.113\.11 answers ARP.* machines of a VIP.* were not followed/,
    run: (at, count) => exchanges(at, count, ({ realServer, gateway }, i) => [gateway, machine(i), realServer]),
  },
  {
    name: 'a gateway for every request',
    input: 'N SYNs, each from another machine to the director, which hands them on to a real server that answers to where they came from',
    full: 20_000,
    small: 300,
    exit: 1,
    says: /^FAULT: Real server 203\.0\.113\.11 answers ARP/,
    run: (at, count) => exchanges(at, count, ({ director, realServer }, i) => [machine(i), director, realServer]),
  },
  {
    name: 'another card for every request',
    input: 'N SYNs, each to another machine, while yet another one hands it on to a real server',
    full: 20_000,
    small: 300,
    exit: 1,
    says: /^FAULT: Real server 203\.0\.113\.11 answers ARP/,
    run: (at, count) =>
      inTheCluster(at, (capture, { gateway, realServer }) => {
        for (let i = 0; i < count; i++) {
          const packet = (ttl: number) => ip(CLIENT.ip, VIP, tcp({ from: 1024 + i, to: 80, flags: 'S', sequence: i }), { ttl });
          capture.frame(ethernet(gateway, machine(2 * i), packet(64))).frame(ethernet(machine(2 * i + 1), realServer, packet(63)));
        }
      }),
  },
  {
    name: 'a machine for every answer',
    input: 'N machines that ask for the VIP, are answered by a real server and by the director, and send to either',
    full: 20_000,
    small: 300,
    exit: 1,
    says: /^FAULT: 2 real servers answer ARP/,
    run: (at, count) =>
      inTheCluster(at, (capture, { director, realServer }) => {
        for (let i = 0; i < count; i++) {
          const asker = { mac: machine(i), ip: `10.1.${i >>> 8}.${i & 0xff}` };
          capture.frame(
            ethernet(asker.mac, BROADCAST, arp({ operation: 'request', senderMac: asker.mac, senderIp: asker.ip, targetIp: VIP })),
          );
          for (const mac of [realServer, director]) {
            const answer = arp({ operation: 'reply', senderMac: mac, senderIp: VIP, targetMac: asker.mac, targetIp: asker.ip });
            capture.frame(ethernet(mac, asker.mac, answer));
            capture.frame(ethernet(asker.mac, mac, ip(asker.ip, VIP, SYN)));
          }
        }
      }),
  },
  {
    name: 'real servers that nobody finds',
    input: 'N addresses for which the director asks three times in vain, with requests in between',
    full: 3000,
    small: 100,
    exit: 1,
    says: /^FAULT: Real server 203\.0\.113\.11 answers ARP.* \d+ machines do not answer the director's ARP requests/,
    run: (at, count) =>
      inTheCluster(at, (capture, { director, gateway }) => {
        for (let i = 0; i < 3 * count; i++) {
          const time = { seconds: 1_900_000_000 + Math.floor(i / count), microseconds: Math.floor(((i % count) * 1e6) / count) };
          const targetIp = `203.0.${120 + Math.floor((i % count) / 200)}.${1 + ((i % count) % 200)}`;
          const request = arp({ operation: 'request', senderMac: director, senderIp: DIRECTOR.ip, targetIp });
          capture.frame(ethernet(director, BROADCAST, request), time);
          capture.frame(ethernet(gateway, director, ip(CLIENT.ip, VIP, tcp({ from: 1024 + i, to: 80, flags: 'S', sequence: i }))), time);
        }
      }),
  },
  {
    name: 'a gzip bomb',
    input: 'N MiB of zeros behind a pcap header, a thousandth of that as gzip: each 16 bytes are an empty frame',
    full: 4096,
    small: 8,
    exit: 2,
    says: /No LVS cluster is recognised/,
    run: (at, count) =>
      ofPieces(at, [gzipSync(pcapHeaderAlone()), ...repeated(count, gzipSync(new Uint8Array(1 << 20)))], 'hostile.pcap.gz'),
  },
  {
    name: 'gzip of empty members',
    input: 'the fault as gzip between N members that hold nothing',
    full: 2_000_000,
    small: 2000,
    exit: 1,
    says: /^FAULT/,
    run: (at, count) => {
      const capture = readFileSync(at.fault);
      const empty = Buffer.concat([...repeated(1000, gzipSync(''))]);
      return ofPieces(
        at,
        [gzipSync(capture.subarray(0, 2000)), ...repeated(count / 1000, empty), gzipSync(capture.subarray(2000))],
        'hostile.pcap.gz',
      );
    },
  },
  {
    name: 'gzip of many members',
    input: 'N empty frames, each a gzip member of its own',
    full: 1_000_000,
    small: 1000,
    exit: 2,
    says: /No LVS cluster is recognised/,
    run: (at, count) => ofPieces(at, [gzipSync(pcapHeaderAlone()), ...repeated(count, gzipSync(new Uint8Array(16)))], 'hostile.pcap.gz'),
  },
  {
    name: 'gzip in gzip',
    input: 'a capture packed N times',
    full: 1000,
    small: 10,
    exit: 2,
    says: /gzip data inside compressed data/,
    run: async (at, count) => {
      let packed = readFileSync(at.fault);
      for (let i = 0; i < count; i++) packed = gzipSync(packed, { level: 1 });
      return ofPieces(at, [packed], 'hostile.pcap.gz');
    },
  },
  {
    name: 'a zstd bomb',
    input: 'N blocks of four bytes, each of which stands for 128 KiB of zeros',
    full: 32_768,
    small: 64,
    exit: 2,
    says: /No LVS cluster is recognised/,
    run: (at, count) => {
      const header = Buffer.concat([ZSTD_HEADER, storedBlock(pcapHeaderAlone())]);
      return ofPieces(at, [header, ...repeated(count, Buffer.from([0x02, 0x00, 0x10, 0])), Buffer.from([0x01, 0, 0])], 'hostile.pcap.zst');
    },
  },
  {
    name: 'zstd of empty frames',
    input: 'the fault as zstd behind N frames that hold nothing, and as many to be skipped',
    full: 1_000_000,
    small: 1000,
    exit: 1,
    says: /^FAULT/,
    run: (at, count) => {
      const empty = Buffer.concat([ZSTD_HEADER, Buffer.from([0x01, 0, 0])]);
      const skipped = Buffer.concat([uint32s(0x184d2a50, 0)]);
      const content = readFileSync(at.fault);
      const whole = Buffer.concat([ZSTD_HEADER, storedBlock(content), Buffer.from([0x01, 0, 0])]);
      return ofPieces(at, [...repeated(count, empty, skipped), whole], 'hostile.pcap.zst');
    },
  },
  {
    name: 'time that jumps',
    input: 'N frames at 1970, 2106 and between, in turns, with up to 4,294 s of microseconds',
    full: 3_000_000,
    small: 3000,
    exit: 1,
    says: /^FAULT/,
    run: (at, count) => {
      const { bytes, view } = synFrom();
      const times = [0, 0xffff_ffff, 1_900_000_000, 0x7fff_ffff, 0x8000_0000, 1];
      return behindTheFault(at, (capture) => {
        for (let i = 0; i < count; i++) {
          view.setUint32(FRAME.ipv4Source, i % 5000);
          capture.frame(bytes, { seconds: times[i % times.length]!, microseconds: i % 2 === 0 ? 0xffff_ffff : 999_999 });
        }
      });
    },
  },
  {
    name: 'time of every size',
    input: 'a pcapng of N interfaces whose clocks count from 1 s to 2<sup>-127</sup> s, with the largest time that each can say',
    full: 65_536,
    small: 256,
    exit: 2,
    says: /No LVS cluster is recognised/,
    run: (at, count) => {
      const interfaces = Array.from({ length: count }, (_, i) => {
        const offset = Buffer.alloc(8);
        offset.writeBigInt64LE(i % 3 === 0 ? 0x7fff_ffff_ffff_ffffn : i % 3 === 1 ? -0x8000_0000_0000_0000n : 0n);
        const options = Buffer.concat([Buffer.from([9, 0, 1, 0, i & 0xff, 0, 0, 0, 14, 0, 8, 0]), offset, uint32s(0)]);
        return block(1, Buffer.concat([uint32s(1, 0), options]));
      });
      const { bytes } = synFrom();
      const frame = (i: number) =>
        block(
          6,
          Buffer.concat([uint32s(i, 0xffff_ffff, 0xffff_ffff - i, bytes.length, bytes.length), bytes, new Uint8Array(-bytes.length & 3)]),
        );
      return ofPieces(at, [SECTION, ...interfaces, ...interfaces.map((_, i) => frame(i))], 'hostile.pcapng');
    },
  },
  {
    name: 'a file that shrinks',
    input: 'a capture of N SYNs, cut to half of its length while it is read',
    full: 5_000_000,
    small: 100_000,
    exit: 1,
    says: /^FAULT/,
    run: async ({ tool, folder, fault }, count) => {
      const path = join(folder, 'hostile.pcap');
      const { bytes, view } = synFrom();
      const capture = new CaptureWriter(path).pcapHeader().recordsOf(fault);
      for (let i = 0; i < count; i++) {
        view.setUint32(FRAME.ipv4Source, i % 1000);
        capture.frame(bytes);
      }
      capture.close();
      const running = tool.start(['diagnose', path, '--evidence', join(folder, 'evidence.pcapng')]);
      running.child.stdin.end();
      await readingOf(path, running);
      truncateSync(path, 24 + 70 * (count >> 1));
      return running.outcome;
    },
  },
  {
    name: 'a full disk: the report',
    input: '`-o` on a file system of 4 KiB that has N bytes in it already',
    full: 4096,
    small: 4096,
    exit: 2,
    says: /report\.txt cannot be written: the disk is full/,
    needs: canMount,
    run: (at, count) => onFullDisk(at, count, (disk) => ['diagnose', at.fault, '-o', join(disk, 'report.txt')]),
  },
  {
    name: 'a full disk: the evidence',
    input: '`--evidence` on a file system of 4 KiB that has N bytes in it already; the report is told',
    full: 4096,
    small: 4096,
    exit: 2,
    says: /^FAULT.*evidence\.pcapng cannot be written: the disk is full/,
    needs: canMount,
    run: (at, count) => onFullDisk(at, count, (disk) => ['diagnose', at.fault, '--evidence', join(disk, 'evidence.pcapng')]),
  },
  {
    name: 'a closed pipe',
    input: 'a trace of N flows whose reader leaves after its first bytes',
    full: 200_000,
    small: 2000,
    exit: 0,
    says: /^/,
    run: async ({ tool, folder, fault }, count) => {
      const path = join(folder, 'hostile.pcap');
      const { bytes, view } = synFrom();
      const capture = new CaptureWriter(path).pcapHeader().recordsOf(fault);
      for (let i = 0; i < count; i++) {
        view.setUint16(FRAME.ports + 2, i % 60_000);
        view.setUint32(FRAME.ipv4Source, i);
        capture.frame(bytes);
      }
      capture.close();
      const { child, outcome } = tool.start(['trace', path]);
      child.stdin.end();
      child.stdout.once('data', () => child.stdout.destroy());
      return outcome;
    },
  },
  {
    name: 'standard input that stalls, and Ctrl-C',
    input: 'the fault and N more frames on standard input, which stays open and brings nothing more; then SIGINT',
    full: 100_000,
    small: 10_000,
    exit: 130,
    says: /^FAULT.*interrupted; only the first [\d,]+ frames were read and judged/,
    run: (at, count) => stalled(at, count, 0, ({ child }) => child.kill('SIGINT')),
  },
  {
    name: 'standard input that stalls in a record',
    input: 'the fault and N more frames on standard input, which ends in the middle of the last one',
    full: 100_000,
    small: 10_000,
    exit: 1,
    says: /^FAULT.*The file ends inside a record/,
    run: (at, count) => stalled(at, count, 30, ({ child }) => child.stdin.end()),
  },
];

/** The n-th of many machines. */
function machine(n: number): string {
  return `52:54:01:${[n >>> 16, n >>> 8, n].map((byte) => (byte & 0xff).toString(16).padStart(2, '0')).join(':')}`;
}

interface RealMacs {
  readonly director: string;
  readonly realServer: string;
  readonly gateway: string;
}

/** Diagnoses the cluster with a fault with frames of its machines, and of others, behind it. */
function inTheCluster(at: Place, write: (capture: CaptureWriter, macs: RealMacs) => void): Promise<Outcome> {
  const { topology } = JSON.parse(readFileSync(join(dirname(at.clusterWithFault), 'truth.json'), 'utf8'));
  const macs = { director: topology.directors[0].mac, realServer: topology.realservers[0].mac, gateway: topology.gateway.mac };
  return behindTheFault({ ...at, fault: at.clusterWithFault }, (capture) => write(capture, macs));
}

/** There, SYNs of clients of their own, each from machine to machine, and the answer of the last to the first. */
function exchanges(at: Place, count: number, hopsOf: (macs: RealMacs, i: number) => readonly [string, string, string]): Promise<Outcome> {
  return inTheCluster(at, (capture, macs) => {
    for (let i = 0; i < count; i++) {
      const [first, second, last] = hopsOf(macs, i);
      const client = `198.51.${100 + (i >>> 8)}.${i & 0xff}`;
      const syn = tcp({ from: 40_000, to: 80, flags: 'S', sequence: i });
      const answer = tcp({ from: 80, to: 40_000, flags: 'S.', sequence: 7, acknowledgment: i + 1 });
      capture
        .frame(ethernet(first, second, ip(client, VIP, syn, { ttl: 64 })))
        .frame(ethernet(second, last, ip(client, VIP, syn, { ttl: 63 })))
        .frame(ethernet(last, first, ip(VIP, client, answer)));
    }
  });
}

/** All that was said, in one line. */
function saidBy({ stdout, stderr }: Outcome): string {
  return `${stdout} ${stderr}`.replace(/\s+/g, ' ').trim();
}

/** What is wrong about what came of an input; null when nothing is. */
export function complaintAbout({ exit, says }: LimitCase, outcome: Outcome): string | null {
  if (outcome.exit !== exit) return `it ended with ${outcome.exit} instead of ${exit}`;
  if (!says.test(saidBy(outcome))) return `it does not say ${says}`;
  if (/internal error|\n\s+at .*:\d+:\d+/.test(outcome.stderr)) return 'it shows its inside';
  return null;
}

const ZSTD_HEADER = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 7 << 3]);

function storedBlock(content: Uint8Array): Buffer {
  return Buffer.concat([uint32s(content.length << 3).subarray(0, 3), content]);
}

function pcapHeaderAlone(): Buffer {
  const header = Buffer.alloc(24);
  header.set([0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0]);
  header[20] = 1;
  return header;
}

/** Frames on standard input, more than any pipe holds, without the last bytes; `then` comes once the program has begun to read them. */
function stalled({ tool, fault, folder }: Place, count: number, missing: number, then: (running: Running) => void): Promise<Outcome> {
  const path = join(folder, 'hostile.pcap');
  const { bytes } = synFrom();
  const capture = new CaptureWriter(path).pcapHeader().recordsOf(fault);
  for (let i = 0; i < count; i++) capture.frame(bytes);
  capture.close();
  const running = tool.start(['diagnose', '-']);
  const content = readFileSync(path);
  running.child.stdin.write(content.subarray(0, content.length - missing), () => then(running));
  return running.outcome;
}

/** Until a process has read something of a file, or has ended. Only Linux tells; elsewhere it is at once. */
async function readingOf(path: string, { child, outcome }: Running): Promise<void> {
  let isOver = false;
  void outcome.then(() => {
    isOver = true;
  });
  const folder = `/proc/${child.pid}`;
  const hasRead = () =>
    readdirSync(`${folder}/fd`).some((fd) => {
      const isIt = readlinkSync(`${folder}/fd/${fd}`) === path;
      return isIt && !/^pos:\s+0$/m.test(readFileSync(`${folder}/fdinfo/${fd}`, 'utf8'));
    });
  while (!isOver && existsSync(folder)) {
    try {
      if (hasRead()) return;
    } catch {
      // What was there when the folder was read is gone by now.
    }
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** SYNs, the i-th from the i-th client, behind the fault. */
function requested(at: Place, count: number, clientOf: (i: number) => number): Promise<Outcome> {
  const { bytes, view } = synFrom();
  return behindTheFault(at, (capture) => {
    for (let i = 0; i < count; i++) {
      view.setUint32(FRAME.ipv4Source, clientOf(i));
      view.setUint32(FRAME.sequence, Math.imul(i, 2_654_435_761));
      capture.frame(bytes);
    }
  });
}

/** ARP requests behind the fault, each a little other than the one before. */
function claimed(at: Place, count: number, change: (view: DataView, i: number) => void): Promise<Outcome> {
  const { bytes, view } = template(
    ethernet(CLIENT.mac, BROADCAST, arp({ operation: 'request', senderMac: CLIENT.mac, senderIp: CLIENT.ip, targetIp: CLIENT.ip })),
  );
  return behindTheFault(at, (capture) => {
    for (let i = 0; i < count; i++) {
      change(view, i);
      capture.frame(bytes);
    }
  });
}

/** A file system may be mounted by root, where there is a mount command. */
function canMount(): boolean {
  return process.platform === 'linux' && process.getuid?.() === 0;
}

/** Runs the program with a full file system at hand. */
async function onFullDisk({ tool, folder }: Place, used: number, args: (disk: string) => string[]): Promise<Outcome> {
  const disk = join(folder, 'disk');
  mkdirSync(disk);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4k', 'limits', disk]);
  try {
    writeFileSync(join(disk, 'full'), new Uint8Array(used));
    return await tool.run(args(disk));
  } finally {
    execFileSync('umount', [disk]);
  }
}
