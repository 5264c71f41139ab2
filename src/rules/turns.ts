/**
 * Machines that claim one IP in turn, or at once. What looks like two machines is often one: with two cards, a bond, or a proxy in
 * front; such claims are left out here, for all rules alike.
 */
import { isVirtualMac, type Machine } from '../cluster/cluster.ts';
import type { ClaimSeen, Ip, Mac } from '../cluster/observations.ts';
import { answersForMany } from './lawful-claims.ts';
import type { Case } from './rule.ts';

/** A machine claims an IP that another one claimed before. */
export interface Turn {
  readonly claim: ClaimSeen;
  readonly machine: Machine;
}

/** One question that several machines answered. */
export interface Rivals {
  readonly request: ClaimSeen['request'];
  readonly asker: Mac;
  readonly answers: readonly Turn[];
}

/** To so many machines must the IP come back that had lost it: whoever claims it once, by mistake, is no second owner … */
const LEAST_RETURNING = 2;
/** … within this time, for turns to be more than a failover and its way back. */
const WITHIN_NS = 120e9;

/**
 * The claims that changed hands, where an IP goes to and fro between machines: within 120 s it comes back to two of them that
 * had lost it, and one listener heard it all. Answers to one question are no turns but a race.
 */
export function turnsOf(c: Case, ip: Ip): Turn[] {
  const raced = new Set(rivalsOf(c, ip).flatMap((r) => r.answers.map((a) => a.claim.ref.frame)));
  const claims = lawless(c, ip).filter((t) => !raced.has(t.claim.ref.frame));
  // Bonds that balance give each neighbour its own MAC for good: so only what the same neighbour hears can contradict itself.
  const askers = new Set(claims.filter((t) => t.claim.kind === 'reply').map((t) => t.claim.to));
  const audiences = [
    claims.filter((t) => t.claim.kind !== 'reply'),
    ...[...askers].map((to) => claims.filter(({ claim }) => claim.kind === 'gratuitous' || claim.to === to)),
  ];
  const rows = audiences.map((heard) => busiest(heard.filter((t, i) => i === 0 || t.machine !== heard[i - 1]!.machine)));
  return rows.sort((a, b) => b.length - a.length)[0]!;
}

/** Questions for an IP that two or more machines answered. */
export function rivalsOf(c: Case, ip: Ip): Rivals[] {
  const byRequest = new Map<number, Turn[]>();
  for (const turn of lawless(c, ip)) {
    const { request } = turn.claim;
    if (request === null) continue;
    const answers = byRequest.get(request.frame) ?? [];
    if (!answers.some((a) => a.machine === turn.machine)) answers.push(turn);
    byRequest.set(request.frame, answers);
  }
  return [...byRequest.values()]
    .filter((answers) => answers.length > 1)
    .map((answers) => ({ request: answers[0]!.claim.request, asker: answers[0]!.claim.to, answers }));
}

/** Whether two MACs are, for all that frames show, one machine. */
export function isOneMachine(c: Case, a: Mac, b: Mac, ip: Ip): boolean {
  if (c.cluster.machineOf(a) === c.cluster.machineOf(b)) return true;
  return sharesAddress(c, a, b, ip) || answersForOther(c, a, b) || answersForOther(c, b, a);
}

/** Claims of an IP by ARP or ND of cards of one LAN, each machine under one name; proxies, virtual MACs and MACs that send nothing left out. */
function lawless(c: Case, ip: Ip): Turn[] {
  const about = c.o.about(ip);
  if (about === null) return [];
  const names = new Map<Mac, Machine>();
  for (const { mac, vlan } of about.macs) {
    if (isVirtualMac(mac) || !c.o.isSource(mac)) continue;
    const machine = c.cluster.machineOf(mac);
    if (answersForMany(c, machine) || vlan !== about.macs[0]!.vlan) continue;
    const same = [...names].find(([other]) => isOneMachine(c, mac, other, ip));
    names.set(mac, same === undefined ? machine : same[1]);
  }
  // What others say of a MAC is none of its claims.
  const claims = about.log.filter((claim) => claim.kind !== 'vrrp' && claim.sender === claim.mac && names.has(claim.mac));
  return claims.map((claim) => ({ claim, machine: names.get(claim.mac)! }));
}

/** Both claim an address of its own that is no service: the cards of a bond, one after the other. */
function sharesAddress(c: Case, a: Mac, b: Mac, ip: Ip): boolean {
  let pairs = sharing.get(c);
  if (pairs === undefined) {
    pairs = new Map();
    sharing.set(c, pairs);
  }
  const pair = a < b ? `${a} ${b}` : `${b} ${a}`;
  let shared = pairs.get(pair);
  if (shared === undefined) {
    shared = sharedBy(c, a, b);
    pairs.set(pair, shared);
  }
  return shared.some((other) => other !== ip);
}

/** Addresses that both claim, never in answer to one question: two at most, of which one is another than any given. */
function sharedBy(c: Case, a: Mac, b: Mac): readonly Ip[] {
  const ofB = new Set(c.o.claimedBy(b).ips);
  const shared: Ip[] = [];
  for (const ip of c.o.claimedBy(a).ips) {
    if (!ofB.has(ip) || c.o.pathsTo(ip).length > 0 || c.cluster.vip(ip) !== undefined) continue;
    if (c.o.about(ip)!.races.some((race) => [a, b].every((mac) => race.answers.some((answer) => answer.mac === mac)))) continue;
    if (shared.push(ip) === 2) break;
  }
  return shared;
}

/** For each case and pair of MACs the addresses that they share: counted once. */
const sharing = new WeakMap<Case, Map<string, readonly Ip[]>>();

/** What is sent to one MAC comes back from the other. */
function answersForOther(c: Case, asked: Mac, answering: Mac): boolean {
  let pairs = answerers.get(c);
  if (pairs === undefined) {
    pairs = new Set();
    for (const path of c.o.paths) {
      // A request that a director sent on, or one to an address that no director serves.
      const hops = path.toward.length;
      const [reply] = path.from;
      const isJudged = c.cluster.vip(path.server) === undefined ? hops === 1 : hops > 1;
      if (isJudged && reply !== undefined) pairs.add(`${path.toward.at(-1)!.destination} ${reply.source}`);
    }
    answerers.set(c, pairs);
  }
  return pairs.has(`${asked} ${answering}`);
}

/** For each case "MAC asked, MAC that answers": counted once. */
const answerers = new WeakMap<Case, Set<string>>();

/** The longest row of turns to and fro that are close enough together; empty when they are too few. */
function busiest(turns: readonly Turn[]): Turn[] {
  let best: Turn[] = [];
  for (let first = 0; first < turns.length; first++) {
    const start = turns[first + 1]?.claim.ref.at ?? 0;
    const row = turns.slice(first).filter((t) => t.claim.ref.at - start <= WITHIN_NS);
    const returning = new Set(row.map((t) => t.machine).filter((machine, i, all) => all.indexOf(machine) < i));
    if (returning.size >= LEAST_RETURNING && row.length > best.length) best = row;
  }
  return best;
}
