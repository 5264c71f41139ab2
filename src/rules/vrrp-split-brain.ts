/**
 * LVS401: two machines are VRRP master of one group at the same time, because they do not hear each other.
 * Both own the VIP and answer for it: neighbours use the one or the other, and what breaks the one breaks for half of them.
 */

import type { Ip } from '../cluster/observations.ts';
import { watchCommand } from '../cluster/tcpdump.ts';
import { captureOnLan } from './capture-command.ts';
import { advertSays, areStrangers, groupsAt, overlapOf, patienceMs, sharedGroups } from './masterships.ts';
import type { Evidence, Rule } from './rule.ts';
import { count, hostOf } from './wording.ts';

interface Data {
  readonly ip: Ip;
  readonly vrid: number;
  readonly senders: readonly { readonly ip: Ip; readonly mac: string }[];
  readonly hosts: readonly string[];
  readonly seconds: number;
  readonly firstFrame: number;
  readonly lastFrame: number;
  readonly isIpv6: boolean;
}

const MAX_SHOWN = 6;

export const vrrpSplitBrain: Rule<Data> = {
  code: 'LVS401',
  name: 'vrrp-split-brain',
  severity: 'critical',
  summary: 'Two machines are VRRP master of one group at the same time.',
  headline: (who, ip) => `${who} are VRRP master of ${ip} at the same time`,

  subjects: (c) => sharedGroups(c),

  check(c, s) {
    return groupsAt(c, s.ip).flatMap((group) => {
      const overlap = overlapOf(c, group);
      if (overlap === null || areStrangers(overlap)) return [];
      const { adverts, machines, first, last } = overlap;
      const shown = [...adverts.slice(0, MAX_SHOWN), ...adverts.slice(-1)];
      return [
        {
          data: {
            ip: s.ip,
            vrid: group.vrid,
            senders: [...new Set(shown.map((a) => a.sender))].map(({ ip, mac }) => ({ ip, mac })),
            hosts: machines.map((m) => hostOf(m, 'the director')),
            seconds: Math.floor((last.at - first.at) / 1e9),
            firstFrame: first.frame,
            lastFrame: last.frame,
            isIpv6: group.version === 6,
          },
          culprits: machines,
          confidence: 'confirmed',
          count: adverts.length,
          unit: 'frames',
          first,
          last,
          evidence: shown.map((a): Evidence => ({ at: a.ref, shows: 'fault', says: advertSays(a.sender) })),
        },
      ];
    });
  },

  blind(c, s) {
    const groups = groupsAt(c, s.ip);
    const long = groups.some((g) => {
      const heard = Math.max(...g.senders.map((x) => x.last.at)) - Math.min(...g.senders.map((x) => x.first.at));
      return heard > patienceMs(g.senders) * 1e6;
    });
    if (long) return null;
    return { reason: 'its adverts are in this capture for too short a time', capture: captureOnLan() };
  },

  message(d) {
    const who = d.senders.map((x) => `${x.ip} (${x.mac})`).join(' and ');
    return `${who} both send VRRP adverts as masters of group ${d.vrid} for ${count(d.seconds, 'second')}, in turn from frame ${d.firstFrame} to frame ${d.lastFrame}.`;
  },

  remedy(d) {
    const announce = d.ip.includes(':') ? `ndsend ${d.ip} eth0` : `arping -U -c 3 -I eth0 ${d.ip}`;
    const family = d.isIpv6 ? 'ip6' : 'ip';
    return {
      why: 'Each of them hears no advert of the other with a higher priority: a packet filter drops VRRP, a switch does not pass its multicast, or they do not accept each other (authentication, advert_int, version).',
      steps: [
        ...d.hosts.map((host) => ({
          on: host,
          commands: [
            `${watchCommand(d.isIpv6 ? 'ip6 proto 112' : 'ip proto 112')}   # do the other one's adverts arrive?`,
            `nft list ruleset | grep -i -e vrrp -e 112; nft insert rule ${family} filter INPUT meta l4proto 112 accept   # with your own table and chain`,
            'grep -n -e virtual_router_id -e auth_ -e advert_int -e vrrp_version -e unicast_peer /etc/keepalived/keepalived.conf   # must agree on both',
          ],
        })),
        { on: 'the rightful master, once they hear each other', commands: [announce] },
      ],
    };
  },
};
