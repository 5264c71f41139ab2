/**
 * What was said about an address, put into words when it is asked for: rules look at a few addresses closely, and at each of thirty
 * thousand only whether anything is amiss.
 */
import type { ClaimKind, Claims } from '../correlation/claims.ts';
import type { AddressSeen, AskingSeen, ClaimSeen, ClaimsOfMac, Ip, Mac, RaceSeen } from './observations.ts';

/** Facts, and how their numbers are told. */
export interface Words {
  readonly claims: Claims;
  ip(address: number): Ip;
  mac(mac: number): Mac;
}

export class AddressInWords implements AddressSeen {
  readonly ip: Ip;
  readonly #words: Words;
  readonly #address: number;
  #macs: readonly ClaimsOfMac[] | null = null;
  #log: readonly ClaimSeen[] | null = null;
  #askings: readonly AskingSeen[] | null = null;
  #races: readonly RaceSeen[] | null = null;

  /** @param address number of an address of which anything was said */
  constructor(words: Words, address: number) {
    this.ip = words.ip(address);
    this.#words = words;
    this.#address = address;
  }

  get macs(): readonly ClaimsOfMac[] {
    this.#macs ??= this.#claims.claimsOf(this.#address).map((claim) => new ClaimsInWords(this.#words, this.ip, claim));
    return this.#macs;
  }

  get log(): readonly ClaimSeen[] {
    this.#log ??= claimsIn(this.#words, this.ip, this.#claims.log(this.#address));
    return this.#log;
  }

  get gap(): AddressSeen['gap'] {
    const { logs, messages } = this.#claims;
    const log = this.#claims.log(this.#address);
    const kept = logs.entriesOf(log);
    if (logs.countOf(log) === kept.length) return null;
    const [before, after] = [kept[logs.firstKept(log) - 1], kept[logs.firstKept(log)]];
    // A log that was begun late in a flood may lack the one or the other.
    const from = before === undefined ? Math.min(...this.macs.map(({ first }) => first.at)) : messages.at(before);
    return { from, until: after === undefined ? Math.max(...this.macs.map(({ last }) => last.at)) : messages.at(after) };
  }

  get askings(): readonly AskingSeen[] {
    const { askings, messages } = this.#claims;
    this.#askings ??= this.#claims.askingsOf(this.#address).map((asking) => ({
      asker: this.#words.mac(askings.pairs.first[asking]!),
      broadcasts: askings.broadcasts(asking),
      answered: askings.answered(asking),
      first: askings.first(asking),
      last: messages.ref(askings.question(asking)),
      unanswered: askings.longestUnanswered(asking),
    }));
    return this.#askings;
  }

  get races(): readonly RaceSeen[] {
    const { messages, logs } = this.#claims;
    this.#races ??= logs.entriesOf(this.#claims.races(this.#address)).map((question) => ({
      request: messages.ref(question),
      asker: this.#words.mac(messages.sender(question)),
      answers: logs.entriesOf(messages.detail(question)).map((answer) => ({
        mac: this.#words.mac(messages.mac(answer)),
        sender: this.#words.mac(messages.sender(answer)),
        ref: messages.ref(answer),
      })),
    }));
    return this.#races;
  }

  get raceCount(): number {
    return this.#claims.logs.countOf(this.#claims.races(this.#address));
  }

  get racers(): readonly Mac[] {
    const { logs, messages } = this.#claims;
    return logs.entriesOf(this.#claims.racers(this.#address)).map((answer) => this.#words.mac(messages.sender(answer)));
  }

  get leftOut(): number {
    return this.#claims.leftOut(this.#address);
  }

  get probes(): AddressSeen['probes'] {
    const { logs, messages } = this.#claims;
    return logs.entriesOf(this.#claims.probes(this.#address)).map((question) => ({
      ref: messages.ref(question),
      asker: this.#words.mac(messages.sender(question)),
      asked: this.#words.mac(messages.to(question)),
    }));
  }

  get detections(): AddressSeen['detections'] {
    const { logs, messages } = this.#claims;
    return logs
      .entriesOf(this.#claims.detections(this.#address))
      .map((question) => ({ ref: messages.ref(question), mac: this.#words.mac(messages.sender(question)) }));
  }

  get #claims(): Claims {
    return this.#words.claims;
  }
}

/** All that one MAC said about one IP. */
class ClaimsInWords implements ClaimsOfMac {
  readonly ip: Ip;
  readonly mac: Mac;
  readonly #words: Words;
  readonly #claim: number;
  #events: ClaimsOfMac['events'] | null = null;
  #told: readonly ClaimSeen[] | null = null;

  constructor(words: Words, ip: Ip, claim: number) {
    this.ip = ip;
    this.mac = words.mac(words.claims.pairs.first[claim]!);
    this.#words = words;
    this.#claim = claim;
  }

  get vlan(): number {
    return this.#words.claims.vlan(this.#claim);
  }

  get counts(): ClaimsOfMac['counts'] {
    const { claims } = this.#words;
    return ofEachKind((kind) => claims.logs.countOf(claims.events(this.#claim, kind)));
  }

  get first(): ClaimsOfMac['first'] {
    return this.#words.claims.first(this.#claim);
  }

  get last(): ClaimsOfMac['last'] {
    return this.#words.claims.last(this.#claim);
  }

  get events(): ClaimsOfMac['events'] {
    const { claims } = this.#words;
    this.#events ??= ofEachKind((kind) => claimsIn(this.#words, this.ip, claims.events(this.#claim, kind)));
    return this.#events;
  }

  get told(): readonly ClaimSeen[] {
    this.#told ??= claimsIn(this.#words, this.ip, this.#words.claims.told(this.#claim));
    return this.#told;
  }

  get toldCount(): number {
    const { claims } = this.#words;
    return claims.logs.countOf(claims.told(this.#claim));
  }
}

function ofEachKind<T>(value: (kind: ClaimKind) => T): Record<ClaimKind, T> {
  return { reply: value('reply'), request: value('request'), gratuitous: value('gratuitous'), vrrp: value('vrrp') };
}

function claimsIn(words: Words, ip: Ip, log: number): ClaimSeen[] {
  const { logs, messages } = words.claims;
  return logs.entriesOf(log).map((message) => {
    const asksFor = messages.detail(message);
    const request = messages.request(message);
    return {
      ref: messages.ref(message),
      kind: messages.kind(message) as ClaimKind,
      ip,
      mac: words.mac(messages.mac(message)),
      sender: words.mac(messages.sender(message)),
      to: words.mac(messages.to(message)),
      asksFor: asksFor === 0 ? null : words.ip(asksFor),
      request: request === 0 ? null : messages.ref(request),
    };
  });
}
