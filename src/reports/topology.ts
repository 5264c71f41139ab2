/** Who is who: the roles with the clues that speak for them, as text and as a cluster.yaml to correct and pass back with `-c`. */
import { Chalk } from 'chalk';
import type { ClusterSummary, Diagnosis, RoleSource } from '../diagnosis.ts';
import { printable, quoted } from './printable.ts';
import { wrap } from './wrap.ts';

export interface TopologyOptions {
  readonly color: boolean;
  readonly width: number;
}

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
  const chalk = new Chalk({ level: options.color ? 1 : 0 });
  const lines: string[] = [];
  const add = (label: string, who: string, source: RoleSource, clues: readonly string[]) => {
    const [first = '', ...rest] = wrap(`${who}, ${SOURCE_WORDS[source]}`, options.width, label.padEnd(13));
    lines.push(chalk.bold(first.slice(0, 13)) + first.slice(13), ...rest);
    for (const clue of clues) lines.push(...wrap(printable(clue), options.width, '             - '));
  };
  for (const vip of cluster.vips) {
    const about = [...vip.services, ...(vip.mode === null ? [] : [MODE_WORDS[vip.mode]])].join(', ');
    add('VIP', printable(about === '' ? vip.ip : `${vip.ip} (${about})`), vip.source, vip.clues);
  }
  for (const director of cluster.directors) {
    const span = [director.from === null ? '' : ` from ${director.from}`, director.until === null ? '' : ` until ${director.until}`].join(
      '',
    );
    const serves = director.vips.length === 0 ? '' : `, for ${director.vips.join(', ')}`;
    add(
      'director',
      printable(`${identity(director)}${serves}${cluster.directors.length > 1 || director.until !== null ? span : ''}`),
      director.source,
      director.clues,
    );
  }
  for (const server of cluster.realServers) add('real server', printable(identity(server)), server.source, server.clues);
  for (const gateway of cluster.gateways) add('gateway', printable(identity(gateway)), gateway.source, gateway.clues);
  if (cluster.clients.count > 0)
    lines.push(`${'clients'.padEnd(13)}${cluster.clients.count}, of these ${cluster.clients.onLink} on this LAN`);
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
  return [`  # ${SOURCE_WORDS[source]}${clues.length === 0 ? '' : ':'}`, ...clues.map((clue) => `  #   ${printable(clue)}`)];
}
