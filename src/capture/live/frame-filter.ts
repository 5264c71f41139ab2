/**
 * Capture filters of the plain form that captures of a cluster need, compiled for the kernel without libpcap: primitives joined by `or`,
 * as `arp or icmp6 or proto 112 or udp port 8848 or host 192.0.2.1`. Everything else is left to tcpdump, which has the whole language
 * (pcap-filter(7)). Classic BPF as in the Linux kernel: Documentation/networking/filter.rst; McCanne and Jacobson, "The BSD Packet
 * Filter", 1993.
 */
import { parseIp } from '../../decoders/address.ts';

/** One instruction, struct sock_filter: code, jump if true, jump if false, operand. */
export type Instruction = readonly [code: number, jt: number, jf: number, k: number];

/** What a frame begins with when the filter sees it: an Ethernet header, or nothing below IP (SOCK_DGRAM, tunnel interfaces). */
export type FrameBegin = 'ethernet' | 'network';

/** Most instructions that the kernel takes (BPF_MAXINSNS). */
export const MAX_INSTRUCTIONS = 4096;

/** Keeps every frame, `snapLength` bytes of it. */
export function keepAll(snapLength: number): Instruction[] {
  return [[RET, 0, 0, snapLength]];
}

/**
 * The program that gives `snapLength` for frames that the filter keeps, and 0 for others; null when the filter is not of the plain form, or
 * the program would be too long for the kernel. Written as `(F) or (vlan and (F))`, a filter also looks behind VLAN tags in the frame, up to
 * two; the outer tag is usually not in the frame but beside it.
 */
export function compilePlainFilter(filter: string, snapLength: number, begin: FrameBegin): Instruction[] | null {
  const [plain, tags] = withoutVlan(filter);
  const wanted = parsePlain(plain);
  if (wanted === null) return null;
  const program = new Program(snapLength, begin);
  program.dispatch(tags, wanted);
  return program.instructions.length > MAX_INSTRUCTIONS ? null : program.instructions;
}

function withoutVlan(filter: string): [plain: string, tags: 0 | 2] {
  const plain = /^\((.*)\) or \(vlan and \(\1\)\)$/.exec(filter.trim())?.[1];
  return plain === undefined ? [filter, 0] : [plain, 2];
}

/** What a plain filter keeps. */
interface Wanted {
  arp: boolean;
  readonly ipProtocols: Set<number>;
  readonly ip6Protocols: Set<number>;
  /** Ports by transport protocol. */
  readonly ports: Map<number, Set<number>>;
  readonly hosts: number[];
  readonly hosts6: (readonly number[])[];
}

const [ICMP, TCP, UDP, ICMP6, SCTP, FRAGMENT] = [1, 6, 17, 58, 132, 44];
const TRANSPORTS: Readonly<Record<string, readonly number[]>> = { tcp: [TCP], udp: [UDP], sctp: [SCTP], '': [TCP, UDP, SCTP] };

function parsePlain(filter: string): Wanted | null {
  const wanted: Wanted = { arp: false, ipProtocols: new Set(), ip6Protocols: new Set(), ports: new Map(), hosts: [], hosts6: [] };
  const isPlain = filter
    .trim()
    .split(/\s+or\s+/)
    .every((primitive) => want(primitive.trim().split(/\s+/), wanted));
  return isPlain ? wanted : null;
}

/** Adds one primitive; false when it is none of these. */
function want(words: readonly string[], wanted: Wanted): boolean {
  const [first = '', second, third] = words;
  if (words.length === 1) return wantWord(first, wanted);
  if (words.length === 2 && first === 'host') return wantHost(second ?? '', wanted);
  if (words.length === 2 && first === 'port') return wantPort('', second ?? '', wanted);
  if (words.length === 3 && second === 'port') return wantPort(first, third ?? '', wanted);
  const family = words.length === 3 ? first : '';
  const [keyword, number] = words.slice(-2);
  if (keyword !== 'proto' || words.length > 3 || !['', 'ip', 'ip6'].includes(family)) return false;
  const protocol = decimal(number ?? '', 255);
  if (protocol === null) return false;
  if (family !== 'ip6') wanted.ipProtocols.add(protocol);
  if (family !== 'ip') wanted.ip6Protocols.add(protocol);
  return true;
}

function wantWord(word: string, wanted: Wanted): boolean {
  if (word === 'arp') wanted.arp = true;
  else if (word === 'icmp') wanted.ipProtocols.add(ICMP);
  else if (word === 'icmp6') wanted.ip6Protocols.add(ICMP6);
  else return false;
  return true;
}

function wantHost(text: string, wanted: Wanted): boolean {
  const ip = parseIp(text);
  if (ip?.version === 4) wanted.hosts.push(ip.words[3] >>> 0);
  if (ip?.version === 6) wanted.hosts6.push(ip.words.map((word) => word >>> 0));
  return ip !== null;
}

function wantPort(transport: string, text: string, wanted: Wanted): boolean {
  const port = decimal(text, 65_535);
  const protocols = Object.hasOwn(TRANSPORTS, transport) ? TRANSPORTS[transport] : undefined;
  if (port === null || protocols === undefined) return false;
  for (const protocol of protocols) {
    const ports = wanted.ports.get(protocol) ?? new Set();
    wanted.ports.set(protocol, ports.add(port));
  }
  return true;
}

function decimal(text: string, most: number): number | null {
  return /^\d{1,5}$/.test(text) && Number(text) <= most ? Number(text) : null;
}

// Codes: class | size | mode (linux/bpf_common.h).
const LD_W_ABS = 0x20;
const LD_H_ABS = 0x28;
const LD_W_IND = 0x40;
const LD_H_IND = 0x48;
const LD_B_IND = 0x50;
const LDX_IMM = 0x01;
const LDX_MEM = 0x61;
const STX = 0x03;
const AND_K = 0x54;
const LSH_K = 0x64;
const ADD_X = 0x0c;
const JA = 0x05;
const JEQ_K = 0x15;
const JSET_K = 0x45;
const RET = 0x06;
const TAX = 0x07;
/** Where the kernel gives the Ethertype of a frame that has no Ethernet header (SKF_AD_OFF + SKF_AD_PROTOCOL). */
const SKF_AD_PROTOCOL = 0xfffff000;

const ARP = 0x0806;
const IPV4 = 0x0800;
const IPV6 = 0x86dd;
const TAGS = [0x8100, 0x88a8, 0x9100];

/** A program as it grows. X holds the length of the VLAN tags in the frame, and so does M[0]. */
class Program {
  readonly instructions: Instruction[] = [];
  private readonly snapLength: number;
  private readonly begin: FrameBegin;
  /** Offset of the network header when no VLAN tag is in the frame. */
  private readonly network: number;

  constructor(snapLength: number, begin: FrameBegin) {
    this.snapLength = snapLength;
    this.begin = begin;
    this.network = begin === 'ethernet' ? 14 : 0;
  }

  dispatch(tags: 0 | 2, wanted: Wanted): void {
    this.ethertype(tags);
    this.add(STX, 0);
    this.section(ARP, () => this.arp(wanted));
    this.section(IPV4, () => this.ipv4(wanted));
    this.section(IPV6, () => this.ipv6(wanted));
    this.drop();
  }

  /** Leaves the Ethertype in A and the length of the tags before it in X. */
  private ethertype(tags: number): void {
    this.add(LDX_IMM, 0);
    if (this.begin === 'ethernet') this.add(LD_H_ABS, 12);
    else this.add(LD_W_ABS, SKF_AD_PROTOCOL);
    if (tags === 0) return;
    // For each tag: three comparisons, then two instructions that a frame without it jumps over.
    const perTag = TAGS.length + 2;
    const length = tags * perTag;
    for (let tag = 0; tag < tags; tag++) {
      TAGS.forEach((tpid, i) => {
        const isLast = i === TAGS.length - 1;
        this.jump(JEQ_K, tpid, TAGS.length - 1 - i, isLast ? length - tag * perTag - TAGS.length : 0);
      });
      this.add(LDX_IMM, 4 * (tag + 1));
      this.add(LD_H_ABS, this.network + 2 + 4 * tag);
    }
  }

  /** Code for frames of one Ethertype, which must be in A before and is not changed for the others. */
  private section(ethertype: number, write: () => void): void {
    this.block(() => this.jump(JEQ_K, ethertype, 1, 0), write);
  }

  /** `test` jumps one instruction further than its end when `write` is to be run; else all of it is skipped, however long. */
  private block(test: () => void, write: () => void): void {
    test();
    const skip = this.instructions.length;
    this.add(JA, 0);
    write();
    this.instructions[skip] = [JA, 0, 0, this.instructions.length - skip - 1];
  }

  private arp(wanted: Wanted): void {
    if (wanted.arp) this.keep();
    // Sender and target protocol address (RFC 826) of Ethernet and IPv4.
    this.anyOf(LD_W_IND, this.network + 14, wanted.hosts);
    this.anyOf(LD_W_IND, this.network + 24, wanted.hosts);
    this.drop();
  }

  private ipv4(wanted: Wanted): void {
    const ip = this.network;
    this.anyOf(LD_B_IND, ip + 9, wanted.ipProtocols);
    this.anyOf(LD_W_IND, ip + 12, wanted.hosts);
    this.anyOf(LD_W_IND, ip + 16, wanted.hosts);
    this.ports(wanted.ports, ip + 9, () => {
      // Only the first fragment has ports.
      this.add(LD_H_IND, ip + 6);
      this.jump(JSET_K, 0x1fff, 0, 1);
      this.drop();
      this.add(LD_B_IND, ip);
      this.add(AND_K, 0xf);
      this.add(LSH_K, 2);
      this.add(ADD_X, 0);
      this.add(TAX, 0);
      return ip;
    });
    this.drop();
  }

  private ipv6(wanted: Wanted): void {
    const ip = this.network;
    this.anyOf(LD_B_IND, ip + 6, wanted.ip6Protocols);
    this.block(
      () => {
        this.add(LD_B_IND, ip + 6);
        this.jump(JEQ_K, FRAGMENT, 1, 0);
      },
      () => this.anyOf(LD_B_IND, ip + 40, wanted.ip6Protocols),
    );
    for (const words of wanted.hosts6) {
      this.address6(ip + 8, words);
      this.address6(ip + 24, words);
    }
    this.ports(wanted.ports, ip + 6, () => ip + 40);
    this.drop();
  }

  /** Keeps a frame whose value at X + `offset` is one of `values`. */
  private anyOf(load: number, offset: number, values: Iterable<number>): void {
    let isLoaded = false;
    for (const value of values) {
      if (!isLoaded) this.add(load, offset);
      isLoaded = true;
      this.jump(JEQ_K, value, 0, 1);
      this.keep();
    }
  }

  private address6(offset: number, words: readonly number[]): void {
    words.forEach((word, i) => {
      this.add(LD_W_IND, offset + 4 * i);
      // The comparisons and loads that follow, and the return.
      this.jump(JEQ_K, word, 0, 2 * (words.length - 1 - i) + 1);
    });
    this.keep();
  }

  /** `findTransport` leaves X so that X + what it returns is the offset of the ports. */
  private ports(ports: ReadonlyMap<number, ReadonlySet<number>>, protocolAt: number, findTransport: () => number): void {
    for (const [protocol, numbers] of ports) {
      this.block(
        () => {
          this.add(LDX_MEM, 0);
          this.add(LD_B_IND, protocolAt);
          this.jump(JEQ_K, protocol, 1, 0);
        },
        () => {
          const at = findTransport();
          this.anyOf(LD_H_IND, at, numbers);
          this.anyOf(LD_H_IND, at + 2, numbers);
          this.drop();
        },
      );
    }
  }

  private keep(): void {
    this.add(RET, this.snapLength);
  }

  private drop(): void {
    this.add(RET, 0);
  }

  private add(code: number, k: number): void {
    this.instructions.push([code, 0, 0, k]);
  }

  private jump(code: number, k: number, jt: number, jf: number): void {
    this.instructions.push([code, jt, jf, k]);
  }
}
