/** Who is who: the roles with the clues that speak for them, as text and as a cluster.yaml to correct and pass back with `-c`. */
import { Chalk } from 'chalk';
import type { ClusterSummary, Diagnosis, RoleSource } from '../diagnosis.ts';
import { printable, quoted } from './printable.ts';
import { servedText } from './text/cluster.ts';
import { vipsAlike } from './text/many.ts';
import { countText, listText } from './text/style.ts';
import { wrap } from './wrap.ts';

export interface TopologyOptions {
  readonly color: boolean;
  readonly width: number;
  /** Each VIP by itself, and all machines and clues; default false. */
  readonly verbose?: boolean;
}

/** What is more than these is counted, unless verbose: machines of one role, groups of VIPs, and clues of one of them. */
const MOST = { machines: 20, vips: 8, clues: 6 };

const MODE_WORDS = { dr: 'direct routing', nat: 'NAT', tun: 'tunnels' } as const;

const SOURCE_WORDS: Record<RoleSource, string> = {
  given: 'given by you',
  declared: 'declared by the machines themselves',
  observed: 'observed in the frames',
  guessed: 'guessed',
};

interface Machine {
  readonly name: string | null;
  readonly ips: readonly string[];
  readonly macs: readonly string[];
  readonly source: RoleSource;
  readonly clues: readonly string[];
}

/** The roles and their clues as text, ending in a line break. */
export function renderTopology(cluster: ClusterSummary, options: TopologyOptions): string {
  const { verbose = false } = options;
  const chalk = new Chalk({ level: options.color ? 1 : 0 });
  const { vips, directors, realServers, gateways, clients } = cluster;
  const entry = (label: string, who: string, source: RoleSource, clues: readonly string[], others = 0): string[] => {
    const [first = '', ...rest] = wrap(`${who}, ${SOURCE_WORDS[source]}`, options.width, label.padEnd(13));
    const shown = verbose || clues.length + others <= MOST.clues ? clues : clues.slice(0, others > 0 ? MOST.clues : MOST.clues - 1);
    const more = clues.length - shown.length + others;
    return [
      chalk.bold(first.slice(0, 13)) + first.slice(13),
      ...rest,
      ...[...shown.map(printable), ...(more > 0 ? [`and ${countText(more, 'clues')} more; -v shows all`] : [])].flatMap((clue) =>
        wrap(clue, options.width, '             - '),
      ),
    ];
  };
  const cut = (label: string, entries: readonly string[][], most: number): string[] => {
    const shown = verbose ? entries : entries.slice(0, most);
    const more = entries.length - shown.length;
    return [...shown.flat(), ...(more > 0 ? [`${label.padEnd(13)}and ${more} more; -v shows all`] : [])];
  };
  const vipEntries = (verbose ? vips.map((vip) => [vip] as const) : vipsAlike(cluster)).map((group) => {
    const [{ services, mode, source, clues }, ...others] = group;
    const about = [...services, ...(mode === null ? [] : [MODE_WORDS[mode]])].join(', ');
    const ips = listText(
      group.map(({ ip }) => ip),
      4,
    );
    const label = others.length === 0 ? 'VIP' : 'VIPs';
    const more = others.reduce((sum, other) => sum + other.clues.length, 0);
    return entry(label, printable(about === '' ? ips : `${ips} (${about})`), source, clues, more);
  });
  const directorEntries = directors.map((director) => {
    const span = [director.from === null ? '' : ` from ${director.from}`, director.until === null ? '' : ` until ${director.until}`].join(
      '',
    );
    const served = verbose || director.vips.length <= 4 ? `for ${director.vips.join(', ')}` : servedText(director.vips, vips.length);
    const serves = director.vips.length === 0 ? '' : `, ${served}`;
    const who = `${identity(director)}${serves}${directors.length > 1 || director.until !== null ? span : ''}`;
    return entry('director', printable(who), director.source, director.clues);
  });
  const machines = (label: string, of: readonly Machine[]) =>
    cut(
      label,
      of.map((machine) => entry(label, printable(identity(machine)), machine.source, machine.clues)),
      MOST.machines,
    );
  const lines = [
    ...cut('VIP', vipEntries, MOST.vips),
    ...cut('director', directorEntries, MOST.machines),
    ...machines('real server', realServers),
    ...machines('gateway', gateways),
    ...(clients.count > 0 ? [`${'clients'.padEnd(13)}${clients.count}, of these ${clients.onLink} on this LAN`] : []),
  ];
  if (lines.length === 0) lines.push('No cluster is recognised in these frames.');
  return `${lines.join('\n')}\n`;
}

function identity(machine: Machine): string {
  const known = [machine.name ?? '', machine.ips.join(', '), machine.macs.join(', ')].filter((part) => part !== '');
  const [first = 'unknown addresses', ...rest] = known;
  return rest.length === 0 ? first : `${first} (${rest.join(', ')})`;
}

/** The roles as a cluster.yaml, clues as comments; read back, it gives the same roles. */
export function renderClusterYaml(diagnosis: Diagnosis): string {
  const { vips, directors, realServers, gateways } = diagnosis.cluster;
  const served = new Set(vips.map((vip) => vip.ip));
  const owners = ownersOf([...directors, ...realServers, ...gateways]);
  const captures = diagnosis.captures.map((capture) => printable(capture.name)).join(', ');
  const lines = [
    `# Roles that lvs-doctor ${printable(diagnosis.tool.version)} sees in ${captures}.`,
    '# Correct what is wrong, remove what does not belong, and pass it back with -c.',
  ];
  const section = (key: string, items: readonly string[][]) => {
    const told = items.flat();
    if (told.length === 0) lines.push(`# ${key}: none seen`);
    // A list of comments alone would be no list.
    else lines.push(told.some((line) => line.startsWith('  - ')) ? `${key}:` : `${key}: []`, ...told);
  };
  section(
    'vips',
    vips.map((vip) => {
      const services = vip.services.filter((service) => /^\d+\/(tcp|udp|sctp)$/.test(service));
      return [
        ...comments(vip.source, vip.clues),
        `  - ip: ${quoted(vip.ip)}`,
        ...(services.length === 0 ? [] : ['    services:']),
        ...services.map((service) => `      - { on: ${quoted(service)}${vip.mode === null ? '' : `, mode: ${vip.mode}`} }`),
      ];
    }),
  );
  section(
    'directors',
    directors.map((machine) => machineItem(machine, served, owners)),
  );
  section(
    'realServers',
    realServers.map((machine) => machineItem(machine, served, owners)),
  );
  section(
    'gateways',
    gateways.map((machine) => machineItem(machine, served, owners)),
  );
  return `${lines.join('\n')}\n`;
}

/** For each address the first machine that shows it: an address that two machines claim would make one machine of them. */
function ownersOf(machines: readonly Machine[]): Map<string, string> {
  const owners = new Map<string, string>();
  for (const machine of machines) {
    for (const ip of machine.ips) if (!owners.has(ip)) owners.set(ip, machine.macs.join());
  }
  return owners;
}

/** An entry of a list, without the VIPs among a machine's addresses: they are not its own. */
function machineItem(machine: Machine, served: ReadonlySet<string>, owners: ReadonlyMap<string, string>): string[] {
  const ips = machine.ips.filter((ip) => !served.has(ip) && owners.get(ip) === machine.macs.join()).map(quoted);
  const macs = machine.macs.map(quoted);
  const entries = [
    machine.name === null ? null : `name: ${quoted(machine.name)}`,
    ips.length === 0 ? null : ips.length === 1 ? `ip: ${ips[0]}` : `ips: [${ips.join(', ')}]`,
    macs.length === 0 ? null : `macs: [${macs.join(', ')}]`,
  ].filter((entry) => entry !== null);
  if (ips.length + macs.length === 0) return [`  # ${printable(machine.name ?? 'a machine')}: no address seen`];
  return [...comments(machine.source, machine.clues), ...entries.map((entry, i) => `${i === 0 ? '  - ' : '    '}${entry}`)];
}

function comments(source: RoleSource, clues: readonly string[]): string[] {
  const shown = clues.slice(0, clues.length > MOST.clues ? MOST.clues - 1 : MOST.clues);
  const more = clues.length - shown.length;
  return [
    `  # ${SOURCE_WORDS[source]}${clues.length === 0 ? '' : ':'}`,
    ...shown.map((clue) => `  #   ${printable(clue)}`),
    ...(more > 0 ? [`  #   and ${countText(more, 'clues')} more`] : []),
  ];
}
