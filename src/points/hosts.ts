/** Whose capture each of several is, as far as MACs tell: the machine that sends or gets nearly all of it, and all that others show of it. */
import { isGroupMac } from '../correlation/edges.ts';
import type { Survey } from './survey.ts';

export type Host =
  /** The machine with these MACs captured. */
  | { readonly kind: 'machine'; readonly macs: ReadonlySet<number> }
  /** One of the machines with these MACs did; none where nothing tells. */
  | { readonly kind: 'unknown'; readonly macs: ReadonlySet<number> }
  /** A mirror port: frames between machines that have none in common. */
  | { readonly kind: 'mirror'; readonly macs: ReadonlySet<number> };

const NONE: ReadonlySet<number> = new Set();
/** A switch floods frames for machines that it has forgotten: they are few. */
const LEAST_SHARE = 0.5;

/** A pair of machines of which one sends to the other, with its frames. */
type Pair = readonly [from: number, to: number, frames: number];

/** Of a capture by itself. */
export function hostOf(survey: Survey): Host {
  if (survey.ownMacs.size > 0) return { kind: 'machine', macs: survey.ownMacs };
  const pairs = pairsOf(survey);
  const common = new Set((pairs[0] ?? []).slice(0, 2).filter((mac) => pairs.every(([from, to]) => from === mac || to === mac)));
  if (common.size === 1) return { kind: 'machine', macs: common };
  return { kind: pairs.length > 0 && common.size === 0 ? 'mirror' : 'unknown', macs: common };
}

/** The same, with what captures of the same LAN show beside it. */
export function hostAmong(survey: Survey, others: readonly Survey[]): Host {
  const alone = hostOf(survey);
  if (alone.kind === 'machine' || others.length === 0) return alone;
  const pairs = pairsOf(survey);
  const held = new Set(pairs.map(([from, to]) => `${from} ${to}`));
  const missing = others.flatMap(pairsOf).filter(([from, to]) => !held.has(`${from} ${to}`));
  if (alone.kind === 'mirror' && missing.length === 0) return alone;
  // Whoever captured holds all that others show of it.
  const lacks = new Set(missing.flatMap((pair) => pair.slice(0, 2)));
  const all = pairs.reduce((sum, [, , frames]) => sum + frames, 0);
  const share = (mac: number) => pairs.reduce((sum, [from, to, frames]) => (from === mac || to === mac ? sum + frames : sum), 0) / all;
  const candidates = alone.kind === 'unknown' ? [...alone.macs] : [...new Set(pairs.flatMap((pair) => pair.slice(0, 2)))];
  const likely = candidates.filter((mac) => !lacks.has(mac) && share(mac) > LEAST_SHARE);
  if (likely.length === 1) return { kind: 'machine', macs: new Set(likely) };
  return { kind: 'unknown', macs: likely.length > 0 ? new Set(likely) : alone.kind === 'unknown' ? alone.macs : NONE };
}

/** Unicast frames. */
function pairsOf({ edges }: Survey): Pair[] {
  const pairs: Pair[] = [];
  for (let edge = 1; edge < edges.count; edge++) {
    const [from, to] = [edges.source[edge]!, edges.destination[edge]!];
    if (from !== 0 && to !== 0 && !isGroupMac(to)) pairs.push([from, to, edges.frames[edge]!]);
  }
  return pairs;
}
