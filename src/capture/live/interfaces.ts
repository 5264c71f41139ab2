/** The network interfaces of this machine, as far as the system tells them without privileges, and what is said when one cannot be used. */
import { existsSync, readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { nearestWord } from '../../nearest-word.ts';
import { UsageError } from '../../usage-error.ts';

const SYS = '/sys/class/net';
const IFF_UP = 1;

/** Names of the interfaces. Elsewhere than on Linux, only of those that have an address. */
export function interfaceNames(): string[] {
  const table = textOf('/proc/net/dev');
  if (table === null) return Object.keys(networkInterfaces());
  return [...table.matchAll(/^\s*(\S+):/gm)].map((match) => match[1]!);
}

/** Whether the interface is there and up; null where the system does not tell. */
export function interfaceState(name: string): 'up' | 'down' | 'removed' | null {
  if (!isOneInterface(name) || !existsSync(SYS)) return null;
  const flags = textOf(join(SYS, name, 'flags'));
  if (flags !== null) return (Number(flags) & IFF_UP) === 0 ? 'down' : 'up';
  return interfaceNames().includes(name) ? null : 'removed';
}

/** Frames that the card or its driver had no room for since it was started; null where the system does not tell. `index` is the interface's. */
export function droppedByInterface(name: string, index: number | null): number | null {
  if (!isOneInterface(name)) return null;
  // A process that was put into another network namespace may still see the /sys of its old one.
  if (index !== null && Number(textOf(join(SYS, name, 'ifindex'))) !== index) return null;
  const missed = textOf(join(SYS, name, 'statistics/rx_missed_errors'));
  const overrun = textOf(join(SYS, name, 'statistics/rx_fifo_errors'));
  return missed === null || overrun === null ? null : Number(missed) + Number(overrun);
}

export function noSuchInterface(name: string, names: readonly string[] = interfaceNames()): UsageError {
  const near = nearestWord(name, names);
  return new UsageError(
    `there is no interface '${name}' here; one of ${names.join(', ')} was expected${near === null ? ': ip link tells more.' : `: did you mean ${near}?`}`,
  );
}

export function interfaceIsDown(name: string): UsageError {
  return new UsageError(`the interface ${name} is down, so no frame comes; one that is up was expected: sudo ip link set ${name} up.`);
}

/** For a backend that goes on by itself. */
export function wentDownForNow(name: string): string {
  return `The interface ${name} went down; the capture goes on when it is up again: sudo ip link set ${name} up.`;
}

export function isUpAgain(name: string): string {
  return `The interface ${name} is up again, and the capture goes on.`;
}

/** For a backend that does not. */
export function interfaceWentDown(name: string): UsageError {
  return new UsageError(`the interface ${name} went down, and the capture ended with it: sudo ip link set ${name} up, then start again.`);
}

export function interfaceWasRemoved(name: string): UsageError {
  return new UsageError(`the interface ${name} was removed, and the capture ended with it: create it again, then start again.`);
}

/** Not all of them, and, as names become paths, nothing that leads elsewhere. */
function isOneInterface(name: string): boolean {
  return name !== 'any' && name !== '..' && /^[^/\s]+$/.test(name);
}

function textOf(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
