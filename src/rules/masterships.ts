/** Who was VRRP master of an address and since when, and who claimed to be it beside another. */
import { isVirtualMac, type Machine } from '../cluster/cluster.ts';
import type { Ip, VrrpChangeSeen, VrrpGroupSeen, VrrpSenderSeen } from '../cluster/observations.ts';
import type { FrameRef } from '../correlation/frame-ref.ts';
import type { Case, Subject } from './rule.ts';

/** One machine speaks as master from a frame on, alone. */
export interface Mastership {
  readonly sender: VrrpSenderSeen;
  readonly machine: Machine;
  readonly from: FrameRef;
  /** When another one spoke, it resigned, or was heard last; nanoseconds. */
  readonly until: number;
}

/** Two machines speak as masters of one group for longer than it takes to hear each other. */
export interface Overlap {
  readonly senders: readonly VrrpSenderSeen[];
  readonly machines: readonly Machine[];
  /** Adverts of one and the other in turn. */
  readonly adverts: readonly VrrpChangeSeen[];
  readonly first: FrameRef;
  readonly last: FrameRef;
}

/** Who is heard for less than this many intervals at a stretch never was the only master, unless it took over and resigned. */
const LEAST_INTERVALS = 1.5;
const DEFAULT_INTERVAL_MS = 1000;
/** So many intervals without an advert and a master counts as dead (RFC 9568, section 6.1) … */
const MISSED_INTERVALS = 3;
/** … with this to spare: its skew time is less than an interval, and machines are slow. */
const SPARE_MS = 1000;

/** The groups that list an address; of their changes those whose adverts do. */
export function groupsOf(c: Case, ip: Ip): VrrpGroupSeen[] {
  return groupsListing(c, ip).map((group) => ({ ...group, changes: group.changes.filter((change) => change.vips.includes(ip)) }));
}

function groupsListing(c: Case, ip: Ip): VrrpGroupSeen[] {
  return c.o.vrrpGroups.filter((group) => group.vips.includes(ip));
}

/** One subject for each VIP of the cluster that a group of several senders lists, and one for each such group that lists none. */
export function* sharedGroups(c: Case): Iterable<Subject> {
  const told = new Set<Ip>();
  for (const group of c.o.vrrpGroups) {
    if (group.senders.length < 2) continue;
    const vips = group.vips.filter((ip) => c.cluster.vip(ip) !== undefined);
    for (const ip of vips.length > 0 ? vips : [labelOf(group)]) {
      if (!told.has(ip)) yield { ip, vip: c.cluster.vip(ip) ?? null, machine: null };
      told.add(ip);
    }
  }
}

/** The groups that a subject stands for, with all that they say. */
export function groupsAt(c: Case, ip: Ip): VrrpGroupSeen[] {
  const listing = groupsListing(c, ip);
  return listing.length > 0 ? listing : c.o.vrrpGroups.filter((group) => labelOf(group) === ip);
}

/** The address that names a group: the first that it lists, or where it lists none its first sender's. */
function labelOf(group: VrrpGroupSeen): Ip {
  return group.vips.find((ip) => !ip.startsWith('fe80:')) ?? group.vips[0] ?? group.senders[0]!.ip;
}

/** Whether these machines share an address by VRRP, which then explains that it moves between them. */
export function sharesByVrrp(c: Case, ip: Ip, machines: readonly Machine[]): boolean {
  return groupsOf(c, ip).some((group) => {
    const speakers = group.senders.map((sender) => machineOfSender(c, sender));
    return machines.every((machine) => speakers.includes(machine));
  });
}

/** The machine behind a sender of adverts: by its MAC, or when that is the group's virtual one by its own address. */
export function machineOfSender(c: Case, sender: VrrpSenderSeen): Machine {
  if (!isVirtualMac(sender.mac)) return c.cluster.machineOf(sender.mac);
  const claim = c.o.about(sender.ip)?.macs.find((m) => !isVirtualMac(m.mac));
  if (claim !== undefined) return c.cluster.machineOf(claim.mac);
  return c.cluster.machines.find((m) => m.ips.includes(sender.ip)) ?? c.cluster.machineOf(sender.mac);
}

/** Time after which a silent master surely counts as dead; milliseconds. */
export function patienceMs(senders: readonly VrrpSenderSeen[]): number {
  return MISSED_INTERVALS * Math.max(...senders.map(intervalMs)) + SPARE_MS;
}

/** The masters of a group, one after the other. */
export function mastershipsOf(c: Case, group: VrrpGroupSeen): Mastership[] {
  const found: Mastership[] = [];
  const { changes } = group;
  changes.forEach(({ ref, sender, priority }, i) => {
    const until = isHole(group, i) ? ref.at : (changes[i + 1]?.ref.at ?? sender.last.at);
    if (priority === 0 || (until - ref.at < LEAST_INTERVALS * intervalMs(sender) * 1e6 && !isTerm(c, group, i))) return;
    const before = found.at(-1);
    const machine = machineOfSender(c, sender);
    if (before !== undefined && before.machine === machine) found[found.length - 1] = { ...before, until };
    else found.push({ sender, machine, from: ref, until });
  });
  return found;
}

/** The longest time for which two or more machines spoke in turn, each before the other could count it as dead. */
export function overlapOf(c: Case, group: VrrpGroupSeen): Overlap | null {
  let longest: VrrpGroupSeen['changes'] = [];
  let row: VrrpGroupSeen['changes'] = [];
  const lasts = (turns: typeof row) => (turns.length === 0 ? 0 : turns.at(-1)!.ref.at - turns[0]!.ref.at);
  group.changes.forEach((turn, i) => {
    const before = group.changes[i - 1];
    const isContest =
      before !== undefined &&
      before.priority > 0 &&
      turn.priority > 0 &&
      machineOfSender(c, before.sender) !== machineOfSender(c, turn.sender) &&
      turn.ref.at - before.ref.at <= patienceMs([before.sender, turn.sender]) * 1e6;
    // The first advert of a capture contests nothing yet.
    row = isContest ? (row.length > 0 ? [...row, turn] : i === 1 ? [turn] : [before, turn]) : [];
    if (lasts(row) > lasts(longest)) longest = row;
  });
  if (longest.length === 0) return null;
  const senders = [...new Set(longest.map((turn) => turn.sender))];
  if (lasts(longest) <= patienceMs(senders) * 1e6) return null;
  const machines = [...new Set(senders.map((sender) => machineOfSender(c, sender)))];
  return { senders, machines, adverts: longest, first: longest[0]!.ref, last: longest.at(-1)!.ref };
}

/** Whether the senders of an overlap list no address in common: then they are two groups with one number. */
export function areStrangers({ senders }: Overlap): boolean {
  const [one, ...others] = senders;
  return senders.every((s) => s.vips.length > 0) && others.every((other) => !other.vips.some((ip) => one!.vips.includes(ip)));
}

/** What an advert says. */
export function advertSays(sender: VrrpSenderSeen, priority = sender.priority): string {
  return priority === 0 ? `VRRP advert of ${sender.ip} from ${sender.mac}: it resigns` : `VRRP advert of ${sender.ip} from ${sender.mac}`;
}

function intervalMs(sender: VrrpSenderSeen): number {
  return sender.intervalMs > 0 ? sender.intervalMs : DEFAULT_INTERVAL_MS;
}

/**
 * Whether a machine takes over with this turn and resigns with the next one, however soon: only a master resigns (RFC 9568, section
 * 6.4.3). Not where it spoke before and did not resign: then it may have been one of two masters all the time.
 */
function isTerm(c: Case, group: VrrpGroupSeen, i: number): boolean {
  const { changes } = group;
  const next = changes[i + 1];
  if (next?.priority !== 0 || isHole(group, i)) return false;
  const machine = machineOfSender(c, changes[i]!.sender);
  const isOwn = (turn: VrrpChangeSeen) => machineOfSender(c, turn.sender) === machine;
  const before = changes.slice(0, i).filter(isOwn).at(-1);
  return isOwn(next) && (before === undefined || before.priority === 0);
}

/** Whether changes behind this one were too many to keep. */
function isHole({ changes, gap }: VrrpGroupSeen, i: number): boolean {
  if (gap === null) return false;
  const next = changes[i + 1];
  return changes[i]!.ref.at <= gap.from && (next === undefined || next.ref.at >= gap.until);
}
