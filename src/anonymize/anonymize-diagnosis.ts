/**
 * A saved diagnosis under other names and addresses. Addresses are known by their form; names of machines only where a member holds one, and
 * are then replaced in sentences too. Whoever still has the captures should rather let them be diagnosed in disguise: nothing has to be found then.
 */
import { captureFileName } from '../cluster/tcpdump.ts';
import { parseIp, parseMac } from '../decoders/address.ts';
import type { Diagnosis } from '../diagnosis.ts';
import type { Anonymization } from './anonymization.ts';
import { mapAddressesIn } from './mapped-text.ts';

/** Members that hold words of ours: a machine may be called like one of them. */
const OUR_WORDS: ReadonlySet<string> = new Set(
  'schema tool verdict format linkType mode severity confidence rule code unit state shows notice role kind'.split(' '),
);
/** Where a role comes from; a member of the same name elsewhere holds a MAC. */
const ROLE_SOURCES: ReadonlySet<unknown> = new Set(['given', 'declared', 'observed', 'guessed']);
/** Places that anyone may have given to a capture; they name nobody. */
const PLACES: ReadonlySet<string> = new Set(['mirror', 'director', 'real-server', 'gateway', 'client']);

/** The diagnosis with every address, machine and capture in it renamed, in members and in sentences. */
export function anonymizeDiagnosis(diagnosis: Diagnosis, anonymization: Anonymization): Diagnosis {
  const words = replacementsFor(diagnosis, anonymization);
  const longestFirst = [...words.keys()].sort((a, b) => b.length - a.length).map((word) => word.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  const pattern =
    longestFirst.length === 0 ? null : new RegExp(`(?<![\\p{L}\\p{N}_])(?:${longestFirst.join('|')})(?![\\p{L}\\p{N}_])`, 'gu');
  const renamed = (text: string) => (pattern === null ? text : text.replace(pattern, (word) => words.get(word)!));
  const mapped = (text: string) => mapAddressesIn(renamed(text), anonymization.addresses);
  const walk = (value: unknown, key: string): unknown => {
    if (OUR_WORDS.has(key) || (key === 'source' && ROLE_SOURCES.has(value))) return value;
    if (Array.isArray(value)) return value.map((item) => walk(item, key));
    if (typeof value === 'object' && value !== null) return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, walk(v, k)]));
    if (typeof value !== 'string') return value;
    // An id begins with the rule.
    const rule = key === 'id' || key === 'causedBy' || key === 'faults' ? value.slice(0, value.indexOf('/') + 1) : '';
    return rule + mapped(value.slice(rule.length));
  };
  return walk(diagnosis, '') as Diagnosis;
}

/** What machines and captures are called, also as part of a file name in a command, and what stands for it. */
function replacementsFor({ captures, cluster, findings, paths, verdicts }: Diagnosis, anonymization: Anonymization): Map<string, string> {
  const words = new Map<string, string>();
  const machine = (name: string | null, list: 'directors' | 'realServers' | 'gateways') => {
    if (name === null || name === '') return;
    const other = anonymization.renameMachine(name, list);
    words.set(name, other);
    words.set(captureFileName(name), captureFileName(other));
  };
  for (const list of ['directors', 'realServers', 'gateways'] as const) for (const { name } of cluster[list]) machine(name, list);
  for (const { name } of findings.flatMap(({ culprits }) => culprits)) machine(name, 'realServers');
  // Machines without a role are named only where they send or should capture.
  for (const { path } of paths) for (const step of path) machine(destinationOf(step), 'realServers');
  for (const { capture } of verdicts) machine(capturingMachine(capture), 'realServers');
  for (const { name, point } of captures) {
    if (name !== '-') words.set(name, anonymization.captureName(name));
    if (point !== null && !PLACES.has(point)) machine(point, 'realServers');
  }
  return words;
}

/** The name of the machine on which a command is recommended, which may have no role; null where it is described otherwise. */
function capturingMachine(command: string | null): string | null {
  const [, host, file] = /^on (.+?): .*-w (\S+)/.exec(command ?? '') ?? [];
  return host !== undefined && captureFileName(host) === file && parseIp(host) === null && parseMac(host) === null ? host : null;
}

/** The name of the machine to which a step of a path leads ('→ director>web1'); null for a MAC, an address or a role. */
function destinationOf(step: string): string | null {
  const name = step.slice(step.indexOf('>') + 1);
  const isOurs = name === '?' || /^(director|real-server|gateway)\d*$/.test(name);
  return isOurs || parseIp(name) !== null || parseMac(name) !== null ? null : name;
}
