/** Commands that several rules give: the same words for the same cure, so that a report can give them once. */
import type { Machine } from '../cluster/cluster.ts';
import type { Ip } from '../cluster/observations.ts';
import type { Remedy } from '../diagnosis.ts';
import { isIpv6 } from './lawful-claims.ts';
import { hostOf } from './wording.ts';

type Step = Remedy['steps'][number];

/** Makes a real server hold the VIP and be silent about it. IPv6 addresses on lo are neither answered for nor announced. */
export function silence(host: string, ip: Ip): Step {
  if (isIpv6(ip)) {
    return {
      on: host,
      commands: [
        `ip -6 addr show to ${ip}   # remove it from every interface but lo: ip -6 addr del ${ip} dev THAT`,
        `ip -6 addr replace ${ip}/128 dev lo preferred_lft 0`,
      ],
    };
  }
  return {
    on: host,
    commands: [
      'sysctl -w net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2',
      "printf 'net.ipv4.conf.all.arp_ignore = 1\\nnet.ipv4.conf.all.arp_announce = 2\\n' > /etc/sysctl.d/90-lvs-real-server.conf",
      `ip -br addr show to ${ip}   # remove it from every interface but lo: ip addr del ${ip} dev THAT`,
      `ip addr replace ${ip}/32 dev lo`,
    ],
  };
}

/** Makes neighbours forget what they believe about the VIP. */
export function forget(host: string, ip: Ip): Step {
  return {
    on: host,
    commands: [isIpv6(ip) ? `ip -6 neigh flush to ${ip}` : `ip neigh flush to ${ip}   # other systems: clear ip arp ${ip}`],
  };
}

/** Lets the active director tell all neighbours where the VIP is. */
export function announce(ip: Ip, director: Machine | null = null): Step {
  return {
    on: director === null ? 'the director' : hostOf(director, 'the director'),
    commands: [isIpv6(ip) ? `ndsend ${ip} eth0` : `arping -U -c 3 -I eth0 ${ip}`],
  };
}

/** Everyone who may hold a wrong entry. */
export const NEIGHBOURS = 'the gateway and on-link clients';
