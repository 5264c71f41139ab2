/**
 * LVS110: a machine is given the IPv6 VIP that another one owns, and its duplicate address detection fails.
 * The address stays there marked dadfailed: a real server then has no usable VIP and drops what the director sends it.
 */
import { isVirtualMac, type Machine } from '../cluster/cluster.ts';
import type { AddressSeen, ClaimSeen, Ip, Mac } from '../cluster/observations.ts';
import type { FrameRef } from '../correlation/frame-ref.ts';
import { captureOnMirror } from './capture-command.ts';
import { isIpv6 } from './lawful-claims.ts';
import { type Case, type Evidence, type Fault, isGuessed, type Rule, type Subject } from './rule.ts';
import { isOneMachine } from './turns.ts';
import { claimSays, count, hostOf, msBetween, verb, whoIs } from './wording.ts';

interface Data {
  readonly ip: Ip;
  readonly who: string;
  readonly host: string;
  readonly owner: Mac;
  readonly probes: number;
  readonly probeFrame: number;
  readonly defence: { readonly frame: number; readonly after: string } | null;
  readonly isDirector: boolean;
}

/** An owner defends its address within a second (RFC 4862 section 5.4, RetransTimer), or a slow machine a little later. */
const DEFENDED_WITHIN_NS = 1.5e9;
const MAX_SHOWN = 3;

export const vip6DadConflict: Rule<Data> = {
  code: 'LVS110',
  name: 'vip6-dad-conflict',
  severity: 'warning',
  summary: 'Duplicate address detection for the IPv6 VIP fails on a second machine.',
  headline: (who, ip, isOne) => `duplicate address detection for ${ip} fails on ${who}${verb(isOne, '', ' in turn')}`,

  *subjects(c) {
    for (const vip of c.cluster.vips) if (isIpv6(vip.ip)) yield { ip: vip.ip, vip, machine: null };
    if (c.cluster.vips.length > 0) return;
    for (const ip of c.o.servers) {
      if (isIpv6(ip) && (c.o.about(ip)?.detections.length ?? 0) > 0) yield { ip, vip: null, machine: null };
    }
  },

  check(c, s) {
    const about = c.o.about(s.ip);
    if (about === null) return [];
    const faults: Fault<Data>[] = [];
    const probers = new Set(about.detections.map((d) => c.cluster.machineOf(d.mac)));
    for (const machine of probers) {
      const fault = conflictOf(c, s, about, machine);
      if (fault !== null) faults.push(fault);
    }
    return faults;
  },

  blind(c, s) {
    const tested = (c.o.about(s.ip)?.detections.length ?? 0) > 0;
    if (tested) return null;
    const reason = `no machine tests ${s.ip} for duplicates in this capture: that happens when the address is added`;
    return { reason, capture: captureOnMirror() };
  },

  message(d) {
    const defended = d.defence === null ? '' : ` (frame ${d.defence.frame}, ${d.defence.after} later)`;
    return `${d.who} tests whether ${d.ip} is free (${count(d.probes, 'neighbour solicitation')} without source address, first in frame ${d.probeFrame}), but ${d.owner} owns it${defended}: the address stays unusable there, marked dadfailed.`;
  },

  remedy(d) {
    const look = `ip -6 addr show to ${d.ip} dadfailed   # shows where it failed; there: ip -6 addr del ${d.ip}/64 dev THAT, with the length shown`;
    return d.isDirector
      ? {
          why: `Only the active director may hold ${d.ip}; a standby gets it by VRRP, which adds it without duplicate address detection.`,
          steps: [{ on: d.host, commands: [look, `ip -6 -br addr show to ${d.ip}   # must print nothing while it is standby`] }],
        }
      : {
          why: `On a real server ${d.ip} belongs on lo, where no duplicate address detection is done and no solicitation is answered.`,
          steps: [{ on: d.host, commands: [look, `ip -6 addr replace ${d.ip}/128 dev lo preferred_lft 0`] }],
        };
  },
};

/** The failed tests of one machine. */
function conflictOf(c: Case, s: Subject, about: AddressSeen, machine: Machine): Fault<Data> | null {
  const lost = about.detections
    .filter((d) => machine.macs.includes(d.mac))
    .flatMap((d) => {
      const owner = ownerAgainst(c, s, about, d);
      return owner === null ? [] : [{ ...d, owner }];
    });
  const first = lost[0];
  if (first === undefined) return null;
  const evidence = lost.slice(0, MAX_SHOWN).flatMap((d): Evidence[] => [
    { at: d.ref, shows: 'fault', says: `neighbour solicitation without source address: ${d.mac} tests whether ${s.ip} is free` },
    { at: d.owner.ref, shows: 'cause', says: claimSays(d.owner) },
  ]);
  const isDefence = first.owner.ref.at >= first.ref.at;
  return {
    data: {
      ip: s.ip,
      who: whoIs(machine, first.mac),
      host: hostOf(machine, 'the second machine'),
      owner: first.owner.mac,
      probes: lost.length,
      probeFrame: first.ref.frame,
      defence: isDefence ? { frame: first.owner.ref.frame, after: msBetween(first.ref, first.owner.ref) } : null,
      isDirector: s.vip?.directors.some((d) => d.machine === machine) ?? false,
    },
    culprits: [machine],
    confidence: s.vip !== null && isGuessed(s.vip, machine) ? 'possible' : isDefence ? 'confirmed' : 'probable',
    count: lost.length,
    unit: 'frames',
    first: first.ref,
    last: lost.at(-1)!.ref,
    evidence,
  };
}

/** Who owns the address that is tested: it defends it, or held it before and holds it after. */
function ownerAgainst(c: Case, s: Subject, about: AddressSeen, probe: { ref: FrameRef; mac: Mac }): ClaimSeen | null {
  const isOther = (e: ClaimSeen) => !isVirtualMac(e.mac) && !isOneMachine(c, e.mac, probe.mac, s.ip) && isRightful(c, s, probe.mac, e.mac);
  const others = about.log.filter((e) => e.kind !== 'vrrp' && isOther(e));
  const after = others.filter((e) => e.ref.at >= probe.ref.at);
  const defence = after.find((e) => e.ref.at - probe.ref.at <= DEFENDED_WITHIN_NS && e.kind === 'gratuitous');
  if (defence !== undefined) return defence;
  const before = others.filter((e) => e.ref.at < probe.ref.at).at(-1);
  const taken = about.log.some((e) => e.ref.at > probe.ref.at && isOneMachine(c, e.mac, probe.mac, s.ip));
  return before !== undefined && after.length > 0 && !taken ? before : null;
}

/** A director whose address a real server defends is the victim, not the culprit. */
function isRightful(c: Case, { vip }: Subject, prober: Mac, owner: Mac): boolean {
  return vip === null || !c.cluster.isDirector(prober, vip) || c.cluster.isDirector(owner, vip) || !c.cluster.isRealServer(owner, vip);
}
