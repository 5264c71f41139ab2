/**
 * The traffic of a healthy cluster as a mirror port sees it: each packet of a client passes twice, gateway to director and, one TTL less, director to real
 * server; each reply passes once, real server to gateway. In between, ARP. Up to 2,000 connections are open at a time, at random places of their course.
 */
import { ARP_EXCHANGES, DIRECTOR, GATEWAY, REAL_SERVERS, SERVICE_PORT, VIPS } from './cluster.mjs';
import { ACK, FIN_ACK, FIN_PSH_ACK, PSH_ACK, SYN, SYN_ACK, TcpSegment, writeArpExchange } from './frames.mjs';
import { mix, Random } from './random.mjs';

const OPEN_AT_ONCE = 2000;
const ARP_EVERY = 5000;
/** Packets that open and close a connection: SYN twice, SYN-ACK; FIN twice, the last ACK. */
const OPEN_AND_CLOSE = 6;
/** Packets of a round in between: the client twice, two replies. */
const ROUND = 4;
const REQUEST_BYTES = 180;
const SEGMENT_BYTES = 1448;
const CLIENT_NETWORK = 0x0a000000;
const PORTS_PER_CLIENT = 16;

export class MirrorPort {
  #out;
  #flows;
  #rounds;
  #random;
  #seed;
  #segment;
  #started = 0;
  /** Connections that are open, by number since the start, and how far each is. */
  #open;
  #step;
  #arps = 0;

  /**
   * @param {import('./capture-file.mjs').CaptureFile} out
   * @param {{ packets: number, flows: number, seed: number }} options so many different connections over so many packets, where these suffice
   */
  constructor(out, { packets, flows, seed }) {
    this.#out = out;
    this.#flows = flows;
    this.#rounds = Math.max(1, Math.floor((packets / flows - OPEN_AND_CLOSE) / ROUND));
    this.#random = new Random(seed);
    this.#seed = mix(seed);
    this.#segment = new TcpSegment(out, seed);
    this.#open = Float64Array.from({ length: Math.min(flows, OPEN_AT_ONCE) }, () => this.#started++);
    this.#step = new Int32Array(this.#open.length);
    for (const { asker, owner } of ARP_EXCHANGES) writeArpExchange(out, asker, owner);
  }

  /** The next few packets. */
  next() {
    if (this.#out.packets >= (this.#arps + 1) * ARP_EVERY) {
      const { asker, owner } = ARP_EXCHANGES[this.#arps++ % ARP_EXCHANGES.length];
      writeArpExchange(this.#out, asker, owner);
    }
    const i = this.#random.next() % this.#open.length;
    const connection = this.#open[i];
    const step = this.#step[i];
    if (step === 0) this.#opens(connection);
    else if (step <= this.#rounds) this.#exchanges(connection, step);
    else this.#closes(connection);
    if (step <= this.#rounds) this.#step[i] = step + 1;
    else {
      this.#open[i] = this.#started++;
      this.#step[i] = 0;
    }
  }

  #opens(connection) {
    const [client, server] = this.#starts(connection);
    this.#request(connection, SYN, client, 0, 0, 63);
    this.#reply(connection, SYN_ACK, server, client + 1, 0);
  }

  #exchanges(connection, round) {
    const [client, server] = this.#starts(connection);
    const first = round === 1;
    const last = round === this.#rounds;
    const asked = client + 1 + REQUEST_BYTES;
    const from = server + 1 + (round - 1) * 2 * SEGMENT_BYTES;
    if (first) this.#request(connection, PSH_ACK, client + 1, from, REQUEST_BYTES);
    else this.#request(connection, ACK, asked, from, 0);
    this.#reply(connection, ACK, from, asked, SEGMENT_BYTES);
    this.#reply(connection, last ? FIN_PSH_ACK : ACK, from + SEGMENT_BYTES, asked, SEGMENT_BYTES);
  }

  #closes(connection) {
    const [client, server] = this.#starts(connection);
    const asked = client + 1 + REQUEST_BYTES;
    const answered = server + 2 + this.#rounds * 2 * SEGMENT_BYTES;
    this.#request(connection, FIN_ACK, asked, answered, 0);
    this.#reply(connection, ACK, answered, asked + 1, 0);
  }

  /** The initial sequence numbers of both sides: new for each connection, also where one uses addresses and ports again. */
  #starts(connection) {
    return [mix(connection * 2 + this.#seed), mix(connection * 2 + 1 + this.#seed)];
  }

  #request(connection, flags, sequence, acknowledgement, payload) {
    const flow = connection % this.#flows;
    const segment = this.#segment;
    segment.sourceIp = CLIENT_NETWORK + 1 + Math.floor(flow / PORTS_PER_CLIENT);
    segment.destinationIp = VIPS[flow % VIPS.length];
    segment.sourcePort = clientPort(flow);
    segment.destinationPort = SERVICE_PORT;
    this.#describe(flags, sequence, acknowledgement, payload);
    segment.pass(GATEWAY.mac, DIRECTOR.mac, 63);
    segment.pass(DIRECTOR.mac, realServer(flow).mac, 62);
  }

  #reply(connection, flags, sequence, acknowledgement, payload) {
    const flow = connection % this.#flows;
    const segment = this.#segment;
    segment.sourceIp = VIPS[flow % VIPS.length];
    segment.destinationIp = CLIENT_NETWORK + 1 + Math.floor(flow / PORTS_PER_CLIENT);
    segment.sourcePort = SERVICE_PORT;
    segment.destinationPort = clientPort(flow);
    this.#describe(flags, sequence, acknowledgement, payload);
    segment.pass(realServer(flow).mac, GATEWAY.mac, 64);
  }

  #describe(flags, sequence, acknowledgement, payload) {
    const segment = this.#segment;
    segment.flags = flags;
    segment.sequence = sequence >>> 0;
    segment.acknowledgement = acknowledgement >>> 0;
    segment.id = this.#random.next();
    segment.payload = payload;
    segment.content = sequence;
  }
}

function clientPort(flow) {
  return 20_000 + (flow % PORTS_PER_CLIENT) * 1000 + (Math.floor(flow / PORTS_PER_CLIENT) % 997);
}

function realServer(flow) {
  return REAL_SERVERS[mix(flow) % REAL_SERVERS.length];
}
