/**
 * Who says that an IP is at a MAC: ARP (RFC 826), neighbour discovery (RFC 4861) and VRRP, with who asked and who answered.
 * These frames are rare, so this is plain code; but anybody can send them, so every list has an end.
 */
import { BoundedLog } from './bounded-log.ts';
import type { FrameRef } from './frame-ref.ts';

/**
 * `reply`: an answer to a question. `request`: a question whose sender gives this IP as its own. `gratuitous`: an announcement that
 * nobody asked for. `vrrp`: a VRRP advertisement that lists this IP.
 */
export type ClaimKind = 'reply' | 'request' | 'gratuitous' | 'vrrp';

export interface ClaimEvent {
  readonly ref: FrameRef;
  readonly kind: ClaimKind;
  readonly address: number;
  /** The MAC that the IP is said to be at. */
  readonly mac: number;
  /** Source MAC of the frame that says so. */
  readonly sender: number;
  /** Whom the frame was sent to; a group address for broadcast. */
  readonly to: number;
  /** The IP that a `request` asks for, as an address number; 0 elsewhere. */
  readonly asksFor: number;
  /** The question that a `reply` answers, when it was seen. */
  readonly request: FrameRef | null;
}

/** All that was said of one IP being at one MAC. Who forges a message can name any MAC: what others say of a MAC is none of its own words. */
export interface Claim {
  readonly address: number;
  readonly mac: number;
  readonly vlan: number;
  /** Messages in frames from this very MAC. */
  readonly counts: Record<ClaimKind, number>;
  readonly first: FrameRef;
  last: FrameRef;
  readonly events: Record<ClaimKind, BoundedLog<ClaimEvent>>;
  /** Messages in frames from other MACs, whatever their kind. */
  readonly told: BoundedLog<ClaimEvent>;
}

/** An answer: that the IP is at `mac`, in a frame from `sender`. */
export interface Answer {
  readonly mac: number;
  readonly sender: number;
  readonly ref: FrameRef;
}

/** One question with answers that name two or more MACs. */
export interface Race {
  readonly request: FrameRef;
  readonly asker: number;
  readonly answers: Answer[];
}

/** What one MAC asked about one IP. */
export interface Asking {
  readonly asker: number;
  /** Broadcast (or solicited-node multicast) questions. */
  broadcasts: number;
  /** Broadcast questions that anybody answered. */
  answered: number;
  readonly first: FrameRef;
  last: FrameRef;
  /** Broadcast questions in a row that nobody answered: those now, and the longest row so far. */
  unanswered: Unanswered | null;
  longestUnanswered: Unanswered | null;
  /** The row now, without the newest question if that is one of it. */
  unansweredBefore: Unanswered | null;
  /** Newest question and its answers. */
  question: FrameRef;
  answers: Answer[];
}

/** Broadcast questions in a row without any answer. */
export interface Unanswered {
  readonly count: number;
  readonly first: FrameRef;
  readonly last: FrameRef;
}

/** A unicast question: the asker's cache holds the asked MAC for this IP. */
export interface CacheProbe {
  readonly ref: FrameRef;
  readonly asker: number;
  readonly asked: number;
}

/** All that was said and asked about one IP. */
export interface AddressClaims {
  readonly address: number;
  readonly claims: Map<number, Claim>;
  /** Every claim in order of time; of VRRP adverts only those from another MAC than the one before. */
  readonly log: BoundedLog<ClaimEvent>;
  /** MAC of the newest VRRP advert that lists this IP; 0 when there was none. */
  advertised: number;
  readonly askings: Map<number, Asking>;
  readonly races: BoundedLog<Race>;
  /** MACs that sent those answers. */
  readonly racers: Set<number>;
  readonly probes: BoundedLog<CacheProbe>;
  /** Duplicate address detection: questions without a sender address. */
  readonly detections: BoundedLog<{ readonly ref: FrameRef; readonly mac: number }>;
}

const MAX_MACS_AN_ADDRESS = 16;
const MAX_ASKERS_AN_ADDRESS = 64;
const MAX_RACERS = 16;
/** More than the VIPs of a large cluster. */
const MAX_ADDRESSES_A_MAC = 1024;
/** Most (IP, MAC) pairs over all. */
const MAX_CLAIMS = 1 << 16;
/** Answers to one question arrive within this time. */
const ANSWER_WITHIN_NS = 1_000_000_000;
/** The same answer again within this time is a mirror's duplicate. */
const ECHO_WITHIN_NS = 50_000_000;

export class Claims {
  /** Claims that did not fit. */
  forgotten = 0;
  readonly addresses = new Map<number, AddressClaims>();
  /** IPs that each MAC claimed; those beyond the bound are only counted. */
  readonly ofMac = new Map<number, { addresses: Set<number>; more: number }>();
  /** Whether every capture is running now: only then does a question without an answer mean that nobody gave one. */
  isWatched = true;
  #count = 0;

  /** A question: who has `address`? `senderAddress` is 0 for a probe without sender address. */
  ask(ref: FrameRef, asker: number, to: number, toGroup: boolean, address: number, senderAddress: number): void {
    const about = this.of(address);
    if (about === null) return;
    if (senderAddress === 0) about.detections.add({ ref, mac: asker });
    if (!toGroup) {
      about.probes.add({ ref, asker, asked: to });
    }
    let asking = about.askings.get(asker);
    if (asking === undefined) {
      if (about.askings.size >= MAX_ASKERS_AN_ADDRESS) return;
      asking = {
        asker,
        broadcasts: 0,
        answered: 0,
        first: ref,
        last: ref,
        unanswered: null,
        longestUnanswered: null,
        unansweredBefore: null,
        question: ref,
        answers: [],
      };
      about.askings.set(asker, asking);
    } else if (ref.at - asking.question.at >= 0 && ref.at - asking.question.at < ECHO_WITHIN_NS) {
      return;
    }
    asking.last = ref;
    asking.question = ref;
    asking.answers = [];
    asking.unansweredBefore = asking.unanswered;
    if (!toGroup) return;
    asking.broadcasts++;
    // A probe without sender address hopes for silence (RFC 5227 section 2.1.1, RFC 4862 section 5.4).
    if (senderAddress === 0 || !this.isWatched) return;
    const row = asking.unanswered;
    asking.unanswered = row === null ? { count: 1, first: ref, last: ref } : { count: row.count + 1, first: row.first, last: ref };
    if (asking.unanswered.count > (asking.longestUnanswered?.count ?? 0)) asking.longestUnanswered = asking.unanswered;
  }

  /** Notes a claim. Returns false for an echo of an answer just seen. */
  claim(kind: ClaimKind, ref: FrameRef, address: number, mac: number, sender: number, to: number, vlan: number, asksFor: number): boolean {
    const about = this.of(address);
    if (about === null) return true;
    let request: FrameRef | null = null;
    if (kind === 'reply') {
      const asking = about.askings.get(to);
      if (asking !== undefined && ref.at - asking.question.at <= ANSWER_WITHIN_NS) {
        const already = asking.answers.find((a) => a.mac === mac);
        if (already !== undefined) {
          if (ref.at - already.ref.at < ECHO_WITHIN_NS) return false;
        } else if (asking.answers.length < MAX_RACERS) {
          request = asking.question;
          asking.answers.push({ mac, sender, ref });
          if (asking.answers.length === 1) {
            asking.answered++;
            // The question just answered is none of the row.
            if (asking.longestUnanswered === asking.unanswered) asking.longestUnanswered = asking.unansweredBefore;
            asking.unanswered = null;
          } else this.#race(about, asking);
        }
      }
    }
    let claim = about.claims.get(mac);
    if (claim === undefined) {
      if (!this.#admit(about, address, mac)) return true;
      claim = {
        address,
        mac,
        vlan,
        counts: { reply: 0, request: 0, gratuitous: 0, vrrp: 0 },
        first: ref,
        last: ref,
        events: {
          reply: new BoundedLog(3, 2),
          request: new BoundedLog(3, 2),
          gratuitous: new BoundedLog(3, 2),
          vrrp: new BoundedLog(1, 1),
        },
        told: new BoundedLog(3, 2),
      };
      about.claims.set(mac, claim);
    }
    claim.last = ref;
    const event: ClaimEvent = { ref, kind, address, mac, sender, to, asksFor, request };
    if (sender === mac) {
      claim.counts[kind]++;
      claim.events[kind].add(event);
    } else claim.told.add(event);
    if (kind !== 'vrrp' || about.advertised !== mac) about.log.add(event);
    if (kind === 'vrrp') about.advertised = mac;
    return true;
  }

  /** What is kept about an address, made when there is room; null for address 0. */
  of(address: number): AddressClaims | null {
    if (address === 0) return null;
    let about = this.addresses.get(address);
    if (about === undefined) {
      about = {
        address,
        claims: new Map(),
        log: new BoundedLog(32, 32),
        advertised: 0,
        askings: new Map(),
        races: new BoundedLog(3, 2),
        racers: new Set(),
        probes: new BoundedLog(8, 8),
        detections: new BoundedLog(4, 4),
      };
      this.addresses.set(address, about);
    }
    return about;
  }

  #race(about: AddressClaims, asking: Asking): void {
    for (const { sender } of asking.answers) if (about.racers.size < MAX_RACERS) about.racers.add(sender);
    // One race a question: later answers join the entry made by the second one.
    if (asking.answers.length === 2) about.races.add({ request: asking.question, asker: asking.asker, answers: asking.answers });
  }

  #admit(about: AddressClaims, address: number, mac: number): boolean {
    let ofMac = this.ofMac.get(mac);
    if (ofMac === undefined) {
      if (this.ofMac.size >= MAX_CLAIMS) {
        this.forgotten++;
        return false;
      }
      ofMac = { addresses: new Set(), more: 0 };
      this.ofMac.set(mac, ofMac);
    }
    if (ofMac.addresses.size >= MAX_ADDRESSES_A_MAC) {
      ofMac.more++;
      this.forgotten++;
      return false;
    }
    if (about.claims.size >= MAX_MACS_AN_ADDRESS || this.#count >= MAX_CLAIMS) {
      this.forgotten++;
      return false;
    }
    ofMac.addresses.add(address);
    this.#count++;
    return true;
  }
}
