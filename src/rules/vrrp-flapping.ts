/**
 * LVS406: VRRP does not come to rest: the master changes again and again, or the members of a group do not agree what the group is.
 * Each change moves the VIP, and connections that the new director does not know break.
 */

import type { Machine } from '../cluster/cluster.ts';
import type { Ip, VrrpGroupSeen, VrrpSenderSeen } from '../cluster/observations.ts';
import type { FrameRef } from '../correlation/frame-ref.ts';
import { captureOnLan } from './capture-command.ts';
import {
  advertSays,
  areStrangers,
  groupsAt,
  type Mastership,
  machineOfSender,
  mastershipsOf,
  overlapOf,
  patienceMs,
  sharedGroups,
} from './masterships.ts';
import type { Case, Evidence, Fault, Rule } from './rule.ts';
import { count, hostOf } from './wording.ts';

interface Data {
  readonly ip: Ip;
  readonly vrid: number;
  readonly kind: 'changes' | 'intervals' | 'shared number';
  /** One word for each sender: its address, and with unequal intervals the interval. */
  readonly senders: readonly string[];
  readonly hosts: readonly string[];
  readonly changes: number;
  readonly seconds: number;
  readonly firstFrame: number;
}

/** A failover, its way back and one more … */
const LEAST_CHANGES = 3;
/** … within this time. */
const WITHIN_NS = 120e9;
const MAX_SHOWN = 8;

export const vrrpFlapping: Rule<Data> = {
  code: 'LVS406',
  name: 'vrrp-flapping',
  severity: 'warning',
  summary: 'The VRRP master changes again and again, or the members of a group contradict each other.',
  headline: (who, ip) => `VRRP for ${ip} does not come to rest between ${who}`,

  subjects: (c) => sharedGroups(c),

  check(c, s) {
    return groupsAt(c, s.ip).flatMap((group) => [changing(c, s.ip, group), unequal(c, s.ip, group), sharedNumber(c, s.ip, group)].flat());
  },

  blind(c, s) {
    const heard = groupsAt(c, s.ip).some((g) => g.senders.some((x) => x.last.at - x.first.at > patienceMs([x]) * 1e6));
    if (heard) return null;
    return { reason: 'its adverts are in this capture for too short a time', capture: captureOnLan() };
  },

  message(d) {
    const who = d.senders.join(' and ');
    if (d.kind === 'changes') {
      return `The VRRP master of group ${d.vrid} changes ${count(d.changes, 'time')} within ${count(d.seconds, 'second')}, between ${who}; the first advert of the series is frame ${d.firstFrame}.`;
    }
    if (d.kind === 'intervals') {
      return `${who} do not agree on the advert interval of VRRP group ${d.vrid} (first advert in frame ${d.firstFrame}): each may take the other for dead, or refuse its adverts.`;
    }
    return `${who} use VRRP group number ${d.vrid} for different addresses on the same LAN at the same time (first advert in frame ${d.firstFrame}): these are two groups with one number.`;
  },

  remedy(d) {
    const conf = '/etc/keepalived/keepalived.conf';
    const commands =
      d.kind === 'changes'
        ? [
            'journalctl -u keepalived -n 100   # which track_script, track_interface or missing advert causes each change',
            `grep -n -e advert_int -e nopreempt -e preempt_delay -e fall -e rise -e weight ${conf}`,
            '# let the check be slower than a hiccup (fall 3, rise 3), and add nopreempt with state BACKUP on both, or preempt_delay 60',
          ]
        : d.kind === 'intervals'
          ? [`grep -n advert_int ${conf}   # the same number on all members; then: systemctl reload keepalived`]
          : [`grep -n virtual_router_id ${conf}   # another number for one of the two groups; then: systemctl reload keepalived`];
    return {
      why: 'The members of a VRRP group must agree on number, interval and addresses, and hear each other without gaps.',
      steps: d.hosts.map((on) => ({ on, commands })),
    };
  },
};

/** An advert that shows it, and how the message names its sender. */
interface Shown {
  readonly ref: FrameRef;
  readonly sender: VrrpSenderSeen;
  readonly name: string;
}

/** The busiest time of changing masters. */
function changing(c: Case, ip: Ip, group: VrrpGroupSeen): Fault<Data>[] {
  const masters = mastershipsOf(c, group);
  let series: Mastership[] = [];
  for (let i = 0; i + LEAST_CHANGES < masters.length; i++) {
    const from = masters[i + 1]!.from.at;
    const row = masters.slice(i).filter((m) => m.from.at - from <= WITHIN_NS);
    if (row.length > LEAST_CHANGES && row.length > series.length) series = row;
  }
  if (series.length === 0) return [];
  const adverts = series.map(({ from, sender }) => ({ ref: from, sender, name: sender.ip }));
  return [faultOf(c, ip, group, 'changes', adverts)];
}

/** Members that announce different intervals. */
function unequal(c: Case, ip: Ip, group: VrrpGroupSeen): Fault<Data>[] {
  const masters = group.senders.filter((sender) => sender.intervalMs > 0);
  if (new Set(masters.map((sender) => sender.intervalMs)).size < 2) return [];
  const adverts = masters.map((sender) => ({ ref: sender.last, sender, name: `${sender.ip} (every ${sender.intervalMs / 1000} s)` }));
  return [faultOf(c, ip, group, 'intervals', adverts)];
}

/** Members that speak at the same time and list no address in common. */
function sharedNumber(c: Case, ip: Ip, group: VrrpGroupSeen): Fault<Data>[] {
  const overlap = overlapOf(c, group);
  if (overlap === null || !areStrangers(overlap)) return [];
  const adverts = overlap.adverts.map(({ ref, sender, vips: [vip] }) => ({
    ref,
    sender,
    name: vip === undefined ? sender.ip : `${sender.ip} (for ${vip})`,
  }));
  return [faultOf(c, ip, group, 'shared number', adverts)];
}

function faultOf(c: Case, ip: Ip, group: VrrpGroupSeen, kind: Data['kind'], adverts: readonly Shown[]): Fault<Data> {
  const byTime = [...adverts].sort((a, b) => a.ref.at - b.ref.at);
  const culprits: Machine[] = [...new Set(byTime.map((a) => machineOfSender(c, a.sender)))];
  const first = byTime[0]!.ref;
  const last = byTime.at(-1)!.ref;
  const shown = byTime.slice(0, MAX_SHOWN);
  return {
    data: {
      ip,
      vrid: group.vrid,
      kind,
      senders: [...new Set(shown.map((a) => a.name))],
      hosts: culprits.map((m) => hostOf(m, 'the director')),
      changes: byTime.length - 1,
      seconds: Math.ceil((last.at - first.at) / 1e9),
      firstFrame: first.frame,
    },
    culprits,
    confidence: 'confirmed',
    count: byTime.length,
    unit: 'frames',
    first,
    last,
    evidence: shown.map((a): Evidence => ({ at: a.ref, shows: 'fault', says: advertSays(a.sender) })),
  };
}
