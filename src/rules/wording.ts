/** How rules word what frames show: one way for each kind of frame, so that all reports read alike. */
import type { Machine } from '../cluster/cluster.ts';
import type { ClaimSeen, Ip, Mac } from '../cluster/observations.ts';
import type { FrameRef } from '../correlation/frame-ref.ts';
import { thousands } from '../thousands.ts';

/** Why a capture cannot show who sends what to whom. */
export const NO_DESTINATIONS = 'frames carry no destination MAC (captured with -i any)';

/** What an ARP or ND frame says. */
export function claimSays(claim: ClaimSeen): string {
  const { kind, ip, mac } = claim;
  const nd = ip.includes(':');
  const from = claim.sender === mac ? '' : `, in a frame from ${claim.sender}`;
  if (kind === 'reply') return `${nd ? 'neighbour advertisement' : 'ARP reply'}: ${ip} is at ${mac}${from}`;
  if (kind === 'gratuitous') return `${nd ? 'unsolicited neighbour advertisement' : 'gratuitous ARP'}: ${ip} is at ${mac}${from}`;
  const asked = claim.asksFor ?? 'another address';
  return nd
    ? `neighbour solicitation for ${asked} from ${ip}, which it says is at ${mac}${from}`
    : `ARP request: who has ${asked}, tell ${ip} at ${mac}${from}`;
}

/** The question that answers follow. */
export function questionSays(ip: Ip, asker: Mac): string {
  return ip.includes(':') ? `neighbour solicitation for ${ip} from ${asker}` : `ARP request: who has ${ip}, asked by ${asker}`;
}

/** A packet on a hop. */
export function hopSays(what: string, source: Mac, destination: Mac): string {
  return destination === '' ? `${what} from ${source}` : `${what} from ${source} to ${destination}`;
}

/** An address and a port; IPv6 in brackets, or the port would read as a part of it (RFC 5952 section 6). */
export function endpoint(ip: Ip, port: number): string {
  return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`;
}

/** A machine in a message: its name, if it was given one, and the MAC that the frames show. */
export function whoIs(machine: Machine, mac: Mac): string {
  return machine.name === null ? mac : `${machine.name} (${mac})`;
}

/** On which host a command must run. */
export function hostOf(machine: Machine, otherwise: string): string {
  return machine.name ?? machine.ips[0] ?? machine.macs[0] ?? otherwise;
}

/** `1 flow`, `2 flows`. */
export function count(n: number, noun: string, plural: string = `${noun}s`): string {
  return `${thousands(n)} ${n === 1 ? noun : plural}`;
}

/** Milliseconds between two frames, with as many digits as matter. */
export function msBetween(a: FrameRef, b: FrameRef): string {
  const ms = Math.abs(b.at - a.at) / 1e6;
  return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
}

/** `is` or `are`, by number. */
export function verb(isOne: boolean, one: string, many: string): string {
  return isOne ? one : many;
}

/**
 * `a`, `a and b`, `a, b and 98 more VIPs`: as many as a first line has room for, whatever their number. Of IPv6 it has for one.
 * @param noun what they are, in the plural
 */
export function addressesText(ips: readonly Ip[], noun: string): string {
  if (ips.length < 3) return ips.join(' and ');
  const shown = ips.slice(0, ips[0]!.includes(':') ? 1 : 2);
  return `${shown.join(', ')} and ${thousands(ips.length - shown.length)} more ${noun}`;
}
