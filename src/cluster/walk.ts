/** The packet walk: which frames of which example flows to show, and each as a row with what changed since the hop before. */
import type { Frame } from '../capture/frame.ts';
import { PathEvent } from '../correlation/paths.ts';
import { canonicalIp, destinationMacOf, formatIp, formatMac, sourceMacOf } from '../decoders/address.ts';
import { LinkKind, type Packet, Transport, Tunnel } from '../decoders/packet.ts';
import { tcpFlagNames } from '../decoders/tcp-flag-names.ts';
import { UsageError } from '../usage-error.ts';
import type { Cluster } from './cluster.ts';
import { type MissingHop, missingHops } from './missing-hops.ts';
import type { Example, FlowPath, Ip, Observations } from './observations.ts';
import type { Sight } from './sight.ts';
import { stepWords, who } from './summary.ts';
import { timeText } from './time-text.ts';

/** Which flows to walk. */
export interface FlowFilter {
  /** `client[:port] > vip[:port]`; null for all. */
  readonly flow: string | null;
  readonly client: Ip | null;
}

/** One flow to walk. */
export interface Walk {
  readonly path: FlowPath;
  readonly example: Example;
}

/** A frame of a walk, or one that is missing in it. */
export interface WalkRow {
  /** Null where the frame that should follow did not come. */
  readonly frame: number | null;
  readonly time: string | null;
  readonly sourceMac: string | null;
  readonly destinationMac: string | null;
  readonly sourceIp: string | null;
  readonly sourcePort: number | null;
  readonly destinationIp: string | null;
  readonly destinationPort: number | null;
  readonly ttl: number | null;
  readonly flags: string;
  readonly who: string;
  readonly changed: string;
  /** With several captures: the frame in each that holds it. */
  readonly seenIn?: readonly { readonly frame: number }[];
}

/** What several captures tell of a walk beside its frames. */
export interface PointsOfWalk {
  readonly sight: Sight;
  /** Name of a capture that should hold a frame to this machine, since it was taken there; null when there is none, or it does hold it. */
  lackedBy(destination: number, seenAs: readonly number[]): string | null;
}

/** Most paths walked at once. */
const MAX_WALKS = 200;

/** One example for each path to a VIP, or where no cluster is known to any service, the commonest path first. */
export function walkRequests(o: Observations, cluster: Cluster, filter: FlowFilter): Walk[] {
  const matches = readFilter(filter);
  const servers = cluster.vips.length > 0 ? cluster.vips.map((v) => v.ip) : [...o.servers];
  return servers
    .flatMap((ip) => o.pathsTo(ip))
    .map((path) => ({ path, example: path.examples.find((e) => matches(path, e)) }))
    .filter((walk): walk is Walk => walk.example !== undefined)
    .sort((a, b) => b.path.flows - a.path.flows || a.path.id - b.path.id)
    .slice(0, MAX_WALKS);
}

function readFilter({ flow, client }: FlowFilter): (path: FlowPath, e: Example) => boolean {
  const [from, to, ...rest] = flow === null ? [] : flow.split('>').map((end) => readEnd(end.trim(), flow));
  if (flow !== null && (to === undefined || rest.length > 0)) {
    throw new UsageError(
      `--flow ${flow} is not understood; expected 'client[:port] > vip[:port]', such as '192.168.1.7 > 192.168.1.100:80'.`,
    );
  }
  return (path, e) =>
    (client === null || e.client === client) &&
    (from === undefined || (e.client === from.ip && (from.port === null || from.port === e.clientPort))) &&
    (to === undefined || (path.server === to.ip && (to.port === null || to.port === e.serverPort)));
}

function readEnd(text: string, flow: string): { ip: Ip; port: number | null } {
  const match = /^(?:\[(.+)\](?::(\d+))?|([0-9.]+)(?::(\d+))?|([0-9a-fA-F:.]+))$/.exec(text);
  const ip = match?.[1] ?? match?.[3] ?? match?.[5];
  const port = match?.[2] ?? match?.[4];
  const canonical = ip === undefined ? null : canonicalIp(ip);
  if (canonical === null || (port !== undefined && Number(port) > 65535)) {
    throw new UsageError(
      `--flow ${flow} is not understood; expected 'client[:port] > vip[:port]', such as '192.168.1.7 > 192.168.1.100:80'.`,
    );
  }
  return { ip: canonical, port: port === undefined ? null : Number(port) };
}

/** Collects the rows of walks while the capture is read a second time. */
export class WalkRows {
  readonly #walks: readonly Walk[];
  readonly #cluster: Cluster;
  readonly #rows = new Map<number, WalkRow>();
  readonly #wanted = new Set<number>();
  /** For each row, the capture that lacks it. */
  readonly #lackedBy = new Map<number, string>();
  readonly #points: PointsOfWalk | null;

  constructor(walks: readonly Walk[], cluster: Cluster, points: PointsOfWalk | null = null) {
    this.#walks = walks;
    this.#cluster = cluster;
    this.#points = points;
    for (const { example } of walks) for (const { frame } of example.frames) this.#wanted.add(frame);
  }

  /** Takes a frame if it is wanted; false when no other one is. `seenAs`: with several captures, its numbers in all that hold it. */
  add(frame: Frame, packet: Packet, seenAs: readonly number[] | null = null): boolean {
    if (this.#wanted.has(frame.number)) {
      const row = this.#rowOf(frame, packet);
      this.#rows.set(frame.number, seenAs === null ? row : { ...row, seenIn: seenAs.map((number) => ({ frame: number })) });
      const lackedBy =
        packet.link === LinkKind.ethernet ? this.#points?.lackedBy(destinationMacOf(packet.mac0, packet.mac1), seenAs ?? []) : null;
      if (lackedBy != null) this.#lackedBy.set(frame.number, lackedBy);
    }
    return this.#rows.size < this.#wanted.size;
  }

  /** The walks with their rows; frame numbers are of `capture`. */
  paths(capture: string): { title: string; capture: string; flows: number; rows: WalkRow[] }[] {
    return this.#walks.map(({ path, example }) => {
      const vip = this.#cluster.vip(path.server) ?? null;
      const steps = path.steps.map((step) => (vip === null ? '' : stepWords(step, this.#cluster, vip))).filter((words) => words !== '');
      const frames = [...new Set(example.frames.map((ref) => ref.frame))];
      const rows = frames.map((frame) => this.#rows.get(frame)).filter((row) => row !== undefined);
      const eventOf = (row: WalkRow) => path.steps[example.frames.findIndex((ref) => ref.frame === row.frame)]?.event;
      return {
        title: `${path.server} ${path.port}/${path.protocol}${steps.length > 0 ? `: ${steps.join(', ')}` : ''}`,
        capture,
        flows: path.flows,
        rows: [
          ...rows.flatMap((row, i) => [{ ...row, changed: changeOf(eventOf(row), rows[i - 1], row) }, ...this.#lostAfter(row)]),
          ...(this.#points === null || vip === null ? [] : missingHops(path, this.#cluster, vip, this.#points.sight).map(missingRow)),
        ],
      };
    });
  }

  /** The row that tells that a frame did not arrive. */
  #lostAfter(row: WalkRow): WalkRow[] {
    const capture = this.#lackedBy.get(row.frame!);
    if (capture === undefined) return [];
    const { sourceIp, sourcePort, destinationIp, destinationPort, flags } = row;
    const changed = `lost: does not arrive, ${capture} does not hold it`;
    return [{ ...NO_FRAME, ...{ sourceIp, sourcePort, destinationIp, destinationPort, flags }, who: row.who, changed }];
  }

  #rowOf(frame: Frame, p: Packet): WalkRow {
    const hasMacs = p.link !== LinkKind.none;
    const source = hasMacs ? formatMac(sourceMacOf(p.mac1, p.mac2)) : null;
    const destination = p.link === LinkKind.ethernet ? formatMac(destinationMacOf(p.mac0, p.mac1)) : null;
    const version = p.version === 6 ? 6 : 4;
    return {
      frame: frame.number,
      time: timeText(frame.seconds, frame.nanoseconds),
      sourceMac: source,
      destinationMac: destination,
      sourceIp: formatIp(version, p.source0, p.source1, p.source2, p.source3),
      sourcePort: p.transport === Transport.tcp || p.transport === Transport.udp ? p.sourcePort : null,
      destinationIp: formatIp(version, p.destination0, p.destination1, p.destination2, p.destination3),
      destinationPort: p.transport === Transport.tcp || p.transport === Transport.udp ? p.destinationPort : null,
      ttl: p.ttl,
      flags: flagsOf(p),
      who: `${who(source ?? '', this.#cluster, null)} → ${who(destination ?? '', this.#cluster, null)}`,
      changed: '',
    };
  }
}

const NO_FRAME: Omit<WalkRow, 'who' | 'changed'> = {
  frame: null,
  time: null,
  sourceMac: null,
  destinationMac: null,
  sourceIp: null,
  sourcePort: null,
  destinationIp: null,
  destinationPort: null,
  ttl: null,
  flags: '',
};

function missingRow(hop: MissingHop): WalkRow {
  return { ...NO_FRAME, sourceMac: hop.source, who: hop.who, changed: hop.says };
}

function flagsOf(p: Packet): string {
  const tunnel = p.tunnel === Tunnel.none ? '' : ' in a tunnel';
  if (p.transport === Transport.tcp) {
    return tcpFlagNames(p.tcpFlags) + tunnel;
  }
  if (p.transport === Transport.udp) return `UDP${tunnel}`;
  return p.transport === Transport.icmp || p.transport === Transport.icmp6 ? `ICMP ${p.icmpType}/${p.icmpCode}` : '';
}

/** What changed since the hop before of the same packet; empty for another packet. */
function changeOf(event: PathEvent | undefined, before: WalkRow | undefined, row: WalkRow): string {
  if (event === PathEvent.retry || event === PathEvent.retryAgain || event === PathEvent.stalled) return 'sent again';
  const isHop = event === PathEvent.toward || event === PathEvent.from || event === PathEvent.towardInTunnel;
  const isCopy =
    isHop || event === PathEvent.echo || event === PathEvent.echoAgain || event === PathEvent.loop || event === PathEvent.translated;
  if (before === undefined || !isCopy || before.sourceIp !== row.sourceIp || before.flags.split(' ')[0] !== row.flags.split(' ')[0])
    return '';
  const changes: string[] = [];
  if (before.sourceMac !== row.sourceMac) changes.push('source MAC');
  if (before.destinationMac !== row.destinationMac) changes.push('destination MAC');
  if (before.destinationIp !== row.destinationIp) changes.push('destination IP');
  if (before.destinationPort !== row.destinationPort) changes.push('destination port');
  if (before.ttl !== row.ttl) changes.push(`TTL ${before.ttl}→${row.ttl}`);
  return changes.length === 0 ? 'nothing' : changes.join(', ');
}
