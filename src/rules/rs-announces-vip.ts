/**
 * LVS102: a real server says by itself that the VIP is at its MAC: as sender of an ARP request, or by gratuitous ARP.
 * Every neighbour that holds an entry for the VIP overwrites it at once, often inside the first connection.
 */
import type { Machine, Vip } from '../cluster/cluster.ts';
import type { ClaimSeen, Ip } from '../cluster/observations.ts';
import { captureOn } from './capture-command.ts';
import { claimsOn, isIpv6 } from './lawful-claims.ts';
import { announce, forget, NEIGHBOURS, silence } from './remedies.ts';
import { type Evidence, isGuessed, type Rule, realServersOf } from './rule.ts';
import { claimSays, count, hostOf, verb, whoIs } from './wording.ts';

interface Data {
  readonly ip: Ip;
  readonly host: string;
  readonly who: string;
  readonly requests: number;
  readonly gratuitous: number;
  /** Whom it asked for with the VIP as its own address. */
  readonly asksFor: Ip | null;
  readonly firstFrame: number;
}

const MAX_SHOWN = 4;

export const rsAnnouncesVip: Rule<Data> = {
  code: 'LVS102',
  name: 'rs-announces-vip',
  severity: 'critical',
  summary: 'A real server announces the VIP: as sender of ARP requests, or by gratuitous ARP.',
  headline: (who, ip, isOne) => `${who} ${verb(isOne, 'announces', 'announce')} ${ip} by ARP`,

  *subjects(c) {
    for (const subject of realServersOf(c)) if (!isIpv6(subject.ip)) yield subject;
  },

  check(c, s) {
    const { machine, vip } = s as { machine: Machine; vip: Vip };
    const claims = claimsOn(c, vip, machine).filter((m) => m.counts.request + m.counts.gratuitous > 0);
    if (claims.length === 0) return [];
    const events = claims.flatMap((m) => [...m.events.request, ...m.events.gratuitous]).sort((a, b) => a.ref.at - b.ref.at);
    const first = events[0]!;
    const requests = claims.reduce((sum, m) => sum + m.counts.request, 0);
    const gratuitous = claims.reduce((sum, m) => sum + m.counts.gratuitous, 0);
    const asked = events.find((e) => e.kind === 'request')?.asksFor ?? null;
    const shown = [...events.slice(0, MAX_SHOWN), events.at(-1)!];
    return [
      {
        data: {
          ip: s.ip,
          host: hostOf(machine, 'the real server'),
          who: whoIs(machine, first.mac),
          requests,
          gratuitous,
          asksFor: asked,
          firstFrame: first.ref.frame,
        },
        culprits: [machine],
        confidence: isGuessed(vip, machine) ? 'possible' : 'confirmed',
        count: requests + gratuitous,
        unit: 'frames',
        first: first.ref,
        last: events.at(-1)!.ref,
        evidence: withOneOfEach(shown, events).map((e): Evidence => ({ at: e.ref, shows: 'fault', says: claimSays(e) })),
      },
    ];
  },

  blind(c, s) {
    const machine = s.machine!;
    const missing = (reason: string) => ({ reason, capture: captureOn(machine, s.ip, 'the real server') });
    // Its chance to do wrong: it resolved a neighbour by itself, which every host of the LAN sees.
    const asked = machine.macs.some((mac) =>
      c.o.claimedBy(mac).ips.some((ip) => c.o.about(ip)!.macs.some((m) => m.mac === mac && m.counts.request > 0)),
    );
    return asked ? null : missing('it resolves no neighbour in this capture, so its choice of sender address does not show');
  },

  message(d) {
    const parts: string[] = [];
    if (d.requests > 0) {
      parts.push(`asks for ${d.asksFor ?? 'its neighbours'} with ${d.ip} as its own address (${count(d.requests, 'ARP request')})`);
    }
    if (d.gratuitous > 0) parts.push(`announces ${d.ip} unasked (${count(d.gratuitous, 'gratuitous ARP frame')})`);
    return `${d.who} ${parts.join(' and ')}, first in frame ${d.firstFrame}. Neighbours that hold an entry for ${d.ip} overwrite it with this MAC.`;
  },

  remedy(d) {
    const source = {
      on: d.host,
      commands: [
        `grep -rn '${d.ip}' /etc/network /etc/netplan /etc/sysconfig/network-scripts /etc/keepalived /etc/rc.local 2>/dev/null   # what announces it: arping, ifup, a keepalived of its own`,
      ],
    };
    return {
      why:
        d.requests > 0
          ? 'With arp_announce=0 the kernel puts the source of the packet that waits, the VIP, into the ARP request as sender address.'
          : 'Only the active director may announce the VIP. An address on lo is not announced when it is added.',
      steps: [...(d.gratuitous > 0 ? [source] : []), silence(d.host, d.ip), forget(NEIGHBOURS, d.ip), announce(d.ip)],
    };
  },
};

/** The frames shown, and of each kind of claim the first, which may be among them: of a frame that is cited twice one is told. */
function withOneOfEach(shown: readonly ClaimSeen[], all: readonly ClaimSeen[]): ClaimSeen[] {
  const firsts = (['request', 'gratuitous'] as const).map((kind) => all.find((e) => e.kind === kind));
  return [...shown, ...firsts.filter((e) => e !== undefined)];
}
