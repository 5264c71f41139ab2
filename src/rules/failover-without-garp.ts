/**
 * LVS402: the VIP moves to another director, which does not announce it.
 * Neighbours keep sending to the old one until their entries expire, half a minute and more.
 */

import { isVirtualMac, type Machine } from '../cluster/cluster.ts';
import type { ClaimSeen, Ip, Mac, VrrpSenderSeen } from '../cluster/observations.ts';
import type { FrameRef } from '../correlation/frame-ref.ts';
import { captureOnLan } from './capture-command.ts';
import { isIpv6, isLeftOut } from './lawful-claims.ts';
import { advertSays, groupsOf, type Mastership, machineOfSender, mastershipsOf } from './masterships.ts';
import { forget, NEIGHBOURS } from './remedies.ts';
import { type Case, type Evidence, type Fault, isGuessed, type Rule, type Subject } from './rule.ts';
import { claimSays, hostOf, msBetween, whoIs } from './wording.ts';

interface Data {
  readonly ip: Ip;
  readonly who: string;
  readonly host: string;
  readonly old: Mac;
  readonly frame: number;
  readonly byVrrp: boolean;
  /** When a neighbour learned of it by asking. */
  readonly learned: { readonly frame: number; readonly after: string } | null;
}

/** The VIP has another owner from a frame on. */
interface Takeover {
  readonly machine: Machine;
  readonly mac: Mac;
  readonly old: { readonly mac: Mac; readonly ref: FrameRef; readonly says: string };
  readonly ref: FrameRef;
  readonly says: string;
  /** An announcement from this time on counts. */
  readonly since: number;
}

/** keepalived announces at once; with a slow machine in between it takes a little longer. */
const ANNOUNCED_WITHIN_NS = 2e9;
/** Who only begins to answer has owned the address for some time, or would announce it in this very moment. */
const ANNOUNCED_WITH_ANSWER_NS = 0.5e9;

export const failoverWithoutGarp: Rule<Data> = {
  code: 'LVS402',
  name: 'failover-without-garp',
  severity: 'warning',
  summary: 'A director takes the VIP over without announcing it.',
  headline: (who, ip) => `${who} took ${ip} over without announcing it`,

  *subjects(c) {
    for (const vip of c.cluster.vips) {
      const isShared = vip.directors.length > 1 || groupsOf(c, vip.ip).some((g) => g.senders.length > 1);
      if (isShared) yield { ip: vip.ip, vip, machine: null };
    }
  },

  check(c, s) {
    return takeoversOf(c, s)
      .filter((t) => announcementOf(c, s, t) === null)
      .map((t) => faultOf(c, s, t));
  },

  blind(c, s) {
    if (takeoversOf(c, s).length > 0) return null;
    return { reason: `${s.ip} moves to no other director in this capture`, capture: captureOnLan(', during a failover') };
  },

  message(d) {
    const how = d.byVrrp
      ? `becomes VRRP master of ${d.ip} in place of ${d.old} in frame ${d.frame}`
      : `answers for ${d.ip} in place of ${d.old} from frame ${d.frame} on`;
    const learned = d.learned === null ? '' : ` A neighbour learns of it by asking in frame ${d.learned.frame}, ${d.learned.after} later.`;
    const what = isIpv6(d.ip) ? 'unsolicited neighbour advertisement' : 'gratuitous ARP';
    return `${d.who} ${how} and sends no ${what} within 2 s.${learned}`;
  },

  remedy(d) {
    const v6 = isIpv6(d.ip);
    return {
      why: `Neighbours must be told at once that ${d.ip} has moved: five announcements when it moves, five more some seconds later, and one a minute for those who missed them.`,
      steps: [
        {
          on: d.host,
          commands: [
            v6 ? `ndsend ${d.ip} eth0   # now, by hand` : `arping -U -c 3 -I eth0 ${d.ip}   # now, by hand`,
            'grep -n garp /etc/keepalived/keepalived.conf   # global_defs: vrrp_garp_master_repeat 5, vrrp_garp_master_delay 5, vrrp_garp_master_refresh 60',
            v6
              ? 'nft list ruleset | grep -i icmpv6   # does a filter hold neighbour advertisements back?'
              : 'arptables -L OUTPUT -n -v; nft list ruleset | grep -i arp   # does a filter hold them back?',
          ],
        },
        forget(NEIGHBOURS, d.ip),
      ],
    };
  },
};

function faultOf(c: Case, s: Subject, t: Takeover): Fault<Data> {
  const byVrrp = t.says.startsWith('VRRP');
  const answers = c.o.about(s.ip)!.log.filter((e) => e.kind === 'reply' && t.machine.macs.includes(e.mac));
  const learned = byVrrp ? answers.find((e) => e.ref.at > t.ref.at) : undefined;
  const evidence: Evidence[] = [
    { at: t.old.ref, shows: 'cause', says: t.old.says },
    { at: t.ref, shows: 'fault', says: t.says },
  ];
  if (learned !== undefined) evidence.push({ at: learned.ref, shows: 'cure', says: claimSays(learned) });
  return {
    data: {
      ip: s.ip,
      who: whoIs(t.machine, t.mac),
      host: hostOf(t.machine, 'the new director'),
      old: t.old.mac,
      frame: t.ref.frame,
      byVrrp,
      learned: learned === undefined ? null : { frame: learned.ref.frame, after: secondsBetween(t.ref, learned.ref) },
    },
    culprits: [t.machine],
    confidence: isGuessed(s.vip!, t.machine) ? 'possible' : byVrrp ? 'confirmed' : 'probable',
    count: 1,
    unit: 'frames',
    first: t.ref,
    last: t.ref,
    evidence,
  };
}

/** Takeovers that this capture lets judge: long enough before its end, ARP in sight, no claim forgotten at the time. */
function takeoversOf(c: Case, s: Subject): Takeover[] {
  const about = c.o.about(s.ip);
  if (about === null) return [];
  // An address that nobody of this LAN claims or asks for may be at home on another one.
  if (about.askings.length === 0 && !about.log.some((e) => e.kind !== 'vrrp')) return [];
  const { gap } = about;
  const shared = groupsOf(c, s.ip).some((group) => group.senders.length > 1);
  return (shared ? byVrrp(c, s) : byClaims(c, s)).filter(
    (t) =>
      t.ref.at + (t.since < t.ref.at - ANNOUNCED_WITHIN_NS ? ANNOUNCED_WITH_ANSWER_NS : ANNOUNCED_WITHIN_NS) <= c.o.facts.lastAt &&
      !isLeftOut(c, s.ip, t.machine) &&
      (gap === null || t.ref.at + ANNOUNCED_WITHIN_NS <= gap.from || t.since >= gap.until),
  );
}

/** VRRP has another master. */
function byVrrp(c: Case, s: Subject): Takeover[] {
  return groupsOf(c, s.ip).flatMap((group) => {
    const masters = mastershipsOf(c, group);
    return masters.flatMap((now, i): Takeover[] => {
      const turn = group.changes.findIndex((change) => change.ref === now.from);
      const before = group.changes[turn - 1];
      const earlier: Mastership | undefined = masters[i - 1];
      // Without an earlier master, whoever resigns just before was one.
      const resigned = before !== undefined && before.priority === 0 && machineOfSender(c, before.sender) !== now.machine;
      if ((earlier === undefined && !resigned) || before === undefined || isVirtualMac(now.sender.mac)) return [];
      const old: VrrpSenderSeen = earlier?.sender ?? before.sender;
      const oldChange = group.changes
        .slice(0, turn)
        .filter((change) => change.sender === old)
        .at(-1)!;
      return [
        {
          machine: now.machine,
          mac: now.sender.mac,
          old: { mac: old.mac, ref: oldChange.ref, says: advertSays(old, oldChange.priority) },
          ref: now.from,
          says: advertSays(now.sender),
          since: now.from.at - ANNOUNCED_WITHIN_NS,
        },
      ];
    });
  });
}

/** Without VRRP: one director claims and serves the VIP no more, and another one begins to answer for it. */
function byClaims(c: Case, s: Subject): Takeover[] {
  const { log } = c.o.about(s.ip)!;
  const directors = s.vip!.directors.map((d) => d.machine);
  const claimsOf = (machine: Machine): ClaimSeen[] =>
    log.filter((e) => e.kind !== 'vrrp' && machine.macs.includes(e.mac) && !isVirtualMac(e.mac));
  return directors.flatMap((machine) => {
    const [first] = claimsOf(machine);
    // An answer to a question that the old owner heard as well, and left alone.
    if (first === undefined || first.request === null) return [];
    return directors.flatMap((other): Takeover[] => {
      const last = claimsOf(other).at(-1);
      if (last === undefined || !isAnswerInSight(c, other, first.to)) return [];
      const sends = c.o.passagesOf(s.ip).filter((p) => other.macs.includes(p.source));
      const gone = Math.max(last.ref.at, ...sends.map((p) => p.last.at));
      if (gone >= first.ref.at) return [];
      const old = { mac: last.mac, ref: last.ref, says: `${claimSays(last)}, for the last time` };
      return [{ machine, mac: first.mac, old, ref: first.ref, says: claimSays(first), since: gone }];
    });
  });
}

function isAnswerInSight(c: Case, machine: Machine, asker: Mac): boolean {
  return machine.macs.some((mac) => c.sight.sees(mac, asker));
}

/**
 * The new owner's announcement; whose MAC it names matters, not which frame type it is. A card of its own that nothing else shows to be
 * its own may bear the VIP: any but the old owner's, or a real server's.
 */
function announcementOf(c: Case, s: Subject, t: Takeover): ClaimSeen | null {
  const log = c.o.about(s.ip)!.log;
  const old = c.cluster.machineOf(t.old.mac);
  return (
    log.find(
      (e) =>
        e.kind === 'gratuitous' &&
        (t.machine.macs.includes(e.mac) || !(c.cluster.machineOf(e.mac) === old || c.cluster.isRealServer(e.mac, s.vip!))) &&
        e.ref.at >= t.since &&
        e.ref.at <= t.ref.at + ANNOUNCED_WITHIN_NS,
    ) ?? null
  );
}

function secondsBetween(a: FrameRef, b: FrameRef): string {
  const seconds = (b.at - a.at) / 1e9;
  return seconds < 1 ? msBetween(a, b) : `${seconds.toFixed(1)} s`;
}
