/**
 * Stories of a LAN, told hop by hop: who asks, who answers, which machine hands which packet to which. A story is read as a capture
 * is (`facts`), or written as one (`pcap`).
 *
 *     const { client, director, rs1, vip } = lan();
 *     const story = new Story().whoHas(client, vip).isAt(director, vip, client);
 *     story.tcp(client, vip).syn(client, director, rs1).synAck(rs1, client).ack(client, director, rs1);
 */
import { emptyFrame, type Frame, LinkType } from '../../src/capture/frame.ts';
import { Facts, type KnownAddress } from '../../src/correlation/facts.ts';
import type { HashKey } from '../../src/correlation/hash.ts';
import { formatMac } from '../../src/decoders/address.ts';
import { Packet } from '../../src/decoders/packet.ts';
import {
  arp,
  BROADCAST,
  ethernet,
  icmp,
  icmp6,
  ip,
  ipBytes,
  type Layer,
  neighbourAdvertisement,
  neighbourSolicitation,
  type Transport,
  tcp,
  tunnelled,
  u16,
  u32,
  udp,
  type VrrpFields,
  vrrp,
} from './frame-bytes.ts';

/** A machine: one network card with one address of its own. */
export interface Host {
  readonly name: string;
  readonly mac: string;
  readonly ip: string;
}

export type Version = 4 | 6;

/** The key of the tests' hashes: no result may depend on it, but a failure must repeat. */
export const KEY: HashKey = [0x01234567, 0x2468ace0, 0x13579bdf, 0x0f1e2d3c];

export function host(name: string, n: number, version: Version = 4): Host {
  return { name, mac: formatMac(0x5254_0000_0000 + n), ip: `${version === 4 ? '203.0.113.' : '2001:db8::'}${n}` };
}

/** The machines of the usual cluster, and its VIP. `remote` is a client beyond the gateway. */
export function lan(version: Version = 4) {
  const make = (name: string, n: number) => host(name, n, version);
  const gateway = make('gateway', 1);
  return {
    vip: version === 4 ? '203.0.113.100' : '2001:db8::100',
    gateway,
    director: make('director', 2),
    backup: make('backup', 3),
    rs1: make('rs1', 10),
    rs2: make('rs2', 11),
    rs3: make('rs3', 12),
    client: make('client', 13),
    remote: { name: 'remote', mac: gateway.mac, ip: version === 4 ? '198.51.100.7' : '2001:db8:f::7' },
  };
}

interface Told {
  readonly at: number;
  readonly bytes: Uint8Array;
  readonly isWatched: boolean;
}

export class Story {
  /** Nanoseconds since the first frame at which the next frame is captured. */
  now = 0;
  readonly #frames: Told[] = [];
  #port = 40_000;
  #vlans: readonly number[] = [];
  #ttl = 64;
  #isCooked = false;
  #snapLength = Number.POSITIVE_INFINITY;
  #isWatched = true;

  /** Number of the frame told last. */
  get frame(): number {
    return this.#frames.length;
  }

  /** Lets time pass. */
  wait(ms: number): this {
    this.now += Math.round(ms * 1e6);
    return this;
  }

  /** Tells what follows inside these VLANs, outermost first. */
  inVlan(...vlans: number[]): this {
    this.#vlans = vlans;
    return this;
  }

  /** Tells what follows with this TTL at the first hop. */
  fromTtl(ttl: number): this {
    this.#ttl = ttl;
    return this;
  }

  /** The whole story as `tcpdump -i any` shows it: without destination MACs (LINKTYPE_LINUX_SLL). */
  onAny(): this {
    this.#isCooked = true;
    return this;
  }

  /** The whole story as `tcpdump -s LENGTH` shows it. */
  shortTo(length: number): this {
    this.#snapLength = length;
    return this;
  }

  /** Tells what follows while one of several captures is not running, or all are again. */
  watched(isWatched: boolean): this {
    this.#isWatched = isWatched;
    return this;
  }

  /** Any frame; a tenth of a millisecond passes. */
  send(source: string, destination: string, layer: Layer): this {
    this.#tell(ethernet(source, destination, layer, { vlans: this.#vlans }));
    return this.wait(0.1);
  }

  /** The frames told last once more, as a mirror of both directions shows them. */
  again(frames = 1): this {
    for (const { bytes } of this.#frames.slice(-frames)) {
      this.#tell(bytes);
      this.wait(0.01);
    }
    return this;
  }

  #tell(bytes: Uint8Array): void {
    this.#frames.push({ at: this.now, bytes, isWatched: this.#isWatched });
  }

  // ------------------------------------------------------------------------------------------------ ARP and neighbour discovery

  /** A broadcast question; `tell` is the address that the asker gives as its own. */
  whoHas(asker: Host, target: string, tell: string = asker.ip): this {
    return this.#ask(asker, target, tell, BROADCAST);
  }

  /** A unicast question: the asker's entry for `target` holds `asked`. */
  checks(asker: Host, target: string, asked: Host): this {
    return this.#ask(asker, target, asker.ip, asked.mac);
  }

  /** A probe without sender address (RFC 5227; duplicate address detection). */
  probes(asker: Host, target: string): this {
    return this.#ask(asker, target, target.includes(':') ? '::' : '0.0.0.0', BROADCAST);
  }

  /** An answer to `asker`; `mac` when it is not the sender's own. */
  isAt(owner: Host, address: string, asker: Host, mac: string = owner.mac): this {
    if (address.includes(':')) {
      return this.send(owner.mac, asker.mac, ip(address, asker.ip, neighbourAdvertisement(address, mac, true), { ttl: 255 }));
    }
    const fields = { senderMac: mac, senderIp: address, targetMac: asker.mac, targetIp: asker.ip };
    return this.send(owner.mac, asker.mac, arp({ operation: 'reply', ...fields }));
  }

  /** Question and answer. */
  resolves(asker: Host, address: string, owner: Host): this {
    return this.whoHas(asker, address).isAt(owner, address, asker);
  }

  /** Gratuitous ARP, or an unsolicited neighbour advertisement to all nodes. */
  announces(owner: Host, address: string, operation: 'request' | 'reply' = 'request'): this {
    if (address.includes(':')) {
      return this.send(owner.mac, ALL_NODES_MAC, ip(address, 'ff02::1', neighbourAdvertisement(address, owner.mac, false), { ttl: 255 }));
    }
    const fields = { operation, senderMac: owner.mac, senderIp: address, targetIp: address };
    return this.send(owner.mac, BROADCAST, arp(fields));
  }

  #ask(asker: Host, target: string, tell: string, to: string): this {
    if (target.includes(':')) {
      const solicitation = neighbourSolicitation(target, tell === '::' ? null : asker.mac);
      return this.send(asker.mac, to === BROADCAST ? SOLICITED_NODE_MAC : to, ip(tell, target, solicitation, { ttl: 255 }));
    }
    return this.send(asker.mac, to, arp({ operation: 'request', senderMac: asker.mac, senderIp: tell, targetIp: target }));
  }

  // ------------------------------------------------------------------------------------------------ VRRP, ICMP

  /** A VRRP advertisement; `mac` when it comes from the group's virtual MAC. */
  advert(sender: Host, fields: VrrpFields, mac: string = sender.mac): this {
    const isIpv6 = sender.ip.includes(':');
    const packet = ip(sender.ip, isIpv6 ? 'ff02::12' : '224.0.0.18', vrrp(fields), { ttl: 255 });
    return this.send(mac, isIpv6 ? '33:33:00:00:00:12' : '01:00:5e:00:00:12', packet);
  }

  /** An ICMP "unreachable" about a packet of a flow: type 3, ICMPv6 type 1. */
  unreachable(from: Host, to: Host, source: string, about: Layer, code = 3): this {
    const isIpv6 = about.type === 0x86dd;
    const destination = to.ip;
    const error = isIpv6 ? icmp6(1, code, [0, 0, 0, 0, ...about.bytes]) : icmp(3, code, about);
    return this.send(from.mac, to.mac, ip(source, destination, error));
  }

  /** An ICMP "time exceeded" about a packet of a flow: type 11, ICMPv6 type 3. */
  timeExceeded(from: Host, to: Host, source: string, about: Layer): this {
    const error = about.type === 0x86dd ? icmp6(3, 0, [0, 0, 0, 0, ...about.bytes]) : icmp(11, 0, about);
    return this.send(from.mac, to.mac, ip(source, to.ip, error));
  }

  /** An ICMP "fragmentation needed" (type 3 code 4; ICMPv6 type 2) over these hops; `about` is the packet that did not fit. */
  tooBig(hops: readonly Host[], source: string, destination: string, about: Layer, mtu = 1400): this {
    const isIpv6 = about.type === 0x86dd;
    const error = isIpv6 ? icmp6(2, 0, [...u32(mtu), ...about.bytes]) : icmp(3, 4, about, [0, 0, ...u16(mtu)]);
    return this.carry((ttl) => ip(source, destination, error, { ttl }), hops);
  }

  /** A redirect (ICMP type 5, ICMPv6 type 137) that names `better` as the next hop to where `about` goes. */
  redirect(from: Host, to: Host, better: string, about: Layer): this {
    const target = about.type === 0x86dd ? about.bytes.slice(24, 40) : about.bytes.slice(16, 20);
    const body = icmp6(137, 0, [0, 0, 0, 0, ...ipBytes(better), ...target]);
    return this.send(from.mac, to.mac, ip(from.ip, to.ip, about.type === 0x86dd ? body : icmp(5, 1, about, ipBytes(better))));
  }

  /** An IPVS sync message (version 1) without connections. */
  syncs(director: Host, syncId: number): this {
    const message = udp(8848, 8848, [0, syncId, 0, 8, 0, 1, 0, 0]);
    return this.send(director.mac, '01:00:5e:00:00:51', ip(director.ip, '224.0.0.81', message));
  }

  // ------------------------------------------------------------------------------------------------ flows

  /** A TCP connection; a new client port for each, unless given. */
  tcp(client: Host | string, server: string, options: { port?: number; clientPort?: number; isn?: number } = {}): TcpFlow {
    const { port = 80, clientPort = this.#port++, isn = 1000 * clientPort } = options;
    return new TcpFlow(this, addressOf(client), server, clientPort, port, isn);
  }

  udp(client: Host | string, server: string, options: { port?: number; clientPort?: number } = {}): UdpFlow {
    const { port = 53, clientPort = this.#port++ } = options;
    return new UdpFlow(this, addressOf(client), server, clientPort, port);
  }

  /** A packet from machine to machine; each of them but the first lowers its TTL by one. */
  carry(packet: (ttl: number) => Layer, hops: readonly Host[]): this {
    for (let i = 1; i < hops.length; i++) this.send(hops[i - 1]!.mac, hops[i]!.mac, packet(this.#ttl - (i - 1)));
    return this;
  }

  // ------------------------------------------------------------------------------------------------ read as a capture

  /** What the frames say; `maxFlows` where so many flows are remembered at most. */
  facts(known: readonly KnownAddress[] = [], maxFlows?: number): Facts {
    const facts = new Facts(known, KEY, maxFlows);
    const packet = new Packet();
    this.captured().forEach((frame, i) => {
      packet.decode(frame);
      facts.isWatched = this.#frames[i]!.isWatched;
      facts.add(frame, packet);
    });
    return facts;
  }

  /** The frames as they are captured. */
  captured(): Frame[] {
    const linkType = this.#isCooked ? LinkType.linuxSll : LinkType.ethernet;
    return this.#frames.map((told, i) => {
      const whole = this.#isCooked ? cooked(told.bytes) : told.bytes;
      const bytes = whole.slice(0, this.#snapLength);
      const seconds = Math.floor(told.at / 1e9);
      const time = { seconds: START + seconds, nanoseconds: told.at - seconds * 1e9 };
      const length = { end: bytes.length, wireLength: whole.length };
      return { ...emptyFrame(), bytes, view: new DataView(bytes.buffer), ...length, ...time, number: i + 1, linkType };
    });
  }

  /** The frames as a pcap file (nanoseconds, big-endian). */
  pcap(): Uint8Array {
    const header = [...u32(0xa1b23c4d), ...u16(2), ...u16(4), ...u32(0), ...u32(0), ...u32(262_144), ...u32(LinkType.ethernet)];
    const records = this.#frames.flatMap(({ at, bytes }) => {
      const seconds = Math.floor(at / 1e9);
      return [...u32(START + seconds), ...u32(at - seconds * 1e9), ...u32(bytes.length), ...u32(bytes.length), ...bytes];
    });
    return Uint8Array.from([...header, ...records]);
  }
}

/** 2026-11-20T08:00:00Z. */
const START = 1_795_161_600;
const ALL_NODES_MAC = '33:33:00:00:00:01';
const SOLICITED_NODE_MAC = '33:33:ff:00:01:00';

/** An Ethernet frame as the cooked device gives it: packet type, ARPHRD_ETHER, source MAC, protocol. */
function cooked(bytes: Uint8Array): Uint8Array {
  const type = bytes[0] === 0xff ? 1 : (bytes[0]! & 1) === 1 ? 2 : 0;
  return Uint8Array.from([0, type, 0, 1, 0, 6, ...bytes.slice(6, 12), 0, 0, ...bytes.slice(12)]);
}

function addressOf(client: Host | string): string {
  return typeof client === 'string' ? client : client.ip;
}

/** One flow between a client's port and a service. Each method sends one packet over the hops given and returns the flow. */
abstract class Flow {
  readonly story: Story;
  readonly client: string;
  readonly server: string;
  readonly clientPort: number;
  readonly port: number;

  constructor(story: Story, client: string, server: string, clientPort: number, port: number) {
    this.story = story;
    this.client = client;
    this.server = server;
    this.clientPort = clientPort;
    this.port = port;
  }

  /** A packet of the client, for `server`. */
  abstract request(server?: string): Transport;

  /** A packet of the server, for the client. */
  abstract answer(): Transport;

  /** The request as an ICMP error quotes it. */
  get quoted(): Layer {
    return ip(this.client, this.server, this.request());
  }

  protected toward(hops: readonly Host[], transport: Transport, server = this.server): this {
    this.story.carry((ttl) => ip(this.client, server, transport, { ttl, id: this.#id() }), hops);
    return this;
  }

  protected from(hops: readonly Host[], transport: Transport, server = this.server): this {
    this.story.carry((ttl) => ip(server, this.client, transport, { ttl }), hops);
    return this;
  }

  /** The request from one machine to another inside an IPIP tunnel between their own addresses. */
  inTunnel(from: Host, to: Host): this {
    this.story.send(
      from.mac,
      to.mac,
      ip(from.ip, to.ip, tunnelled(ip(this.client, this.server, this.request(), { ttl: 63, id: this.#id() }))),
    );
    return this;
  }

  /** The packet from the server as an ICMP error quotes it. */
  get quotedAnswer(): Layer {
    return ip(this.server, this.client, this.answer());
  }

  /** The request with another destination, as NAT sends it on. */
  translated(to: string, ...hops: Host[]): this {
    return this.toward(hops, this.request(to), to);
  }

  #id(): number {
    return this.clientPort & 0xffff;
  }
}

export class TcpFlow extends Flow {
  readonly isn: number;

  constructor(story: Story, client: string, server: string, clientPort: number, port: number, isn: number) {
    super(story, client, server, clientPort, port);
    this.isn = isn;
  }

  request(): Transport {
    return this.#segment('S', this.isn);
  }

  syn(...hops: Host[]): this {
    return this.toward(hops, this.request());
  }

  ack(...hops: Host[]): this {
    return this.toward(hops, this.#segment('.', this.isn + 1, SERVER_ISN + 1));
  }

  data(...hops: Host[]): this {
    return this.toward(hops, this.#segment('P.', this.isn + 1, SERVER_ISN + 1, 77));
  }

  fin(...hops: Host[]): this {
    return this.toward(hops, this.#segment('F.', this.isn + 78, SERVER_ISN + 201));
  }

  /** The client's reset; `server` when it goes to whoever answered instead. */
  clientReset(hops: readonly Host[], server?: string): this {
    return this.toward(hops, this.#segment('R', this.isn + 1), server);
  }

  synAck(...hops: Host[]): this {
    return this.from(hops, this.#answer('S.', SERVER_ISN));
  }

  /** The SYN-ACK from another address. */
  synAckFrom(source: string, ...hops: Host[]): this {
    return this.from(hops, this.#answer('S.', SERVER_ISN), source);
  }

  reply(...hops: Host[]): this {
    return this.from(hops, this.#answer('P.', SERVER_ISN + 1, 78, 200));
  }

  /** A reset that answers the SYN. */
  refuse(...hops: Host[]): this {
    return this.from(hops, this.#answer('R.', 0));
  }

  /** A reset in the midst of the connection. */
  reset(...hops: Host[]): this {
    return this.from(hops, this.#answer('R.', SERVER_ISN + 1, 78));
  }

  /** SYN, SYN-ACK and ACK: requests over `there`, answers over `back`. */
  opens(there: readonly Host[], back: readonly Host[]): this {
    return this.syn(...there)
      .synAck(...back)
      .ack(...there);
  }

  /** A full-size segment from the server, as it is sent again and again when it is lost. */
  fullSegment(...hops: Host[]): this {
    return this.from(hops, this.#answer('.', SERVER_ISN + 1, 78, 1448));
  }

  /** A full-size segment from the client. */
  fullRequest(...hops: Host[]): this {
    return this.toward(hops, this.#segment('.', this.isn + 1, SERVER_ISN + 1, 1448));
  }

  answer(): Transport {
    return this.#answer('.', SERVER_ISN + 1, 78);
  }

  #segment(flags: string, sequence: number, acknowledgment = 0, length = 0): Transport {
    return tcp({ from: this.clientPort, to: this.port, flags, sequence, acknowledgment, length });
  }

  #answer(flags: string, sequence: number, acknowledges = 1, length = 0): Transport {
    return tcp({ from: this.port, to: this.clientPort, flags, sequence, acknowledgment: this.isn + acknowledges, length });
  }
}

const SERVER_ISN = 7_000_000;

export class UdpFlow extends Flow {
  request(): Transport {
    return udp(this.clientPort, this.port, [1, 2, 3, 4]);
  }

  asks(...hops: Host[]): this {
    return this.toward(hops, this.request());
  }

  answers(...hops: Host[]): this {
    return this.from(hops, this.answer());
  }

  /** The answer from another address. */
  answersFrom(source: string, ...hops: Host[]): this {
    return this.from(hops, this.answer(), source);
  }

  answer(): Transport {
    return udp(this.port, this.clientPort, [5, 6, 7, 8]);
  }
}
