/** A SYN flood as it comes from the gateway: a new source in every frame, no replies; in between, ARP. */
import { ARP_EXCHANGES, DIRECTOR, GATEWAY, SERVICE_PORT, VIPS } from './cluster.mjs';
import { SYN, TcpSegment, writeArpExchange } from './frames.mjs';
import { mix } from './random.mjs';

const ARP_EVERY = 5000;

export class SynFlood {
  #out;
  #seed;
  #segment;
  #sources = 0;
  #arps = 0;

  /**
   * @param {import('./capture-file.mjs').CaptureFile} out
   * @param {{ seed: number }} options
   */
  constructor(out, { seed }) {
    this.#out = out;
    this.#seed = mix(seed);
    this.#segment = new TcpSegment(out, seed);
    for (const { asker, owner } of ARP_EXCHANGES) writeArpExchange(out, asker, owner);
  }

  /** The next packet or two. */
  next() {
    if (this.#out.packets >= (this.#arps + 1) * ARP_EVERY) {
      const { asker, owner } = ARP_EXCHANGES[this.#arps++ % ARP_EXCHANGES.length];
      writeArpExchange(this.#out, asker, owner);
    }
    const segment = this.#segment;
    const source = this.#newSource();
    segment.sourceIp = source;
    segment.destinationIp = VIPS[source % VIPS.length];
    segment.sourcePort = 1024 + (mix(source) % 60_000);
    segment.destinationPort = SERVICE_PORT;
    segment.flags = SYN;
    segment.sequence = mix(source ^ 0x5bd1e995);
    segment.acknowledgement = 0;
    segment.id = source;
    segment.pass(GATEWAY.mac, DIRECTOR.mac, 63);
  }

  /** Mixing is one to one, so no address comes twice; those that no router forwards, and the cluster's own network, are left out. */
  #newSource() {
    for (;;) {
      const ip = mix(this.#seed + this.#sources++);
      const first = ip >>> 24;
      if (first !== 0 && first !== 127 && first < 224 && first !== 203) return ip;
    }
  }
}
