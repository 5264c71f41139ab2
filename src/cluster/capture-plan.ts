/** Where to capture, with which command, and what each capture can decide: for the machines of a given cluster, or for any cluster. */
import type { CapturePlan, CapturePoint, FramesSeen, Seen } from '../capture-plan.ts';
import type { Given, GivenMachine } from './given/given.ts';
import { addressTests, captureFileName, filterOf, IPVS_SYNC, TUNNELS, tcpdumpCommand } from './tcpdump.ts';

/** The order in which `sees` of POINTS lists them. */
const FRAMES: readonly FramesSeen[] = ['broadcastArp', 'arpReplies', 'requestsBefore', 'requestsAfter', 'replies'];

/** What there is to know of a point, in the order of FRAMES. */
const POINTS: Readonly<
  Record<
    CapturePoint,
    {
      readonly file: string;
      readonly unknown: string;
      readonly sees: readonly [Seen, Seen, Seen, Seen, Seen];
      readonly decides: readonly string[];
      readonly cannot: readonly string[];
    }
  >
> = {
  mirror: {
    file: 'mirror',
    unknown: "a mirror port that carries the director's and the real servers' ports",
    sees: ['yes', 'yes', 'yes', 'yes', 'yes'],
    decides: ['everything, if the mirror port keeps up'],
    cannot: [],
  },
  director: {
    file: 'director',
    unknown: 'each director',
    sees: ['yes', 'own', 'yes', 'yes', 'no'],
    decides: [
      'whether each request goes on, to which MAC (LVS201, LVS202, LVS209)',
      'whether it can resolve the real servers (LVS204)',
      'who announces the VIP by broadcast, and who is master (LVS102, LVS401 to LVS404)',
      'whether replies come back to it by mistake (LVS304)',
    ],
    cannot: [
      'what the real servers answer: replies pass it by, and that is healthy (LVS301, LVS302)',
      'who else answers ARP requests for the VIP (LVS101, LVS105)',
      'requests that never come to it (LVS103, LVS104)',
    ],
  },
  'real-server': {
    file: 'real-server',
    unknown: 'each real server',
    sees: ['yes', 'own', 'no', 'own', 'own'],
    decides: [
      'whether it answers, from which address, to which MAC (LVS301 to LVS304)',
      'whether it answers ARP for the VIP or announces it (LVS101, LVS102)',
      'whether requests come to it past the director (LVS103, LVS104)',
    ],
    cannot: ['requests that never come to it', 'anything of the other real servers but their broadcasts'],
  },
  gateway: {
    file: 'gateway',
    unknown: 'the gateway',
    sees: ['yes', 'yes', 'yes', 'no', 'yes'],
    decides: [
      'who answers its ARP requests for the VIP, and which MAC it uses (LVS101, LVS103 to LVS105, LVS107, LVS403)',
      'which replies come back, from which address (LVS301, LVS309)',
    ],
    cannot: [
      'what the director does with a request (LVS201 to LVS204)',
      'which real server a missing reply should have come from (LVS302)',
    ],
  },
  client: {
    file: 'client',
    unknown: 'a client on the same LAN, in place of the gateway',
    sees: ['yes', 'own', 'own', 'no', 'own'],
    decides: ['for its own requests, what a gateway decides for all'],
    cannot: ['the same as a gateway, and requests of others'],
  },
};

/** What spoils captures most often. */
const NOTES = [
  'eth0 stands for the interface on the LAN of the cluster; never -i any, which has no destination MAC.',
  'Start all captures before a new connection is opened, and keep the clocks of the machines together (NTP).',
  'Never filter by the VIP alone: an answer from a wrong address does not contain it, nor does ARP of the real servers.',
];

/**
 * The plan for what is given.
 * @param told options that give the cluster, as typed, to be repeated for `diagnose`.
 */
export function planCaptures(given: Given, told: readonly string[]): CapturePlan {
  const machines = machinesOf(given);
  const missing = (['director', 'real-server', 'gateway'] as const).filter((point) => !machines.some((m) => m.points.includes(point)));
  const names = new Set<string>();
  const captures = [
    planned(['mirror'], null, null, names),
    ...machines.map((machine) => planned(machine.points, machine.given, filterFor(machine, given), names)),
    ...missing.map((point) => planned([point], null, null, names)),
    ...(missing.includes('gateway') ? [planned(['client'], null, null, names)] : []),
  ];
  return {
    schema: 'lvs-doctor/capture-plan@1',
    vips: given.vips.map((vip) => vip.ip),
    captures: captures.map(({ machine: _, ...capture }) => capture),
    diagnose: captures.map((capture) => ['lvs-doctor diagnose', ...told, `${pointFor(capture, machines)}=${capture.file}`].join(' ')),
    notes: NOTES.concat(notesFor(given)),
  };
}

/** A machine in all its roles. */
interface PlannedMachine {
  readonly points: CapturePoint[];
  readonly given: GivenMachine;
}

/** Every given machine once: a director that is also a real server needs one capture. */
function machinesOf(given: Given): PlannedMachine[] {
  const machines: PlannedMachine[] = [];
  const add = (point: CapturePoint, machine: GivenMachine) => {
    const same = machines.find((other) => isSame(other.given, machine));
    if (same === undefined) machines.push({ points: [point], given: machine });
    else if (!same.points.includes(point)) same.points.push(point);
  };
  for (const machine of given.directors) add('director', machine);
  for (const machine of given.realServers) add('real-server', machine);
  for (const machine of given.gateways) add('gateway', machine);
  return machines;
}

function isSame(a: GivenMachine, b: GivenMachine): boolean {
  return (a.name !== null && a.name === b.name) || a.ips.some((ip) => b.ips.includes(ip)) || a.macs.some((mac) => b.macs.includes(mac));
}

/** Tests for addresses in one filter: nobody types, or checks, a longer one. */
const MAX_TESTS = 64;

/** Null, so that everything is kept, where an address that matters is not known, or there are very many. */
function filterFor({ points, given: machine }: PlannedMachine, given: Given): string | null {
  if (given.vips.length === 0 || given.firewallMarks.length > 0 || machine.ips.length === 0) return null;
  const modes = modesOf(given);
  const addresses = [given.vips.map((vip) => vip.ip), machine.ips];
  // With NAT, what the director hands on no longer contains the VIP; at the gateway, an answer from a wrong address contains a RIP instead.
  if ((points.includes('director') && modes.has('nat')) || points.includes('gateway')) {
    if (given.realServers.length === 0 || given.realServers.some((server) => server.ips.length === 0)) return null;
    addresses.push(given.realServers.flatMap((server) => server.ips));
  }
  const tests = [...new Set(addresses.flatMap(addressTests))];
  if (tests.length > MAX_TESTS) return null;
  const tunnels = modes.has('tun') && points.some((point) => point !== 'gateway') ? TUNNELS : [];
  return filterOf([...tunnels, ...(points.includes('director') ? [IPVS_SYNC] : []), ...tests]);
}

function modesOf(given: Given): Set<string | null> {
  return new Set(given.vips.flatMap((vip) => vip.services.flatMap((on) => [on.mode, ...on.realServers.map((target) => target.mode)])));
}

/** @param names files of the plan so far; each capture gets one of its own. */
function planned(points: readonly CapturePoint[], machine: GivenMachine | null, filter: string | null, names: Set<string>) {
  const about = points.map((point) => POINTS[point]);
  let name = machine?.name ?? about[0]!.file;
  if (machine !== null && machine.name === null) name += `-${machine.ips[0] ?? machine.macs[0] ?? ''}`;
  const file = freeName(name, names);
  const seen = FRAMES.map((frames, i) => [frames, best(about.map(({ sees }) => sees[i]!))]);
  const decides = about.flatMap((point) => point.decides);
  return {
    machine,
    points,
    on: machine === null ? about[0]!.unknown : whereIs(machine),
    file,
    filter,
    command: tcpdumpCommand(file.replace(/\.pcap$/, ''), filter),
    sees: Object.fromEntries(seen) as Record<FramesSeen, Seen>,
    decides,
    // What one role of a machine cannot show, another may: told only where it has a single one.
    cannot: about.length === 1 ? about[0]!.cannot : [],
  };
}

function best(seen: readonly Seen[]): Seen {
  return seen.includes('yes') ? 'yes' : seen.includes('own') ? 'own' : 'no';
}

function freeName(name: string, names: Set<string>): string {
  let file = captureFileName(name);
  for (let n = 2; names.has(file); n++) file = captureFileName(`${name}-${n}`);
  names.add(file);
  return file;
}

function whereIs(machine: GivenMachine): string {
  const known = [machine.name ?? '', machine.ips.join(', '), machine.macs.join(', ')].filter((part) => part !== '');
  return known.length < 2 ? (known[0] ?? 'a machine without address') : `${known[0]} (${known[1]})`;
}

/** A given name says more than a role; one that holds `=` or a blank would be read otherwise. */
function pointFor(
  capture: { readonly machine: GivenMachine | null; readonly points: readonly CapturePoint[] },
  machines: readonly PlannedMachine[],
) {
  const name = capture.machine?.name ?? null;
  const isPlain = name !== null && /^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(name) && machines.filter((m) => m.given.name === name).length === 1;
  return isPlain ? name : capture.points[0]!;
}

function notesFor(given: Given): string[] {
  const notes: string[] = [];
  if (given.vips.length === 0) {
    notes.push('No VIP is given, so nothing is filtered; with -c, or --vip and the roles, the commands keep only what is judged.');
  }
  if (addressTests(given.vips.map((vip) => vip.ip)).length > MAX_TESTS) {
    notes.push(`So many VIPs that no filter of ${MAX_TESTS} tests names them all: nothing is filtered.`);
  }
  if (given.firewallMarks.length > 0) notes.push('Services by firewall mark name no VIP, so nothing is filtered.');
  if (modesOf(given).has('tun')) {
    notes.push('In tunnel mode the filters keep IP in IP and GRE whole; for GUE add its UDP port, 6080 by custom.');
  }
  notes.push("On a trunk, a filter F sees untagged frames alone; write '(F) or (vlan and (F))'.");
  return notes;
}
