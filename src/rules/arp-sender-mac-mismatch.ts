/**
 * LVS108: ARP or neighbour discovery names another MAC than the one its frame came from: one that no machine sends from, or for a VIP
 * that of a real server. Everybody believes the payload: packets then go to a MAC that nobody has, or past the director.
 */
import { isVirtualMac, type Machine } from '../cluster/cluster.ts';
import type { ClaimSeen, Ip, Mac, Observations } from '../cluster/observations.ts';
import { captureOn, captureOnMirror } from './capture-command.ts';
import { isIpv6 } from './lawful-claims.ts';
import { forget } from './remedies.ts';
import type { Case, Evidence, Fault, Rule } from './rule.ts';
import { claimSays, count, hopSays, hostOf, verb, whoIs } from './wording.ts';

interface Data {
  readonly ip: Ip;
  readonly who: string;
  readonly host: string;
  readonly sender: Mac;
  readonly mac: Mac;
  /** Whether the MAC is another machine's, not nobody's. */
  readonly isOthers: boolean;
  readonly claims: number;
  readonly firstFrame: number;
  readonly astray: { readonly frames: number; readonly firstFrame: number } | null;
}

const LEAST_FRAMES = 2;
const MAX_SHOWN = 3;

export const arpSenderMacMismatch: Rule<Data> = {
  code: 'LVS108',
  name: 'arp-sender-mac-mismatch',
  severity: 'warning',
  summary: 'ARP names a MAC that its sender does not have, nor anybody else.',
  headline: (who, ip, isOne) => `${who} ${verb(isOne, 'claims', 'claim')} ${ip} with a MAC that nobody has`,

  *subjects(c) {
    for (const vip of c.cluster.vips) yield { ip: vip.ip, vip, machine: null };
    for (const ip of c.o.claimedIps) {
      if (c.cluster.vip(ip) === undefined && mismatchesOf(c, ip).size > 0) yield { ip, vip: null, machine: null };
    }
  },

  check(c, s) {
    const faults: Fault<Data>[] = [];
    for (const [sender, claims] of mismatchesOf(c, s.ip)) {
      const first = claims[0]!;
      const total = countOf(c, s.ip, claims);
      const machine = c.cluster.machineOf(sender);
      const isOthers = c.o.isSource(first.mac);
      // What goes to another machine may be meant for it; which neighbours believed the message is told by LVS103.
      const astray = isOthers ? [] : c.o.passages.filter((p) => p.destination === first.mac).sort((a, b) => a.first.at - b.first.at);
      // One odd frame of a stranger that nobody acts upon is a damaged frame.
      if (total < LEAST_FRAMES && astray.length === 0 && s.vip === null && !hasRole(c, machine)) continue;
      const evidence = claims.slice(0, MAX_SHOWN).map((e): Evidence => ({ at: e.ref, shows: 'fault', says: claimSays(e) }));
      if (astray[0] !== undefined) {
        const { source, destination, server } = astray[0];
        evidence.push({ at: astray[0].first, shows: 'effect', says: hopSays(`packet for ${server}`, source, destination) });
      }
      faults.push({
        data: {
          ip: s.ip,
          who: whoIs(machine, sender),
          host: hostOf(machine, 'the sender'),
          sender,
          mac: first.mac,
          isOthers,
          claims: total,
          firstFrame: first.ref.frame,
          astray:
            astray[0] === undefined ? null : { frames: astray.reduce((sum, p) => sum + p.frames, 0), firstFrame: astray[0].first.frame },
        },
        culprits: [machine],
        confidence: c.sight.kind === 'mirror' ? 'confirmed' : 'probable',
        count: total,
        unit: 'frames',
        first: first.ref,
        last: claims.at(-1)!.ref,
        evidence,
      });
    }
    return faults;
  },

  blind(c, s) {
    const about = c.o.about(s.ip);
    const owner = ownerOf(c, s.ip);
    const missing = (reason: string) => ({ reason, capture: owner === null ? captureOnMirror() : captureOn(owner, s.ip, 'its owner') });
    const claims = about?.macs.filter((m) => m.counts.reply + m.counts.request + m.counts.gratuitous + m.toldCount > 0) ?? [];
    if (claims.length === 0) return missing(`no ARP message of this capture says where ${s.ip} is`);
    if (c.sight.kind === 'mirror' || (owner !== null && c.sight.seesAllFrom(owner))) return null;
    return missing('its unicast ARP replies do not all pass this capture point');
  },

  message(d) {
    const astray = d.astray === null ? '' : ` ${count(d.astray.frames, 'packet')} went to it, the first in frame ${d.astray.firstFrame}.`;
    const protocol = isIpv6(d.ip) ? 'neighbour discovery' : 'ARP';
    return `${d.who} says by ${protocol} that ${d.ip} is at ${d.mac}, in ${count(d.claims, 'frame')} sent from ${d.sender}, first in frame ${d.firstFrame}; ${d.isOthers ? `${d.mac} is another machine's` : `no frame ever comes from ${d.mac}`}.${astray}`;
  },

  remedy(d) {
    const ipv6 = isIpv6(d.ip);
    return {
      why: 'Something on the sender writes another MAC into the message: a left-over arptables or nftables rule, a published entry, a script with the MAC of a card that was replaced.',
      steps: [
        {
          on: d.host,
          commands: [
            `ip -br link   # which card has ${d.sender}; none ${d.isOthers ? 'here ' : ''}has ${d.mac}`,
            ipv6
              ? 'nft list ruleset   # a rule that sets a link-layer address'
              : 'arptables -L -n -v; nft list table arp filter   # a rule that mangles the source MAC: delete it',
            `ip neigh show proxy; grep -rni '${d.mac}' /etc 2>/dev/null`,
            ipv6 ? `ndsend ${d.ip} eth0` : `arping -U -c 3 -I eth0 ${d.ip}   # once it is mended: neighbours learn the true MAC`,
          ],
        },
        forget('neighbours that still use the wrong entry', d.ip),
      ],
    };
  },
};

/** Claims of an IP with a MAC that never sends, or for a VIP with a real server's that others name, by the MAC that their frames came from. */
function mismatchesOf(c: Case, ip: Ip): Map<Mac, ClaimSeen[]> {
  const found = new Map<Mac, ClaimSeen[]>();
  const vip = c.cluster.vip(ip);
  for (const m of c.o.about(ip)?.macs ?? []) {
    const isServers = vip !== undefined && c.cluster.isRealServer(m.mac, vip) && !c.cluster.isDirector(m.mac, vip);
    if (!isForeign(c, m.mac) && !isServers) continue;
    for (const claim of m.told) {
      if (speaksForOthers(c, claim.sender) || c.cluster.machineOf(claim.sender) === c.cluster.machineOf(m.mac)) continue;
      const known = found.get(claim.sender);
      if (known === undefined) found.set(claim.sender, [claim]);
      else known.push(claim);
    }
  }
  return found;
}

/** How many frames claim it: more than are kept, unless another sender names the same MAC. */
function countOf(c: Case, ip: Ip, claims: readonly ClaimSeen[]): number {
  const senders = new Set(claims.map((e) => e.sender));
  const named = (c.o.about(ip)?.macs ?? []).filter((m) => claims.some((e) => e.mac === m.mac));
  const isAlone = named.every((m) => m.told.every((e) => senders.has(e.sender)));
  return isAlone ? named.reduce((sum, m) => sum + m.toldCount, 0) : claims.length;
}

function hasRole(c: Case, machine: Machine): boolean {
  return c.cluster.vips.some((vip) => [...vip.directors, ...vip.realServers].some((role) => role.machine === machine));
}

/** Whether a MAC could be a card's, and no frame comes from it. */
function isForeign(c: Case, mac: Mac): boolean {
  const isGroup = (Number.parseInt(mac.slice(0, 2), 16) & 1) === 1;
  return !isGroup && !isVirtualMac(mac) && !c.o.isSource(mac);
}

function speaksForOthers(c: Case, sender: Mac): boolean {
  let known = speakers.get(c.o);
  if (known === undefined) {
    known = c.o.speakersForOthers((mac) => isForeign(c, mac));
    speakers.set(c.o, known);
  }
  return known.has(sender);
}

/** Who names two MACs or more that nobody has speaks for others: a switch or bridge that answers ARP for them. Found once a judgement. */
const speakers = new WeakMap<Observations, ReadonlySet<Mac>>();

/** Whose address it is, as far as roles say; null where that is not one machine. */
function ownerOf(c: Case, ip: Ip): Machine | null {
  const directors = c.cluster.vip(ip)?.directors ?? [];
  return directors.length === 1 ? directors[0]!.machine : null;
}
