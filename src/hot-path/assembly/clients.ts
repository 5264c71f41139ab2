/** How many different clients the remembered flows to groups of servers have: see countClients in src/correlation/clients.ts. */
import {
  CLIENT_COUNTS,
  CLIENT_PAIR_BYTES,
  CLIENT_PAIRS,
  COLD,
  COLD_BYTES,
  COLD_CLIENT,
  COLD_GROUPS,
  FLOW_BYTES,
  FLOWS,
  MAX_CLIENT_PAIRS,
  NEAR,
  PATH,
  PATH_GROUPS,
} from '../layout';
import { coldEnd } from './flows';
import { finish } from './hash';
import { key2, key3 } from './key';

/** Pairs of a client and a group that were met, in open addressing: never more than half of the slots are taken. */
let pairs: usize = CLIENT_PAIRS;
let slots: i32 = 0;
let met: i32 = 0;

const FEWEST_SLOTS = 1 << 12;

/** Words of a cold row, and of those that are looked at together. */
const COLD_WORDS: i32 = COLD_BYTES >> 2;
const COLD_BLOCK: i32 = 32 * COLD_WORDS;

/** Begins with no client of any of so many groups. */
export function beginClients(groups: i32): void {
  memory.fill(CLIENT_COUNTS, 0, groups << 2);
  memory.fill(COLD_GROUPS, 0, (coldEnd() / COLD_WORDS) << 1);
  met = 0;
  usePairs(CLIENT_PAIRS, FEWEST_SLOTS);
}

function usePairs(at: usize, count: i32): void {
  pairs = at;
  slots = count;
  memory.fill(at, 0, count * CLIENT_PAIR_BYTES);
}

/**
 * Notes for the flows of the rows from one to another, as indexes of words, of which group their servers are. An empty row is at no path, and what it says
 * of its cold row is nobody's.
 */
export function noteGroups(from: i32, to: i32): void {
  for (let row = from; row < to; row += FLOW_BYTES >> 2) {
    const hot: usize = FLOWS + (row << 2);
    const group = load<u16>(PATH_GROUPS + ((load<i32>(hot, 4) & PATH) << 1));
    if (group !== 0) store<u16>(groupPlace(load<i32>(hot, 12)), group);
  }
}

/** Counts the clients of the cold rows from one to another, as indexes of words, whose groups have been noted: in the order in which they lie in memory. */
export function addClients(from: i32, to: i32): void {
  for (; from < to; from += COLD_BLOCK) {
    const until = min(from + COLD_BLOCK, to);
    let near = 0;
    for (let start = from; start < until; start += COLD_WORDS) near ^= load<i32>(slotOf(clientOf(start), groupOf(start)));
    store<i32>(NEAR, near);
    for (let start = from; start < until; start += COLD_WORDS) {
      const group = groupOf(start);
      if (group !== 0) meet(clientOf(start), group);
    }
  }
}

/** Where the group of a flow is noted, by the start of its cold row, in words. */
function groupPlace(start: i32): usize {
  return COLD_GROUPS + ((start / COLD_WORDS) << 1);
}

/** The group of a flow's server by the start of its cold row, in words; 0 for none. */
function groupOf(start: i32): i32 {
  return load<u16>(groupPlace(start));
}

function clientOf(start: i32): i32 {
  return load<i32>(COLD + (start << 2), COLD_CLIENT);
}

/** The slot where a pair is looked for first. */
function slotOf(client: i32, group: i32): usize {
  return pairs + (finish((client ^ key2) + (group ^ key3) * 0x9e3779b1) & (slots - 1)) * CLIENT_PAIR_BYTES;
}

/** Counts a client for a group, if it is new there. */
function meet(client: i32, group: i32): void {
  if (!add(client, group)) return;
  const count: usize = CLIENT_COUNTS + (group << 2);
  store<i32>(count, load<i32>(count) + 1);
  if (++met << 1 > slots) grow();
}

/** Whether a pair was not there yet. */
function add(client: i32, group: i32): bool {
  const pair = ((<i64>group) << 32) | <i64>(<u32>client);
  const end = pairs + slots * CLIENT_PAIR_BYTES;
  let slot = slotOf(client, group);
  while (true) {
    const other = load<i64>(slot);
    if (other === pair) return false;
    if (other === 0) break;
    slot += CLIENT_PAIR_BYTES;
    if (slot === end) slot = pairs;
  }
  store<i64>(slot, pair);
  return true;
}

/** Goes on with twice as many slots, in the other one of two places: as few as there are pairs for are touched, and are near the processor. */
function grow(): void {
  const from = pairs;
  const end = from + slots * CLIENT_PAIR_BYTES;
  usePairs(from === CLIENT_PAIRS ? CLIENT_PAIRS + MAX_CLIENT_PAIRS * CLIENT_PAIR_BYTES : CLIENT_PAIRS, slots << 1);
  for (let slot = from; slot < end; slot += CLIENT_PAIR_BYTES) {
    if (load<i64>(slot) !== 0) add(load<i32>(slot), load<i32>(slot, 4));
  }
}
