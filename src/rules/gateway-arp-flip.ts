/**
 * LVS103: the MAC that a gateway or an on-link client uses for the VIP changes from a director to a real server.
 * Its ARP cache shows in its own frames: where they go is what it believes.
 */
import type { Machine, Vip } from '../cluster/cluster.ts';
import type { ClaimSeen, Ip, Mac, Move, Passage } from '../cluster/observations.ts';
import type { FrameRef } from '../correlation/frame-ref.ts';
import { captureOnGateway } from './capture-command.ts';
import { bypassingFlows, choosesByItself } from './direct-requests.ts';
import { announce, forget, silence } from './remedies.ts';
import { type Case, type Evidence, type Fault, isGuessed, type Rule } from './rule.ts';
import { claimSays, count, hopSays, hostOf, NO_DESTINATIONS, verb, whoIs } from './wording.ts';

interface Data {
  readonly ip: Ip;
  readonly sender: string;
  readonly senderHost: string;
  readonly to: string;
  readonly host: string;
  readonly from: Mac | null;
  readonly flipFrame: number;
  readonly cause: { readonly frame: number; readonly isRequest: boolean } | null;
  /** Who sent the cause in another's name; null when the machine spoke for itself. */
  readonly teller: Mac | null;
  readonly flows: number;
  readonly healedFrame: number | null;
  readonly isIpv6: boolean;
}

export const gatewayArpFlip: Rule<Data> = {
  code: 'LVS103',
  name: 'gateway-arp-flip',
  severity: 'critical',
  summary: "A gateway's or client's ARP entry for the VIP moves from a director to a real server.",
  headline: (who, ip, isOne) => `the ARP entry for ${ip} flips to ${who}${verb(isOne, '', ' in turn')}`,

  *subjects(c) {
    for (const vip of c.cluster.vips) {
      for (const sender of c.o.sendersTo(vip.ip)) {
        // A director sends to its real servers: that is its work. A real server's frames to the VIP are another matter.
        if (c.cluster.isDirector(sender, vip) || c.cluster.isRealServer(sender, vip)) continue;
        yield { ip: vip.ip, vip, machine: c.cluster.machineOf(sender), sender };
      }
    }
  },

  check(c, s) {
    const vip = s.vip!;
    const sender = s.sender!;
    if (choosesByItself(c, vip, sender)) return [];
    const mine = c.o.passagesFrom(sender, s.ip);
    const before = mine.filter((p) => c.cluster.isDirector(p.destination, vip)).sort((a, b) => a.first.at - b.first.at)[0];
    const moves = c.o.movesOf(sender, s.ip);
    const faults: Fault<Data>[] = [];
    for (const role of vip.realServers) {
      const machine = role.machine;
      if (vip.directors.some((d) => d.machine === machine)) continue;
      const flipped = mine.filter((p) => machine.macs.includes(p.destination));
      const used = flipped.find((p) => before !== undefined && p.last.at > before.first.at);
      if (used !== undefined) faults.push(flipTo(c, vip, machine, used, before!, moves));
      else {
        const probe = cacheProbe(c, s.ip, sender, machine);
        if (probe !== null) faults.push(probedFlip(c, vip, sender, machine, probe));
      }
    }
    return faults;
  },

  blind(c, s) {
    const vip = s.vip!;
    const missing = (reason: string) => ({ reason, capture: captureOnGateway(c, s.ip) });
    if (!c.sight.hasDestinations) return missing(NO_DESTINATIONS);
    const hidden = vip.realServers.some((r) => r.machine.macs.every((mac) => !c.sight.sees(s.sender!, mac)));
    if (hidden || vip.realServers.length === 0) return missing('its frames to real servers would not pass this capture point');
    return null;
  },

  message(d) {
    const table = d.isIpv6 ? 'neighbour entry' : 'ARP entry';
    const because =
      d.cause === null
        ? '; what told it so is not in this capture'
        : ` after the ${causeWord(d)} in frame ${d.cause.frame}${d.teller === null ? '' : `, which ${d.teller} sent`}`;
    const from = d.from === null ? '' : ` from the director ${d.from}`;
    const astray = d.flows > 0 ? ` ${count(d.flows, 'flow')} then bypassed the director.` : '';
    const healed =
      d.healedFrame === null ? ' It did not move back within the capture.' : ` It moved back to a director in frame ${d.healedFrame}.`;
    return `The ${table} of ${d.sender} for ${d.ip} moved${from} to ${d.to} in frame ${d.flipFrame}${because}.${astray}${healed}`;
  },

  remedy(d) {
    if (d.teller !== null) {
      return {
        why: `${d.teller} tells neighbours that ${d.ip} is at another machine. Find the machine by its MAC in the table of the switch, and stop what sends this.`,
        steps: [forget(d.senderHost, d.ip), announce(d.ip)],
      };
    }
    return {
      why: 'The entry is wrong until it expires or is announced anew, and comes back until the real server is silent about the VIP: mend that first.',
      steps: [silence(d.host, d.ip), forget(d.senderHost, d.ip), announce(d.ip)],
    };
  },
};

/** `used` and `before` are what a sender sent to the real server and to a director. */
function flipTo(c: Case, vip: Vip, machine: Machine, used: Passage, before: Passage, moves: readonly Move[]): Fault<Data> {
  const sender = used.source;
  const flip = moves.find((m) => m.from !== null && machine.macs.includes(m.to)) ?? null;
  const { ref: at, to: mac } = flip ?? { ref: used.first, to: used.destination };
  const back = moves.find((m) => m.ref.at > at.at && c.cluster.isDirector(m.to, vip)) ?? null;
  const cause = lastClaim(c, vip.ip, machine.macs, sender, -Infinity, at.at);
  // Who names another's MAC is to be mended, not whom it names.
  const teller = cause === null || machine.macs.includes(cause.sender) ? null : c.cluster.machineOf(cause.sender);
  const cure = back === null ? null : lastClaim(c, vip.ip, [back.to], sender, at.at, back.ref.at);
  const packet = `packet to ${vip.ip}`;
  const evidence: Evidence[] = [];
  const isAfter = before.first.at < at.at;
  if (isAfter) {
    evidence.push({ at: before.first, shows: 'effect', says: hopSays(`${packet}, still`, sender, before.destination) });
  }
  if (cause !== null) evidence.push({ at: cause.ref, shows: 'cause', says: claimSays(cause) });
  evidence.push({ at, shows: 'fault', says: hopSays(`first ${packet}`, sender, mac) });
  if (cure !== null) evidence.push({ at: cure.ref, shows: 'cure', says: claimSays(cure) });
  if (back !== null) evidence.push({ at: back.ref, shows: 'cure', says: hopSays(`${packet}, again`, sender, back.to) });
  const astray = bypassingFlows(c, vip, machine, sender);
  return {
    data: {
      ip: vip.ip,
      sender: whoIs(c.cluster.machineOf(sender), sender),
      senderHost: hostOf(c.cluster.machineOf(sender), 'the gateway'),
      to: whoIs(machine, mac),
      host: hostOf(machine, 'the real server'),
      from: isAfter ? before.destination : null,
      flipFrame: at.frame,
      cause: cause === null ? null : { frame: cause.ref.frame, isRequest: cause.kind === 'request' },
      teller: teller === null ? null : cause!.sender,
      flows: astray,
      healedFrame: back?.ref.frame ?? null,
      isIpv6: vip.ip.includes(':'),
    },
    culprits: [teller ?? machine],
    confidence: isGuessed(vip, machine) ? 'possible' : 'confirmed',
    count: Math.max(1, astray),
    unit: 'flows',
    first: at,
    last: used.last,
    evidence,
  };
}

/** A unicast question to a real server: the asker's cache holds it, though the frame that poisoned it lies outside the capture. */
function cacheProbe(c: Case, ip: Ip, sender: Mac, machine: Machine): { ref: FrameRef; asked: Mac } | null {
  const about = c.o.about(ip);
  if (about === null) return null;
  const probe = about.probes.find((p) => p.asker === sender && machine.macs.includes(p.asked));
  if (probe === undefined) return null;
  // An asker that was seen to resolve the VIP before has chosen this answer itself; that is told as what it is, an answered question.
  const resolved = about.log.some((e) => e.to === sender && e.ref.at < probe.ref.at);
  return resolved ? null : probe;
}

function probedFlip(c: Case, vip: Vip, sender: Mac, machine: Machine, probe: { ref: FrameRef; asked: Mac }): Fault<Data> {
  const astray = bypassingFlows(c, vip, machine, sender);
  return {
    data: {
      ip: vip.ip,
      sender: whoIs(c.cluster.machineOf(sender), sender),
      senderHost: hostOf(c.cluster.machineOf(sender), 'the gateway'),
      to: whoIs(machine, probe.asked),
      host: hostOf(machine, 'the real server'),
      from: null,
      flipFrame: probe.ref.frame,
      cause: null,
      teller: null,
      flows: astray,
      healedFrame: null,
      isIpv6: vip.ip.includes(':'),
    },
    culprits: [machine],
    confidence: isGuessed(vip, machine) ? 'possible' : 'probable',
    count: Math.max(1, astray),
    unit: 'flows',
    first: probe.ref,
    last: probe.ref,
    evidence: [
      { at: probe.ref, shows: 'fault', says: `unicast question for ${vip.ip} from ${sender} to ${probe.asked}: its entry points there` },
    ],
  };
}

/** The newest claim of the VIP by one of these MACs that the sender could hear, between two times. */
function lastClaim(c: Case, ip: Ip, macs: readonly Mac[], sender: Mac, after: number, before: number): ClaimSeen | null {
  const heard = (c.o.about(ip)?.log ?? []).filter(
    (e) =>
      // An advert moves no neighbour's entry.
      e.kind !== 'vrrp' &&
      macs.includes(e.mac) &&
      e.ref.at > after &&
      e.ref.at <= before &&
      (e.to === sender || (Number.parseInt(e.to.slice(0, 2), 16) & 1) === 1),
  );
  return heard.at(-1) ?? null;
}

function causeWord(d: Data): string {
  if (d.isIpv6) return d.cause!.isRequest ? 'neighbour solicitation' : 'neighbour advertisement';
  return d.cause!.isRequest ? 'ARP request' : 'ARP message';
}
