/** How many different clients the remembered flows to groups of servers have: see countClients in src/correlation/clients.ts. */
import { CLIENT_COUNTS, CLIENT_PAIR_BYTES, CLIENT_PAIRS, COLD, COLD_CLIENT, FLOW_BYTES, FLOWS, NEAR, PATH, PATH_GROUPS } from '../layout';
import { BLOCK, fetchCold } from './flows';
import { finish } from './hash';
import { key2, key3 } from './key';

/** Pairs of a client and a group that were met, in open addressing: never more than half of the slots are taken. */
let mask: i32 = 0;
let end: usize = CLIENT_PAIRS;

/** Begins with no client of any of so many groups. The flow table has so many words: of a flood of flows to none of the groups no pair is to be expected. */
export function beginClients(groups: i32, words: i32): void {
  memory.fill(CLIENT_COUNTS, 0, groups << 2);
  // Each flow brings one pair at most.
  let most = 0;
  for (let row = 0; row < words; row += FLOW_BYTES >> 2) if (groupOf(row) !== 0) most++;
  let slots = 1 << 10;
  while (slots < most << 1) slots <<= 1;
  mask = slots - 1;
  end = CLIENT_PAIRS + slots * CLIENT_PAIR_BYTES;
  memory.fill(CLIENT_PAIRS, 0, end - CLIENT_PAIRS);
}

/** Counts the clients of the rows from one to another, as indexes of words. */
export function addClients(from: i32, to: i32): void {
  for (; from < to; from += BLOCK) {
    const until = min(from + BLOCK, to);
    fetchPairs(from, until);
    for (let row = from; row < until; row += FLOW_BYTES >> 2) {
      const group = groupOf(row);
      if (group === 0) continue;
      meet(clientOf(row), group);
    }
  }
}

/** The group of a flow's server; 0 for none, as of an empty row, which is at no path. */
function groupOf(row: i32): i32 {
  return load<u16>(PATH_GROUPS + ((load<i32>(FLOWS + (row << 2), 4) & PATH) << 1));
}

function clientOf(row: i32): i32 {
  return load<i32>(COLD + (load<i32>(FLOWS + (row << 2), 12) << 2), COLD_CLIENT);
}

/** Reads the slots that rows will be looked for in, so that they are near. */
function fetchPairs(from: i32, to: i32): void {
  let near = fetchCold(from, to);
  for (let row = from; row < to; row += FLOW_BYTES >> 2) {
    near ^= load<i32>(slotOf(clientOf(row), groupOf(row)));
  }
  store<i32>(NEAR, near);
}

/** The slot where a pair is looked for first. */
function slotOf(client: i32, group: i32): usize {
  return CLIENT_PAIRS + (finish((client ^ key2) + (group ^ key3) * 0x9e3779b1) & mask) * CLIENT_PAIR_BYTES;
}

/** Counts a client for a group, if it is new there. */
function meet(client: i32, group: i32): void {
  const pair = ((<i64>group) << 32) | <i64>(<u32>client);
  let slot = slotOf(client, group);
  while (true) {
    const other = load<i64>(slot);
    if (other === pair) return;
    if (other === 0) break;
    slot += CLIENT_PAIR_BYTES;
    if (slot === end) slot = CLIENT_PAIRS;
  }
  store<i64>(slot, pair);
  const count: usize = CLIENT_COUNTS + (group << 2);
  store<i32>(count, load<i32>(count) + 1);
}
