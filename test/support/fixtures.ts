/** The captures of real clusters in fixtures/pcaps, with what was really wrong in each. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Given, NOTHING_GIVEN } from '../../src/cluster/given/given.ts';
import { mergeGiven } from '../../src/cluster/given/merge-given.ts';
import { parseGiven } from '../../src/cluster/given/parse-given.ts';
import { diagnose } from '../../src/diagnose.ts';
import type { Diagnosis } from '../../src/diagnosis.ts';

export const FIXTURES = join(import.meta.dirname, '../../fixtures/pcaps');

export interface TrueMachine {
  readonly name?: string;
  readonly ip?: string;
  readonly mac?: string;
  readonly macs?: readonly string[];
}

export interface ExpectedFault {
  readonly fault: string;
  readonly level?: 'fault' | 'info';
  readonly culprits?: readonly TrueMachine[];
  /** One of the culprits is enough. */
  readonly culpritsAnyOf?: boolean;
  /** Frames alone cannot tell it. */
  readonly needsRoles?: boolean;
}

/** truth.json. */
export interface Truth {
  readonly topology: {
    readonly vips: readonly (string | { readonly ip: string })[];
    readonly service?: string | readonly string[] | null;
    readonly directors?: readonly TrueMachine[];
    readonly realservers?: readonly TrueMachine[];
    readonly gateway?: TrueMachine | readonly TrueMachine[] | null;
    readonly clients?: readonly TrueMachine[];
  };
  readonly expect?: readonly ExpectedFault[];
  /** Also right. */
  readonly may?: readonly (string | { readonly fault: string })[];
  /** False alarms. */
  readonly must_not?: readonly string[];
  readonly visible_in?: Readonly<Record<string, readonly string[]>>;
  /** `ipvsadm-save -n` of the director, or of each. */
  readonly ipvsadm_save?: string | Readonly<Record<string, string>>;
}

/** Names of the cases below a folder, in order. */
export function casesIn(folder: string = FIXTURES): string[] {
  return readdirSync(folder)
    .sort()
    .filter((name) => existsSync(join(folder, name, 'truth.json')));
}

export function truthOf(name: string, folder: string = FIXTURES): Truth {
  return JSON.parse(readFileSync(join(folder, name, 'truth.json'), 'utf8')) as Truth;
}

/** The true roles, as a careful administrator gives them: cluster.yaml, and the director's `ipvsadm-save -n` where there is one. */
export function givenOf(truth: Truth): Given {
  const t = truth.topology;
  const services = [t.service ?? []]
    .flat()
    .flatMap((s) => s.split(/[ ,]+/))
    .filter((s) => /^(tcp|udp)\/\d+$/.test(s))
    .map((s) => s.split('/').reverse().join('/'));
  const machines = (list: readonly TrueMachine[] = []) => list.map((m) => ({ name: m.name, ip: m.ip, macs: m.macs ?? [m.mac] }));
  const gateways = machines(t.gateway ? ([t.gateway].flat() as TrueMachine[]) : []);
  const lists = { directors: machines(t.directors), realServers: machines(t.realservers), gateways };
  const yaml = {
    vips: t.vips.map((v) => ({ ip: typeof v === 'string' ? v : v.ip, ...(services.length > 0 ? { services } : {}) })),
    ...Object.fromEntries(Object.entries(lists).filter(([, list]) => list.length > 0)),
  };
  const saved = typeof truth.ipvsadm_save === 'string' ? truth.ipvsadm_save : Object.values(truth.ipvsadm_save ?? {})[0];
  const parts = [parseGiven('cluster.yaml', JSON.stringify(yaml))];
  if (saved?.trim()) parts.push(parseGiven('ipvsadm.save', `${saved.trimEnd()}\n`));
  return mergeGiven(parts);
}

/** The two ways to ask about a mirror's capture: roles inferred; or point and roles given. */
export const MODES = ['inferred', 'given'] as const;
export type Mode = (typeof MODES)[number];

/** Diagnoses a file of a case. */
export function diagnoseCase(name: string, mode: Mode, file = 'mirror.pcap', folder: string = FIXTURES): Promise<Diagnosis> {
  const path = join(folder, name, file);
  if (mode === 'inferred') return diagnose([{ name: path, point: null }], NOTHING_GIVEN);
  return diagnose([{ name: path, point: 'mirror' }], givenOf(truthOf(name, folder)));
}

/** A capture taken on one machine of a case. */
export interface View {
  readonly file: string;
  readonly point: string;
}

const POINTS: readonly (readonly [RegExp, string])[] = [
  [/^director\d*\b/, 'director'],
  [/^rs\d+\b/, 'real-server'],
  [/^(gateway|router)\d*\b/, 'gateway'],
  [/^client\d*\b/, 'client'],
];

/** What the machines of a case captured themselves. */
export function viewsOf(name: string, folder: string = FIXTURES): View[] {
  return readdirSync(join(folder, name))
    .filter((file) => /\.(pcap|pcapng)(\.gz|\.zst)?$/.test(file))
    .flatMap((file) => POINTS.filter(([pattern]) => pattern.test(file)).map(([, point]) => ({ file, point })));
}

/** Diagnoses what one machine captured, with its point and the true roles. */
export function diagnoseView(name: string, { file, point }: View, folder: string = FIXTURES): Promise<Diagnosis> {
  return diagnose([{ name: join(folder, name, file), point }], givenOf(truthOf(name, folder)));
}
