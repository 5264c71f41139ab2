/**
 * LVS404: the last machine that announced the VIP is not the master, which has not announced it again since.
 * Neighbours believe the last announcement: their packets go to a machine that owns nothing any more.
 */

import { isVirtualMac, type Machine } from '../cluster/cluster.ts';
import type { ClaimSeen, Ip, Mac, VrrpChangeSeen, VrrpGroupSeen, VrrpSenderSeen } from '../cluster/observations.ts';
import { captureOnLan } from './capture-command.ts';
import { isIpv6 } from './lawful-claims.ts';
import { advertSays, groupsOf, machineOfSender, overlapOf, patienceMs } from './masterships.ts';
import { forget, NEIGHBOURS } from './remedies.ts';
import { type Case, type Evidence, type Fault, isGuessed, type Rule, type Subject } from './rule.ts';
import { claimSays, hopSays, hostOf, whoIs } from './wording.ts';

interface Data {
  readonly ip: Ip;
  readonly who: string;
  readonly host: string;
  readonly masterHost: string;
  readonly master: Mac;
  readonly frame: number;
  readonly masterFrame: number;
  readonly seconds: number;
  readonly astrayFrame: number | null;
}

/** A master that hears a lower one announces again after up to 5 s (garp_lower_prio_delay); twice that is late. */
const GRACE_NS = 10e9;

export const lastGarpFromLoser: Rule<Data> = {
  code: 'LVS404',
  name: 'last-garp-from-loser',
  severity: 'critical',
  summary: 'The last announcement of the VIP came from a director that is not the master.',
  headline: (who, ip) => `the last announcement of ${ip} is of ${who}, which is not its master`,

  *subjects(c) {
    for (const vip of c.cluster.vips) {
      if (groupsOf(c, vip.ip).some((g) => g.senders.length > 1)) yield { ip: vip.ip, vip, machine: null };
    }
  },

  check(c, s) {
    return lossesOf(c, s)
      .filter((loss) => loss.silence >= GRACE_NS)
      .map((loss) => faultOf(c, s, loss));
  },

  blind(c, s) {
    const announced = c.o.about(s.ip)?.log.some((e) => e.kind === 'gratuitous') ?? false;
    const missing = (reason: string) => ({ reason, capture: captureOnLan() });
    if (!announced) return missing(`nobody announces ${s.ip} in this capture`);
    const isEarly = lossesOf(c, s).length > 0;
    return isEarly ? missing('the capture ends before its master must have announced it again') : null;
  },

  message(d) {
    const astray = d.astrayFrame === null ? '' : ` Packets go to it from frame ${d.astrayFrame} on.`;
    return `The last announcement of ${d.ip}, in frame ${d.frame}, is of ${d.who}, while ${d.master} is VRRP master before and after it (frame ${d.masterFrame}) and does not announce itself again for ${d.seconds} s.${astray}`;
  },

  remedy(d) {
    const v6 = isIpv6(d.ip);
    return {
      why: `After two masters met, the one that stays must announce ${d.ip} once more: the loser's announcement was the last one that neighbours heard.`,
      steps: [
        {
          on: d.masterHost,
          commands: [
            v6 ? `ndsend ${d.ip} eth0   # now, by hand` : `arping -U -c 3 -I eth0 ${d.ip}   # now, by hand`,
            'grep -n -e garp -e higher_prio /etc/keepalived/keepalived.conf   # global_defs: vrrp_garp_lower_prio_repeat 5, vrrp_higher_prio_send_advert true, vrrp_garp_master_refresh 60',
          ],
        },
        {
          on: d.host,
          commands: ['journalctl -u keepalived -n 50   # why it heard no advert of the master for a while: packet filter, link, load'],
        },
        forget(NEIGHBOURS, d.ip),
      ],
    };
  },
};

/** The last announcement of an address is not its master's. */
interface Loss {
  readonly last: ClaimSeen;
  readonly loser: Machine;
  readonly now: VrrpSenderSeen;
  /** The master's advert beside the announcement. */
  readonly contest: VrrpChangeSeen;
  /** For how long the master is heard after it; nanoseconds. */
  readonly silence: number;
}

function lossesOf(c: Case, s: Subject): Loss[] {
  return groupsOf(c, s.ip).flatMap((group) => {
    return overlapOf(c, group) === null ? lossIn(c, s, group) : [];
  });
}

function lossIn(c: Case, s: Subject, group: VrrpGroupSeen): Loss[] {
  const last = c.o
    .about(s.ip)
    ?.log.filter((e) => e.kind === 'gratuitous' && !isVirtualMac(e.mac))
    .at(-1);
  const turn = group.changes.at(-1);
  if (last === undefined || turn === undefined || turn.priority === 0) return [];
  const now = turn.sender;
  const loser = c.cluster.machineOf(last.mac);
  const speakers = group.senders.map((sender) => machineOfSender(c, sender));
  if (loser === machineOfSender(c, now) || !speakers.includes(loser)) return [];
  const contest = contestAt(c, group, last, now.mac);
  return contest === null ? [] : [{ last, loser, now, contest, silence: now.last.at - last.ref.at }];
}

function faultOf(c: Case, s: Subject, { last, loser, now, contest, silence }: Loss): Fault<Data> {
  const astray = c.o
    .passagesOf(s.ip)
    .filter((p) => p.toward && loser.macs.includes(p.destination) && p.first.at > last.ref.at)
    .sort((a, b) => a.first.at - b.first.at)[0];
  const evidence: Evidence[] = [
    { at: last.ref, shows: 'fault', says: `${claimSays(last)}, the last one` },
    { at: contest.ref, shows: 'cause', says: advertSays(contest.sender) },
    { at: now.last, shows: 'cause', says: `${advertSays(now)}, still master` },
  ];
  if (astray !== undefined)
    evidence.push({ at: astray.first, shows: 'effect', says: hopSays(`packet for ${s.ip}`, astray.source, astray.destination) });
  return {
    data: {
      ip: s.ip,
      who: whoIs(loser, last.mac),
      host: hostOf(loser, 'the loser'),
      masterHost: hostOf(machineOfSender(c, now), 'the master'),
      master: now.mac,
      frame: last.ref.frame,
      masterFrame: contest.ref.frame,
      seconds: Math.floor(silence / 1e9),
      astrayFrame: astray?.first.frame ?? null,
    },
    culprits: [loser],
    confidence: isGuessed(s.vip!, loser) ? 'possible' : 'confirmed',
    count: 1,
    unit: 'frames',
    first: last.ref,
    last: astray?.last ?? last.ref,
    evidence,
  };
}

/** The master's advert beside the announcement, when it was master all the time: before it, and again before it could count as dead. */
function contestAt(c: Case, group: VrrpGroupSeen, last: ClaimSeen, master: Mac): VrrpChangeSeen | null {
  const { changes } = group;
  const isMaster = (i: number) => changes[i] !== undefined && changes[i].sender.mac === master && changes[i].priority > 0;
  let at = changes.length - 1;
  while (at > 0 && changes[at]!.ref.at > last.ref.at) at--;
  if (isMaster(at)) return changes[at]!.ref.at <= last.ref.at ? changes[at]! : null;
  const next = changes[at + 1];
  if (!isMaster(at - 1) || next === undefined || !isMaster(at + 1)) return null;
  const wait = next.ref.at - changes[at]!.ref.at;
  return wait <= patienceMs(group.senders.filter((x) => machineOfSender(c, x).macs.includes(master))) * 1e6 ? next : null;
}
