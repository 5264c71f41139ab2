/**
 * LVS107: somebody asks by broadcast for the VIP, again and again, and nobody answers.
 * No machine owns the VIP on this LAN: whoever asks gives up and tells its clients "host unreachable".
 */
import type { Machine } from '../cluster/cluster.ts';
import type { AskingSeen, Ip, Mac } from '../cluster/observations.ts';
import type { Unanswered } from '../correlation/askings.ts';
import { captureOnGateway } from './capture-command.ts';
import { isIpv6 } from './lawful-claims.ts';
import { groupsOf, mastershipsOf } from './masterships.ts';
import { sightingsOf } from './requests.ts';
import { type Case, type Evidence, isGuessed, type Rule, type Subject } from './rule.ts';
import { claimSays, count, hostOf, questionSays, whoIs } from './wording.ts';

interface Data {
  readonly ip: Ip;
  readonly asker: string;
  readonly askerHost: string;
  readonly questions: number;
  readonly seconds: number;
  readonly firstFrame: number;
  readonly host: string;
  /** Who answered last, and the frame in which it did. */
  readonly before: { readonly mac: Mac; readonly frame: number } | null;
  readonly answeredFrame: number | null;
}

/** Linux asks three times, a second apart, before it gives up … */
const LEAST_QUESTIONS = 3;
const LEAST_NS = 2e9;
/** … and a failover may keep it waiting for so long. */
const GRACE_NS = 10e9;

interface InVain {
  readonly asking: AskingSeen;
  readonly row: Unanswered;
}

export const vipArpUnanswered: Rule<Data> = {
  code: 'LVS107',
  name: 'vip-arp-unanswered',
  severity: 'critical',
  summary: 'Nobody answers ARP for the VIP.',
  headline: (_who, ip) => `nobody answers ARP for ${ip}`,

  *subjects(c) {
    for (const vip of c.cluster.vips) yield { ip: vip.ip, vip, machine: null };
  },

  check(c, s) {
    const vain = inVain(c, s.ip);
    const longest = vain.sort((a, b) => b.row.count - a.row.count)[0];
    if (longest === undefined) return [];
    const { row, asking } = longest;
    const log = c.o.about(s.ip)!.log;
    const before = log.filter((e) => e.kind !== 'vrrp' && e.ref.at < row.first.at).at(-1) ?? null;
    const after = log.find((e) => e.kind !== 'vrrp' && e.ref.at > row.last.at) ?? null;
    const culprits = ownersOf(c, s, row);
    const evidence: Evidence[] = [
      { at: row.first, shows: 'fault', says: questionSays(s.ip, asking.asker) },
      { at: row.last, shows: 'fault', says: `${questionSays(s.ip, asking.asker)}, still unanswered` },
    ];
    if (before !== null) evidence.push({ at: before.ref, shows: 'cause', says: `${claimSays(before)}, for the last time before` });
    if (after !== null) evidence.push({ at: after.ref, shows: 'cure', says: claimSays(after) });
    const asker = c.cluster.machineOf(asking.asker);
    return [
      {
        data: {
          ip: s.ip,
          asker: whoIs(asker, asking.asker),
          askerHost: hostOf(asker, 'the machine that asks'),
          questions: row.count,
          seconds: Math.round((row.last.at - row.first.at) / 1e9),
          firstFrame: row.first.frame,
          host: culprits.length === 1 ? hostOf(culprits[0]!, 'the director') : 'the active director',
          before: before === null ? null : { mac: before.mac, frame: before.ref.frame },
          answeredFrame: after?.ref.frame ?? null,
        },
        culprits,
        confidence: culprits.some((m) => isGuessed(s.vip!, m)) ? 'possible' : culprits.length === 1 ? 'confirmed' : 'probable',
        count: vain.reduce((sum, v) => sum + v.row.count, 0),
        unit: 'frames',
        first: row.first,
        last: row.last,
        evidence,
      },
    ];
  },

  blind(c, s) {
    const missing = (reason: string) => ({ reason, capture: captureOnGateway(c, s.ip) });
    const askings = (c.o.about(s.ip)?.askings ?? []).filter((a) => a.broadcasts > 0);
    if (askings.length === 0) return missing(`nobody asks for ${s.ip} by broadcast in this capture`);
    const seen = askings.some((a) => a.answered > 0 || seesAnswersTo(c, a.asker));
    return seen ? null : missing('unicast answers to those who ask do not pass this capture point');
  },

  message(d) {
    const what = isIpv6(d.ip) ? 'solicits' : 'asks by broadcast for';
    const before = d.before === null ? '' : ` ${d.before.mac} claimed it until frame ${d.before.frame}.`;
    const after = d.answeredFrame === null ? '' : ` It is claimed again in frame ${d.answeredFrame}.`;
    return `${d.asker} ${what} ${d.ip} ${count(d.questions, 'time')} in ${count(d.seconds, 'second')}, first in frame ${d.firstFrame}, and nobody answers.${before}${after}`;
  },

  remedy(d) {
    const v6 = isIpv6(d.ip);
    return {
      why: `The active director must hold ${d.ip} on the interface of this LAN and answer for it.`,
      steps: [
        {
          on: d.host,
          commands: [
            `ip -br addr show to ${d.ip}; journalctl -u keepalived -n 50   # is the address there, and is this machine master?`,
            v6 ? `ip -6 addr replace ${d.ip}/128 dev eth0 nodad` : `ip addr replace ${d.ip}/32 dev eth0`,
            v6
              ? `nft list ruleset | grep -i icmpv6   # solicitations must come in and advertisements go out`
              : 'sysctl net.ipv4.conf.all.arp_ignore net.ipv4.conf.eth0.arp_ignore; arptables -L -n   # the settings of a real server do not belong on a director',
            v6 ? `ndsend ${d.ip} eth0` : `arping -U -c 3 -I eth0 ${d.ip}`,
          ],
        },
        {
          on: d.askerHost,
          commands: [v6 ? `ip -6 neigh show to ${d.ip}` : `ip neigh show to ${d.ip}   # FAILED or INCOMPLETE until then`],
        },
      ],
    };
  },
};

/** Rows of questions without an answer that are long enough, whose answers would have been in sight. */
function inVain(c: Case, ip: Ip): InVain[] {
  const about = c.o.about(ip);
  if (about === null) return [];
  const claims = about.log.filter((e) => e.kind !== 'vrrp').map((e) => e.ref.at);
  return about.askings.flatMap((asking) => {
    const row = asking.unanswered;
    if (row === null || row.count < LEAST_QUESTIONS || row.last.at - row.first.at < LEAST_NS) return [];
    // Whoever claims the address in the midst of it answers everybody; soon after is a failover.
    const isClaimed = claims.some((at) => at > row.first.at && at <= Math.max(row.last.at, row.first.at + GRACE_NS));
    const isKnown = isClaimed || sendsMeanwhile(c, ip, asking.asker, row);
    return isKnown || !seesAnswersTo(c, asking.asker) ? [] : [{ asking, row }];
  });
}

/** Whether the asker sends packets to the address between its questions: then it knows where, by an answer that passes elsewhere. */
function sendsMeanwhile(c: Case, ip: Ip, asker: Mac, { first, last }: Unanswered): boolean {
  const sent = sightingsOf(c.o.pathsTouching([asker], ip), ({ toward: [hop] }) => (hop?.source === asker ? hop : undefined));
  return sent.some(({ at: { at } }) => at > first.at && at < last.at);
}

/** Whether unicast answers to a machine pass this capture point, whoever sends them. */
function seesAnswersTo(c: Case, asker: Mac): boolean {
  if (c.sight.kind === 'mirror') return c.sight.given || isAnswered(c, asker);
  return c.sight.kind === 'host' && c.sight.hosts.some((host) => host.macs.includes(asker));
}

/** Whether any question of a machine was answered in this capture. */
function isAnswered(c: Case, asker: Mac): boolean {
  return c.o.claimedIps.some((ip) => c.o.about(ip)!.askings.some((a) => a.asker === asker && a.answered > 0));
}

/** Who should have answered: the master or last owner where one is known, else every director. */
function ownersOf(c: Case, s: Subject, row: Unanswered): Machine[] {
  const directors = s.vip!.directors.map((d) => d.machine);
  const master = groupsOf(c, s.ip)
    .flatMap((group) => mastershipsOf(c, group))
    .filter((m) => m.from.at <= row.last.at)
    .at(-1);
  if (master !== undefined && directors.includes(master.machine)) return [master.machine];
  const last = (c.o.about(s.ip)?.log ?? []).filter((e) => e.ref.at < row.first.at && c.cluster.isDirector(e.mac, s.vip!)).at(-1);
  return last === undefined ? directors : [c.cluster.machineOf(last.mac)];
}
