/**
 * Who says that an IP is at a MAC: ARP (RFC 826), neighbour discovery (RFC 4861) and VRRP, with who asked and who answered. Anybody can
 * send these frames, as many as he likes: so all of it is kept in columns of numbers, and every list has an end.
 */
import { Askings } from './askings.ts';
import { Chains } from './chains.ts';
import { withRoom } from './columns.ts';
import { Doorkeeper } from './doorkeeper.ts';
import { type FrameRef, frameRef } from './frame-ref.ts';
import { type HashKey, randomHashKey } from './hash.ts';
import { KeyedPairs } from './keyed-pairs.ts';
import { LogBook } from './log-book.ts';
import { MessageKind, Messages } from './messages.ts';

/**
 * `reply`: an answer to a question. `request`: a question whose sender gives this IP as its own. `gratuitous`: an announcement that
 * nobody asked for. `vrrp`: a VRRP advertisement that lists this IP.
 */
export type ClaimKind = Exclude<MessageKind, 'question'>;

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
/** Entries of all logs together. */
const MAX_LOGGED = 1 << 19;
/** Answers to one question arrive within this time. */
const ANSWER_WITHIN_NS = 1_000_000_000;
/** The same answer again within this time is a mirror's duplicate. */
const ECHO_WITHIN_NS = 50_000_000;

/** Words of what is kept about an address: its number, how many claims were left out, and whose claim was in the newest VRRP advert. */
const ABOUT = 8;
const ADDRESS = 0;
const LEFT_OUT = 1;
const ADVERTISED = 2;
/** Its logs. */
const LOG = 3;
const RACES = 4;
const RACERS = 5;
const PROBES = 6;
const DETECTIONS = 7;

/** Numbers of a claim: frame and time of the first message, and of the newest. */
const NUMBERS = 4;
const FIRST = 0;
const LAST = 2;
/** Words of a claim: the log of each kind of message, where a message would have its kind, and that of others; its VLAN. */
const CLAIM = 6;
const VLAN = 0;
const TOLD = 5;

export class Claims {
  /** Claims, and askers, that did not fit. */
  forgotten = 0;
  /** Whether every capture is running now: only then does a question without an answer mean that nobody gave one. */
  isWatched = true;
  /** What the logs keep. A question's detail is the log of its answers, as long as it is anybody's newest one or in a race. */
  readonly messages = new Messages();
  readonly logs = new LogBook(MAX_LOGGED);
  /** What each MAC asked about each IP. */
  readonly askings: Askings;
  /** All that was said of one IP being at one MAC: a claim is the number of such a pair of MAC and address number. */
  readonly pairs: KeyedPairs;
  #claimNumbers = new Float64Array(NUMBERS * 16);
  #claimWords = new Int32Array(CLAIM * 16);
  /** Rows about addresses, in the order in which these were first heard of; by address number the row, 0 before it was heard of. */
  #about = new Int32Array(ABOUT * 16);
  #aboutCount = 0;
  #rowOf = new Int32Array(16);
  readonly #claimsOf = new Chains();
  readonly #askingsOf = new Chains();
  /** MACs that claimed anything, each beside 0: their claims, and how many more addresses they claimed. */
  readonly #claimers: KeyedPairs;
  readonly #claimsBy = new Chains();
  #moreClaimed = new Int32Array(16);
  readonly #askers = new Doorkeeper();

  constructor(key: HashKey = randomHashKey()) {
    this.askings = new Askings(key);
    this.pairs = new KeyedPairs(key);
    this.#claimers = new KeyedPairs(key);
  }

  /** A question: who has `address`? `senderAddress` is 0 for a probe without sender address. */
  ask(ref: FrameRef, asker: number, to: number, toGroup: boolean, address: number, senderAddress: number): void {
    if (address === 0) return;
    const about = this.#aboutOf(address);
    const question = this.messages.add('question', ref, 0, asker, to, 0, 0);
    if (senderAddress === 0) this.#note(this.#logOf(about, DETECTIONS, 4, 4), question);
    if (!toGroup) this.#note(this.#logOf(about, PROBES, 8, 8), question);
    // A probe without sender address hopes for silence (RFC 5227 section 2.1.1, RFC 4862 section 5.4).
    this.#asked(about, question, ref, asker, toGroup, senderAddress !== 0 && this.isWatched);
    this.messages.release(question);
  }

  /** Notes a claim. Returns false for an echo of an answer just seen. */
  claim(kind: ClaimKind, ref: FrameRef, address: number, mac: number, sender: number, to: number, vlan: number, asksFor: number): boolean {
    if (address === 0) return true;
    const about = this.#aboutOf(address);
    const asking = kind === 'reply' ? this.#answeredBy(ref, address, to) : 0;
    const already = asking === 0 ? 0 : this.#answerOf(asking, mac);
    if (already !== 0 && ref.at - this.messages.at(already) < ECHO_WITHIN_NS) return false;
    const isAnswer = asking !== 0 && already === 0 && this.askings.answers(asking) < MAX_RACERS;
    const message = this.messages.add(kind, ref, mac, sender, to, asksFor, isAnswer ? this.askings.question(asking) : 0);
    if (isAnswer) this.#answered(about, asking, message);
    this.#claimed(about, kind, message, ref, address, mac, sender, vlan);
    this.messages.release(message);
    return true;
  }

  /** Numbers of the addresses that anything was said of, in the order in which they were first heard of. */
  get addresses(): number[] {
    return Array.from({ length: this.#aboutCount }, (_, i) => this.#about[(i + 1) * ABOUT + ADDRESS]!);
  }

  /** How many they are. */
  get addressCount(): number {
    return this.#aboutCount;
  }

  /** Whether anything was said of an address. */
  knows(address: number): boolean {
    return (this.#rowOf[address] ?? 0) !== 0;
  }

  /** The claims of an address, in the order of their first messages. */
  claimsOf(address: number): number[] {
    return this.#claimsOf.of(this.#rowOf[address] ?? 0);
  }

  countClaims(address: number): number {
    return this.#claimsOf.countOf(this.#rowOf[address] ?? 0);
  }

  /** Claims of an address by MACs beyond those that are kept. */
  leftOut(address: number): number {
    return this.#about[this.#rowOf[address]! * ABOUT + LEFT_OUT]!;
  }

  /** Who asked for an address: the numbers of the pairs. */
  askingsOf(address: number): number[] {
    return this.#askingsOf.of(this.#rowOf[address] ?? 0);
  }

  /** The claims of a MAC, and how many more addresses it claimed. */
  claimsBy(mac: number): { readonly claims: number[]; readonly more: number } {
    const claimer = this.#claimers.find(mac, 0);
    return { claims: this.#claimsBy.of(claimer), more: this.#moreClaimed[claimer] ?? 0 };
  }

  /** The log of every claim of an address; of VRRP adverts only those from another MAC than the one before. A log that was never needed is 0. */
  log(address: number): number {
    return this.#about[this.#rowOf[address]! * ABOUT + LOG]!;
  }

  /** The log of questions for an address that were answered with two or more MACs. */
  races(address: number): number {
    return this.#about[this.#rowOf[address]! * ABOUT + RACES]!;
  }

  /** The log of answers in races: one of each sender. */
  racers(address: number): number {
    return this.#about[this.#rowOf[address]! * ABOUT + RACERS]!;
  }

  /** The log of unicast questions: the asker's cache holds the MAC that it asks. */
  probes(address: number): number {
    return this.#about[this.#rowOf[address]! * ABOUT + PROBES]!;
  }

  /** The log of duplicate address detection: questions without a sender address. */
  detections(address: number): number {
    return this.#about[this.#rowOf[address]! * ABOUT + DETECTIONS]!;
  }

  vlan(claim: number): number {
    return this.#claimWords[claim * CLAIM + VLAN]!;
  }

  first(claim: number): FrameRef {
    const at = claim * NUMBERS + FIRST;
    return frameRef(this.#claimNumbers[at]!, this.#claimNumbers[at + 1]!);
  }

  last(claim: number): FrameRef {
    const at = claim * NUMBERS + LAST;
    return frameRef(this.#claimNumbers[at]!, this.#claimNumbers[at + 1]!);
  }

  /** The log of a claim's messages of a kind in frames from this very MAC. */
  events(claim: number, kind: ClaimKind): number {
    return this.#claimWords[claim * CLAIM + MessageKind[kind]]!;
  }

  /**
   * The log of messages in frames from other MACs, whatever their kind: who forges a message can name any MAC, and what others say of a
   * MAC is none of its own words.
   */
  told(claim: number): number {
    return this.#claimWords[claim * CLAIM + TOLD]!;
  }

  #aboutOf(address: number): number {
    this.#rowOf = withRoom(this.#rowOf, address + 1);
    const known = this.#rowOf[address]!;
    if (known !== 0) return known;
    const about = ++this.#aboutCount;
    this.#rowOf[address] = about;
    this.#about = withRoom(this.#about, about * ABOUT + ABOUT);
    this.#about[about * ABOUT + ADDRESS] = address;
    return about;
  }

  /** A log about an address, begun when it is needed. */
  #logOf(about: number, which: number, mostFirst: number, mostNewest: number): number {
    const at = about * ABOUT + which;
    if (this.#about[at] === 0) this.#about[at] = this.logs.open(mostFirst, mostNewest);
    return this.#about[at]!;
  }

  /** Adds a message to a log, which holds it; gives the one that it holds no longer, or 0. */
  #note(log: number, message: number): number {
    this.messages.hold(message);
    const dropped = this.logs.add(log, message);
    if (dropped !== 0) this.messages.release(dropped);
    return dropped;
  }

  #asked(about: number, question: number, ref: FrameRef, asker: number, isBroadcast: boolean, isAwaited: boolean): void {
    const address = this.#about[about * ABOUT + ADDRESS]!;
    let asking = this.askings.pairs.find(asker, address);
    if (asking === 0) {
      if (!this.#admitAsker(about, address, asker)) return;
      asking = this.askings.add(asker, address, ref);
      this.#askingsOf.append(about, asking);
    } else {
      const before = this.askings.question(asking);
      const age = ref.at - this.messages.at(before);
      if (age >= 0 && age < ECHO_WITHIN_NS) return;
      if (!this.#isRace(about, before)) this.#forgetAnswers(before);
      this.messages.release(before);
    }
    this.messages.hold(question);
    this.askings.ask(asking, question, ref, isBroadcast, isAwaited);
  }

  /** The asking whose newest question a reply may answer; 0 without one. */
  #answeredBy(ref: FrameRef, address: number, asker: number): number {
    const asking = this.askings.pairs.find(asker, address);
    if (asking === 0) return 0;
    return ref.at - this.messages.at(this.askings.question(asking)) <= ANSWER_WITHIN_NS ? asking : 0;
  }

  /** The first answer to the newest question that names a MAC; 0 without one. */
  #answerOf(asking: number, mac: number): number {
    if (this.askings.answers(asking) === 0) return 0;
    const answers = this.logs.entriesOf(this.messages.detail(this.askings.question(asking)));
    return answers.find((answer) => this.messages.mac(answer) === mac) ?? 0;
  }

  #answered(about: number, asking: number, answer: number): void {
    const { messages, logs } = this;
    const question = this.askings.question(asking);
    if (this.askings.answer(asking) === 1) messages.setDetail(question, logs.open(MAX_RACERS, 0));
    const log = messages.detail(question);
    this.#note(log, answer);
    const answers = logs.countOf(log);
    if (answers === 1) return;
    const racers = this.#logOf(about, RACERS, MAX_RACERS, 0);
    for (const each of answers === 2 ? logs.entriesOf(log) : [answer]) {
      const isKnown = logs.entriesOf(racers).some((racer) => messages.sender(racer) === messages.sender(each));
      if (!isKnown) this.#note(racers, each);
    }
    // One race a question: later answers join the first two.
    if (answers > 2) return;
    messages.hold(question);
    const dropped = logs.add(this.#logOf(about, RACES, 3, 2), question);
    if (dropped === 0) return;
    if (!this.#isNewest(about, dropped)) this.#forgetAnswers(dropped);
    messages.release(dropped);
  }

  /** Whether somebody waits for answers to a question still. */
  #isNewest(about: number, question: number): boolean {
    const asking = this.askings.pairs.find(this.messages.sender(question), this.#about[about * ABOUT + ADDRESS]!);
    return this.askings.question(asking) === question;
  }

  #isRace(about: number, question: number): boolean {
    const races = this.#about[about * ABOUT + RACES]!;
    return races !== 0 && this.logs.entriesOf(races).includes(question);
  }

  #forgetAnswers(question: number): void {
    const log = this.messages.detail(question);
    if (log === 0) return;
    this.messages.setDetail(question, 0);
    for (const answer of this.logs.entriesOf(log)) this.messages.release(answer);
    this.logs.close(log);
  }

  #claimed(
    about: number,
    kind: ClaimKind,
    message: number,
    { frame, at }: FrameRef,
    address: number,
    mac: number,
    sender: number,
    vlan: number,
  ): void {
    const known = this.pairs.find(mac, address);
    const claim = known === 0 ? this.#admit(about, address, mac) : known;
    if (claim === 0) {
      this.#about[about * ABOUT + LEFT_OUT]!++;
      return;
    }
    const numbers = this.#claimNumbers;
    const words = this.#claimWords;
    if (known === 0) {
      numbers[claim * NUMBERS + FIRST] = frame;
      numbers[claim * NUMBERS + FIRST + 1] = at;
      words[claim * CLAIM + VLAN] = vlan;
    }
    numbers[claim * NUMBERS + LAST] = frame;
    numbers[claim * NUMBERS + LAST + 1] = at;
    const which = claim * CLAIM + (sender === mac ? MessageKind[kind] : TOLD);
    if (words[which] === 0) {
      if (!this.logs.hasRoom) {
        this.forgotten++;
        return;
      }
      words[which] = kind === 'vrrp' ? this.logs.open(1, 1) : this.logs.open(3, 2);
    }
    this.#note(words[which]!, message);
    const advertised = this.#about[about * ABOUT + ADVERTISED]!;
    if (kind !== 'vrrp' || advertised !== claim) this.#note(this.#logOf(about, LOG, 32, 32), message);
    if (kind === 'vrrp') this.#about[about * ABOUT + ADVERTISED] = claim;
  }

  /** A flood of askers shows each of them once for each address; who is really there asks again. */
  #admitAsker(about: number, address: number, asker: number): boolean {
    if (this.#askingsOf.countOf(about) >= MAX_ASKERS_AN_ADDRESS) return false;
    const { pairs } = this.askings;
    if (pairs.count < ASKINGS_AT_ONCE || (pairs.count < MAX_ASKINGS && this.#askers.knows(pairs.hash(asker, address)))) return true;
    this.forgotten++;
    return false;
  }

  /** A new claim; 0 when there is no room for it. */
  #admit(about: number, address: number, mac: number): number {
    const known = this.#claimers.find(mac, 0);
    if (known !== 0 && this.#claimsBy.countOf(known) >= MAX_ADDRESSES_A_MAC) {
      this.#moreClaimed[known]!++;
      this.forgotten++;
      return 0;
    }
    if (this.#claimsOf.countOf(about) >= MAX_MACS_AN_ADDRESS || this.pairs.count >= MAX_CLAIMS || !this.logs.hasRoom) {
      this.forgotten++;
      return 0;
    }
    const claimer = known === 0 ? this.#claimers.add(mac, 0) : known;
    const claim = this.pairs.add(mac, address);
    this.#moreClaimed = withRoom(this.#moreClaimed, claimer + 1);
    this.#claimNumbers = withRoom(this.#claimNumbers, claim * NUMBERS + NUMBERS);
    this.#claimWords = withRoom(this.#claimWords, claim * CLAIM + CLAIM);
    this.#claimsOf.append(about, claim);
    this.#claimsBy.append(claimer, claim);
    return claim;
  }
}
