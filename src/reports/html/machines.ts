/** The machines of a diagnosis by their MACs: what the pictures call them, and in which order they stand. */
import type { Diagnosis, RoleKind } from '../../diagnosis.ts';

export interface PicturedMachine {
  /** `sender`: it sends to an address, and nothing tells whether it is a client or a gateway. */
  readonly kind: RoleKind | 'sender' | 'other';
  /** Its name, or its role with a number where there are several. */
  readonly title: string;
  readonly name: string | null;
  readonly ips: readonly string[];
  readonly macs: readonly string[];
}

/** How machines are sorted: as a request comes. */
const ORDER: readonly PicturedMachine['kind'][] = ['client', 'sender', 'gateway', 'director', 'realServer', 'other'];
const TITLES: Readonly<Record<PicturedMachine['kind'], string>> = {
  client: 'client',
  sender: 'sender',
  gateway: 'gateway',
  director: 'director',
  realServer: 'real server',
  other: 'machine',
};

type Known = Omit<PicturedMachine, 'title'>;

export class Machines {
  readonly all: readonly PicturedMachine[];
  readonly #byMac = new Map<string, PicturedMachine>();

  constructor(diagnosis: Diagnosis) {
    const known = knownMachines(diagnosis);
    const numbers = new Map<PicturedMachine['kind'], number>();
    this.all = known.map((machine) => {
      const { kind, name } = machine;
      const number = (numbers.get(kind) ?? 0) + 1;
      numbers.set(kind, number);
      const isOnly = known.filter((other) => other.kind === kind).length === 1;
      return { ...machine, title: name ?? `${TITLES[kind]}${isOnly ? '' : ` ${number}`}` };
    });
    for (const machine of this.all) for (const mac of machine.macs) if (!this.#byMac.has(mac)) this.#byMac.set(mac, machine);
  }

  /** The machine that has this MAC; null where no machine of the diagnosis has it. */
  of(mac: string | null): PicturedMachine | null {
    return mac === null ? null : (this.#byMac.get(mac) ?? null);
  }

  /** What to call the machine with this MAC. */
  titleOf(mac: string | null): string {
    return mac === null ? 'unknown' : (this.of(mac)?.title ?? mac);
  }

  /** The machine of an IP or MAC. */
  at(address: string): PicturedMachine | null {
    return this.of(address) ?? this.all.find((machine) => machine.ips.includes(address)) ?? null;
  }

  rankOf(machine: PicturedMachine): number {
    return this.all.indexOf(machine);
  }
}

/** Those with a role, then what else is blamed, claims an address or sends to one. A machine with two roles stands as the first one. */
function knownMachines({ cluster, findings, addresses = [] }: Diagnosis): Known[] {
  const known: Known[] = [];
  const add = (machine: Known) => {
    const isThere = (mac: string) => known.some((other) => other.macs.includes(mac));
    if (machine.macs.length === 0 ? known.some((other) => other.ips.some((ip) => machine.ips.includes(ip))) : machine.macs.some(isThere))
      return;
    known.push(machine);
  };
  const withRole = (kind: RoleKind) => (m: { name: string | null; ips: readonly string[]; macs: readonly string[] }) =>
    add({ kind, name: m.name, ips: m.ips, macs: m.macs });
  cluster.directors.forEach(withRole('director'));
  cluster.gateways.forEach(withRole('gateway'));
  cluster.realServers.forEach(withRole('realServer'));
  for (const { role, name, ip, mac } of findings.flatMap((finding) => finding.culprits)) {
    add({ kind: role, name, ips: ip === null ? [] : [ip], macs: mac === null ? [] : [mac] });
  }
  for (const { claims, neighbours, hops } of addresses) {
    const stranger = (kind: Known['kind'], mac: string | null) => mac !== null && add({ kind, name: null, ips: [], macs: [mac] });
    for (const { mac } of claims) stranger('other', mac);
    for (const { mac } of neighbours) stranger('sender', mac);
    for (const { source, destination } of hops) for (const mac of [source, destination]) stranger('other', mac);
  }
  return known.sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind));
}
