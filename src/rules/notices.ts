/** Notices: what must be known about a capture to read its diagnosis. Never faults. */
import type { CaptureInfo } from '../capture/frame.ts';
import type { CaptureSummary, Notice } from '../diagnosis.ts';
import { thousands } from '../thousands.ts';
import type { Case } from './rule.ts';
import { count, verb } from './wording.ts';

interface NoticeKind {
  readonly code: string;
  readonly name: string;
  readonly summary: string;
  /** The message, or null when there is nothing to note. */
  note(c: Case, infos: readonly CaptureInfo[], captures: readonly CaptureSummary[], chosen: Chosen | null): string | null;
}

/** What is known of frames that were chosen among those of the captures. */
export interface Chosen {
  readonly seen: number;
  readonly taken: number;
  /** The options as typed. */
  readonly options: { readonly typed: string };
}

/** Snapshot lengths below this cut TCP headers with options behind a VLAN tag and IPv6. */
const SHORT_SNAP_LENGTH = 86;
/** Compared datagrams below which a share of them says nothing. */
const MIN_COMPARED = 4;
/** The share of frames seen twice from which a mirror doubles, as far from chance as from all. */
const DOUBLED_SHARE = 0.25;

const KINDS: readonly NoticeKind[] = [
  {
    code: 'LVS901',
    name: 'no-destination-mac',
    summary: 'Frames carry no destination MAC, so paths cannot be followed.',
    note({ o }) {
      const { cookedFrames, noLinkFrames } = o.facts;
      const frames = cookedFrames + noLinkFrames;
      if (frames === 0) return null;
      const why = cookedFrames > 0 ? 'captured with -i any' : 'captured without link header';
      return `${count(frames, 'frame')} ${verb(frames === 1, 'carries', 'carry')} no destination MAC (${why}): who sends what to whom cannot be judged. Capture on the interface itself, tcpdump -i eth0.`;
    },
  },
  {
    code: 'LVS902',
    name: 'mirror-duplicates',
    summary: 'The mirror port delivers frames twice.',
    note({ o }) {
      const { once, twice } = o.facts.sightings;
      const sum = (a: Float64Array) => a.reduce((total, n) => total + n, 0);
      const first = sum(once);
      const second = sum(twice);
      if (first < MIN_COMPARED || second <= first * DOUBLED_SHARE) return null;
      return `${thousands(second)} of the compared datagrams were captured twice on the same hop, as a mirror of both directions does; they count once.`;
    },
  },
  {
    code: 'LVS903',
    name: 'offload-frames',
    summary: 'Frames are larger than the wire carries: captured before segmentation or after reassembly.',
    note({ o }) {
      const oversized = o.facts.points.reduce((total, p) => total + p.oversized, 0);
      if (oversized === 0) return null;
      return `${count(oversized, 'TCP segment')} ${verb(oversized === 1, 'is', 'are')} larger than 1500 bytes: captured on a host with segmentation or receive offload, not as they are on the wire. Their checksums mean nothing.`;
    },
  },
  {
    code: 'LVS904',
    name: 'short-snaplen',
    summary: 'Frames are cut so short that headers are missing.',
    note(_c, captures) {
      const short = captures.find((x) => x.snapLength > 0 && x.snapLength < SHORT_SNAP_LENGTH);
      if (short === undefined) return null;
      return `The snapshot length is ${short.snapLength} bytes: ports and flags behind VLAN tags, options or IPv6 headers may be cut off. Capture with -s 128.`;
    },
  },
  {
    code: 'LVS905',
    name: 'one-sided',
    summary: 'Only one direction of the VIP’s traffic is in the capture.',
    note({ o, cluster }) {
      for (const vip of cluster.vips) {
        const passages = o.passagesOf(vip.ip);
        const toward = passages.some((p) => p.toward);
        const from = passages.some((p) => !p.toward);
        if (toward && !from)
          return `No packet from ${vip.ip} is in the capture: at a director that is direct routing, and says nothing about the answers.`;
        if (from && !toward) return `No packet to ${vip.ip} is in the capture: requests cannot be judged.`;
      }
      return null;
    },
  },
  {
    code: 'LVS906',
    name: 'no-arp',
    summary: 'The capture holds no ARP and no neighbour discovery.',
    note(c) {
      const { facts } = c.o;
      if (facts.arpFrames > 0 || facts.claims.addressCount > 0 || facts.ipFrames === 0 || onlyAddress(c) !== null) return null;
      return 'The capture holds no ARP and no neighbour discovery: who claims the VIP cannot be judged. Do not filter them out (arp or icmp6 or …).';
    },
  },
  {
    code: 'LVS907',
    name: 'dropped-frames',
    summary: 'The capturing system dropped frames.',
    note(_c, captures) {
      const dropped = captures.reduce((total, x) => total + (x.dropped ?? 0), 0);
      if (dropped === 0) return null;
      return `The capturing system dropped ${count(dropped, 'frame')}: what is missing here may have been on the wire.`;
    },
  },
  {
    code: 'LVS908',
    name: 'time-disorder',
    summary: 'Frames are not in order of time.',
    note({ o }, _infos, captures) {
      const inOne = o.facts.points.reduce((total, p) => total + p.disordered, 0);
      const disordered = captures.reduce((total, capture) => total + (capture.disordered ?? 0), inOne);
      if (disordered === 0) return null;
      return `${count(disordered, 'frame')} ${verb(disordered === 1, 'bears', 'bear')} an earlier time than a frame before them; order is taken from the file.`;
    },
  },
  {
    code: 'LVS909',
    name: 'file-cut-off',
    summary: 'The file ends inside a record, or is damaged.',
    note(_c, captures) {
      const hurt = captures.filter((x) => x.cutOff || x.damage !== null);
      if (hurt.length === 0) return null;
      return hurt.map((x) => x.damage ?? `The file ends inside a record: judged up to frame ${x.frames}, the last whole one.`).join(' ');
    },
  },
  {
    code: 'LVS910',
    name: 'filtered-capture',
    summary: 'The capture was filtered to one address: replies from others, and ARP, are not in it.',
    note(c) {
      const ip = onlyAddress(c);
      if (ip === null) return null;
      return `All ${count(c.o.facts.ipFrames, 'packet')} concern ${ip} and there is no ARP: the capture seems filtered to that address, which hides replies from a wrong address and who claims the VIP. Add arp, icmp and the real servers' own addresses to the filter.`;
    },
  },
  {
    code: 'LVS911',
    name: 'not-on-cluster-lan',
    summary: 'The capture was taken beyond the gateway: the VIP’s LAN is not in it.',
    note({ o, cluster }) {
      const all = cluster.vips.flatMap((vip) => o.passagesOf(vip.ip));
      if (all.length === 0 || o.facts.cookedFrames + o.facts.noLinkFrames > 0) return null;
      const known = cluster.vips.flatMap((vip) => [...vip.directors, ...vip.realServers].flatMap((r) => r.machine.macs));
      if (known.length === 0 || all.some((p) => known.includes(p.source) || known.includes(p.destination))) return null;
      return 'No frame of a director or real server is in the capture: it was taken beyond the gateway, where routing has replaced their MACs.';
    },
  },
  {
    code: 'LVS912',
    name: 'given-role-contradicted',
    summary: 'The frames contradict a role or address that was given.',
    note({ o, given, cluster }) {
      const said: string[] = [...cluster.contradictions];
      for (const machine of [...given.directors, ...given.realServers, ...given.gateways]) {
        if (machine.macs.length === 0) continue;
        for (const ip of machine.ips) {
          const owners = (o.about(ip)?.macs ?? []).filter((m) => m.counts.reply + m.counts.request > 0).map((m) => m.mac);
          if (owners.length > 0 && !owners.some((mac) => machine.macs.includes(mac))) {
            said.push(`${ip} was given as ${machine.macs.join(', ')}, but the frames show it at ${owners.join(', ')}`);
          }
        }
      }
      return said.length === 0 ? null : `${[...new Set(said)].join('; ')}.`;
    },
  },
  {
    code: 'LVS913',
    name: 'undecodable-frames',
    summary: 'Some frames contradict their own lengths.',
    note({ o }) {
      const odd = o.facts.points.reduce((total, p) => total + p.undecodable, 0);
      return odd === 0 ? null : `${count(odd, 'frame')} could not be decoded: lengths or versions in them contradict each other.`;
    },
  },
  {
    code: 'LVS914',
    name: 'order-not-known',
    summary: 'Captures share no frame, so that the order of their frames is not known.',
    note(_c, _infos, captures) {
      const merged = captures.filter((capture) => capture.part === 'merged');
      const apart = captures.filter((capture) => capture.part === 'unordered');
      if (apart.length === 0) return null;
      const isMeanwhile = apart.some((a) => merged.some((m) => a.first! <= m.last! && m.first! <= a.last!));
      const when = isMeanwhile ? '' : ', and were taken at another time';
      return `No frame of ${listOf(apart)} is in the other captures${when}: clocks cannot be compared. What ${apart.length === 1 ? 'it shows' : 'they show'} counts, in the order of ${apart.length === 1 ? 'its' : 'their'} own clock, but nothing is said to be missing, and what follows from frames of both is only possible.`;
    },
  },
  {
    code: 'LVS915',
    name: 'other-lan',
    summary: 'A capture was taken on another LAN than the others, and is left out.',
    note(_c, _infos, captures) {
      const elsewhere = captures.filter((capture) => capture.part === 'elsewhere');
      if (elsewhere.length === 0) return null;
      return `${listOf(elsewhere)} ${elsewhere.length === 1 ? 'has' : 'have'} no machine in common with the other captures, as one taken beyond the gateway: left out. Diagnose ${elsewhere.length === 1 ? 'it' : 'them'} apart.`;
    },
  },
  {
    code: 'LVS916',
    name: 'not-all-running',
    summary: 'Not all captures were running at all times, so that less can be said to be missing.',
    note({ o }) {
      const flows = o.paths.reduce((sum, path) => sum + (path.isWatched ? 0 : path.flows), 0);
      if (flows === 0) return null;
      return `${count(flows, 'flow')} began while not every capture was running, or in one whose order is not known: what is missing of them is not judged.`;
    },
  },
  {
    code: 'LVS917',
    name: 'chosen-frames',
    summary: 'Only some frames of the captures are judged.',
    note(_c, _infos, _captures, chosen) {
      if (chosen === null || chosen.taken === chosen.seen) return null;
      return `Judged are ${thousands(chosen.taken)} of the ${count(chosen.seen, 'frame')} that were read, chosen by ${chosen.options.typed}: what is missing may be among the others.`;
    },
  },
];

function listOf(captures: readonly CaptureSummary[]): string {
  return captures.map(({ name }) => name).join(', ');
}

/** Packets below which "all of one address" says nothing of a filter. */
const MIN_FILTERED = 20;

/** The one server address of a capture without ARP, as \`host VIP\` makes it; null where there are others. */
function onlyAddress({ o }: Case): string | null {
  if (o.facts.arpFrames > 0 || o.facts.claims.addressCount > 0 || o.facts.ipFrames < MIN_FILTERED) return null;
  const [ip, ...others] = o.servers;
  return ip === undefined || others.length > 0 || o.facts.cookedFrames + o.facts.noLinkFrames > 0 ? null : ip;
}

/** Notices of a watch: what befalls its capture, or its ways to tell of it, and not what the frames show. */
export const CAPTURE_DISTURBED = {
  code: 'LVS918',
  name: 'capture-disturbed',
  summary: 'The interface went down or came up, or the clock of the capture was set back.',
} as const;
export const TELLING_FAILED = {
  code: 'LVS919',
  name: 'telling-failed',
  summary: 'An event could not be told to a webhook or command, or its evidence could not be saved.',
} as const;

/** The catalogue of notices. */
export const NOTICES: readonly { readonly code: string; readonly name: string; readonly summary: string }[] = [
  ...KINDS,
  CAPTURE_DISTURBED,
  TELLING_FAILED,
];

/** The notices that a case deserves. */
export function noticesOf(
  c: Case,
  infos: readonly CaptureInfo[],
  captures: readonly CaptureSummary[],
  chosen: Chosen | null = null,
): Notice[] {
  return KINDS.flatMap((kind) => {
    const message = kind.note(c, infos, captures, chosen);
    return message === null ? [] : [{ code: kind.code, notice: kind.name, message }];
  });
}
