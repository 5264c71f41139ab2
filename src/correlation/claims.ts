/**
 * Who says that an IP is at a MAC: ARP (RFC 826), neighbour discovery (RFC 4861) and VRRP, with who asked and who answered.
 * These frames are rare, so this is plain code; but anybody can send them, so every list has an end.
 */
import { BoundedLog, type Budget } from './bounded-log.ts';
import { Doorkeeper } from './doorkeeper.ts';
import type { FrameRef } from './frame-ref.ts';
import { finish, type HashKey, randomHashKey } from './hash.ts';
import { MacMap } from './mac-map.ts';

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
  told: BoundedLog<ClaimEvent>;
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

/** All that was said and asked about one IP. What nobody said or asked yet is the same empty list everywhere. */
export interface AddressClaims {
  readonly address: number;
  claims: ReadonlyMap<number, Claim>;
  /** Every claim in order of time; of VRRP adverts only those from another MAC than the one before. */
  log: BoundedLog<ClaimEvent>;
  /** MAC of the newest VRRP advert that lists this IP; 0 when there was none. */
  advertised: number;
  askings: ReadonlyMap<number, Asking>;
  races: BoundedLog<Race>;
  /** MACs that sent those answers. */
  racers: ReadonlySet<number>;
  probes: BoundedLog<CacheProbe>;
  /** Claims of MACs beyond those that are kept. */
  leftOut: number;
  /** Duplicate address detection: questions without a sender address. */
  detections: BoundedLog<{ readonly ref: FrameRef; readonly mac: number }>;
}

const NO_MAP: ReadonlyMap<number, never> = new Map<number, never>();
const NO_SET: ReadonlySet<number> = new Set();

/** More than the real servers of a large cluster: all of them may claim one VIP. */
const MAX_MACS_AN_ADDRESS = 64;
const MAX_ASKERS_AN_ADDRESS = 64;
const MAX_RACERS = 64;
/** More than the VIPs of a large cluster. */
const MAX_ADDRESSES_A_MAC = 1024;
/** Most (IP, MAC) pairs over all. */
const MAX_CLAIMS = 1 << 16;
/** Most (IP, asker) pairs over all; from three quarters of them on, a pair is admitted when it is heard of a second time. */
const MAX_ASKINGS = 1 << 16;
const ASKINGS_AT_ONCE = (MAX_ASKINGS >> 2) * 3;
/** Entries that all logs together keep, beyond a few in each. */
const MAX_LOGGED = 1 << 17;
/** Answers to one question arrive within this time. */
const ANSWER_WITHIN_NS = 1_000_000_000;
/** The same answer again within this time is a mirror's duplicate. */
const ECHO_WITHIN_NS = 50_000_000;

export class Claims {
  /** Claims, and askers, that did not fit. */
  forgotten = 0;
  readonly addresses = new Map<number, AddressClaims>();
  /** IPs that each MAC claimed; those beyond the bound are only counted. */
  readonly ofMac: MacMap<{ addresses: Set<number>; more: number }>;
  /** Whether every capture is running now: only then does a question without an answer mean that nobody gave one. */
  isWatched = true;
  #count = 0;
  #askings = 0;
  readonly #askers = new Doorkeeper();
  readonly #key: HashKey;
  readonly #budget: Budget = { left: MAX_LOGGED };

  constructor(key: HashKey = randomHashKey()) {
    this.#key = key;
    this.ofMac = new MacMap(key);
  }

  /** A question: who has `address`? `senderAddress` is 0 for a probe without sender address. */
  ask(ref: FrameRef, asker: number, to: number, toGroup: boolean, address: number, senderAddress: number): void {
    const about = this.of(address);
    if (about === null) return;
    if (senderAddress === 0) {
      if (about.detections === BoundedLog.NONE) about.detections = this.#log(4, 4);
      about.detections.add({ ref, mac: asker });
    }
    if (!toGroup) {
      if (about.probes === BoundedLog.NONE) about.probes = this.#log(8, 8);
      about.probes.add({ ref, asker, asked: to });
    }
    let asking = about.askings.get(asker);
    if (asking === undefined) {
      if (!this.#admitAsker(about, asker)) return;
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
      about.askings = put(about.askings, asker, asking);
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
      if (!this.#admit(about, address, mac)) {
        about.leftOut++;
        return true;
      }
      claim = {
        address,
        mac,
        vlan,
        counts: { reply: 0, request: 0, gratuitous: 0, vrrp: 0 },
        first: ref,
        last: ref,
        events: { reply: BoundedLog.NONE, request: BoundedLog.NONE, gratuitous: BoundedLog.NONE, vrrp: BoundedLog.NONE },
        told: BoundedLog.NONE,
      };
      about.claims = put(about.claims, mac, claim);
    }
    claim.last = ref;
    const event: ClaimEvent = { ref, kind, address, mac, sender, to, asksFor, request };
    if (sender === mac) {
      claim.counts[kind]++;
      if (claim.events[kind] === BoundedLog.NONE) claim.events[kind] = kind === 'vrrp' ? this.#log(1, 1) : this.#log(3, 2);
      claim.events[kind].add(event);
    } else {
      if (claim.told === BoundedLog.NONE) claim.told = this.#log(3, 2);
      claim.told.add(event);
    }
    if (kind !== 'vrrp' || about.advertised !== mac) {
      if (about.log === BoundedLog.NONE) about.log = this.#log(32, 32);
      about.log.add(event);
    }
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
        claims: NO_MAP,
        log: BoundedLog.NONE,
        advertised: 0,
        askings: NO_MAP,
        races: BoundedLog.NONE,
        racers: NO_SET,
        probes: BoundedLog.NONE,
        leftOut: 0,
        detections: BoundedLog.NONE,
      };
      this.addresses.set(address, about);
    }
    return about;
  }

  #race(about: AddressClaims, asking: Asking): void {
    const racers = new Set(about.racers);
    for (const { sender } of asking.answers) if (racers.size < MAX_RACERS) racers.add(sender);
    about.racers = racers;
    // One race a question: later answers join the entry made by the second one.
    if (asking.answers.length !== 2) return;
    if (about.races === BoundedLog.NONE) about.races = this.#log(3, 2);
    about.races.add({ request: asking.question, asker: asking.asker, answers: asking.answers });
  }

  #log<T>(keepFirst: number, keepLast: number): BoundedLog<T> {
    return new BoundedLog(keepFirst, keepLast, this.#budget);
  }

  /** A flood of askers shows each of them once for each address; who is really there asks again. */
  #admitAsker(about: AddressClaims, asker: number): boolean {
    if (about.askings.size >= MAX_ASKERS_AN_ADDRESS) return false;
    if (this.#askings >= ASKINGS_AT_ONCE) {
      const [key0, key1] = this.#key;
      const pair = finish(
        finish((asker % 0x1_0000_0000) ^ key0) ^ Math.floor(asker / 0x1_0000_0000) ^ Math.imul(about.address ^ key1, 0x9e3779b1),
      );
      if (this.#askings >= MAX_ASKINGS || !this.#askers.knows(pair)) {
        this.forgotten++;
        return false;
      }
    }
    this.#askings++;
    return true;
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

/** The map with one entry more: itself, unless it is the empty one that all share. */
function put<T>(map: ReadonlyMap<number, T>, key: number, value: T): ReadonlyMap<number, T> {
  return map === NO_MAP ? new Map([[key, value]]) : (map as Map<number, T>).set(key, value);
}
