/** What all parts of the text report share: width, colours, the names of machines, and lists in prose. */
import { Chalk, type ChalkInstance } from 'chalk';
import type { Culprit, Diagnosis, RoleKind } from '../../diagnosis.ts';
import { thousands } from '../../thousands.ts';
import { printable } from '../printable.ts';

export interface TextOptions {
  /** Colour by escape sequences; without it the text says the same. */
  readonly color: boolean;
  /** Columns, 40 or more. Addresses and quoted words are never broken, so a line may be longer where one does not fit. */
  readonly width: number;
  /** Path to read a capture again, by its name in the diagnosis; the name itself where it is missing. '-' is standard input. */
  readonly sourceFiles?: ReadonlyMap<string, string>;
  /** Every evidence frame, every subject, clues and paths; default false. */
  readonly verbose?: boolean;
  /** The verdict, the titles of the findings and their culprits; default false. */
  readonly quiet?: boolean;
}

export interface Style {
  readonly width: number;
  readonly verbose: boolean;
  readonly chalk: ChalkInstance;
  readonly sourceFiles: ReadonlyMap<string, string>;
  /** Names of machines by their addresses. */
  readonly names: ReadonlyMap<string, string>;
}

export const ROLE_WORDS: Record<RoleKind | 'other', string> = {
  director: 'director',
  realServer: 'real server',
  gateway: 'gateway',
  client: 'client',
  other: 'machine',
};

export function styleOf(diagnosis: Diagnosis, options: TextOptions): Style {
  const names = new Map<string, string>();
  const { directors, realServers, gateways } = diagnosis.cluster;
  for (const machine of [...gateways, ...realServers, ...directors]) {
    if (machine.name === null) continue;
    for (const address of [...machine.ips, ...machine.macs]) names.set(address, machine.name);
  }
  return {
    width: options.width,
    verbose: options.verbose ?? false,
    chalk: new Chalk({ level: options.color ? 1 : 0 }),
    sourceFiles: options.sourceFiles ?? new Map(),
    names,
  };
}

/** 'rs1 (192.168.1.10, 52:54:00:b0:61:3f)', or what is known of it. */
export function machineText(machine: Pick<Culprit, 'name' | 'ip' | 'mac'>): string {
  const [first, ...rest] = [machine.name, machine.ip, machine.mac].filter((part) => part !== null).map(printable);
  if (first === undefined) return 'an unknown machine';
  return rest.length === 0 ? first : `${first} (${rest.join(', ')})`;
}

/** 'rs1 (192.168.1.10)' for the address of a named machine, else the address. */
export function addressText(address: string, style: Style): string {
  const name = style.names.get(address);
  return name === undefined || name === address ? printable(address) : `${printable(name)} (${printable(address)})`;
}

/** 'a', 'a and b', 'a, b and c'; of more than `most` items the first ones and how many more. */
export function listText(items: readonly string[], most = Number.POSITIVE_INFINITY): string {
  if (items.length > most) return `${items.slice(0, most - 1).join(', ')} and ${items.length - most + 1} more`;
  return items.length < 2 ? (items[0] ?? '') : `${items.slice(0, -1).join(', ')} and ${items[items.length - 1]}`;
}

/** 'VIP a', 'VIPs a, b and 98 more'; of more than `most` the first ones and how many more. */
export function vipsText(vips: readonly string[], most = 4): string {
  return `${vips.length === 1 ? 'VIP' : 'VIPs'} ${listText(vips.map(printable), most)}`;
}

/** '1 frame', '5 frames', '12,345 frames'. */
export function countText(count: number, unit: string): string {
  const singular = unit.endsWith('s') ? unit.slice(0, -1) : unit;
  return `${thousands(count)} ${count === 1 ? singular : `${singular}s`}`;
}
