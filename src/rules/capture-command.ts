/** The tcpdump command that would decide what a capture cannot show. */
import type { Machine } from '../cluster/cluster.ts';
import { captureFilter, tcpdumpCommand } from '../cluster/tcpdump.ts';
import type { Case } from './rule.ts';
import { hostOf } from './wording.ts';

/** On a machine: everything of the VIP and of the machine's own addresses. */
export function captureOn(machine: Machine, ip: string, otherwise: string): string {
  const file = machine.name ?? otherwise.replace(/^the /, '');
  return `on ${hostOf(machine, otherwise)}: ${tcpdumpCommand(file, captureFilter([ip, ...machine.ips]))}`;
}

/** On a mirror port: everything. */
export function captureOnMirror(): string {
  return `on a mirror port that carries the director's and the real servers' ports: ${tcpdumpCommand('mirror', null)}`;
}

/** Anywhere on the LAN, since broadcasts and multicasts decide it: who claims what, and VRRP. */
export function captureOnLan(when = ''): string {
  return `on any machine of this LAN${when}: ${tcpdumpCommand('lan', captureFilter([]))}`;
}

/** On the machine that brings requests: the gateway where one is known. */
export function captureOnGateway(c: Case, ip: string): string {
  const gateway = c.cluster.gateways[0]?.machine;
  if (gateway !== undefined) return captureOn(gateway, ip, 'the gateway');
  return `on the gateway, or on a client of the same LAN: ${tcpdumpCommand('gateway', captureFilter([ip]))}`;
}
