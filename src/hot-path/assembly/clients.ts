/** How many different clients the remembered flows have, all together and by groups of servers: see countClients in src/correlation/clients.ts. */
import {
  CLIENT_COUNTS,
  CLIENT_PAIR_BYTES,
  CLIENT_PAIRS,
  COLD,
  COLD_CLIENT,
  EVERY_CLIENT,
  FLOW_BYTES,
  FLOW_COUNT,
  FLOWS,
  PATH,
  PATH_GROUPS,
} from '../layout';
import { finish } from './hash';
import { key2, key3 } from './key';

/** Pairs of a client and a group that were met, in open addressing: never more than half of the slots are taken. */
let mask: i32 = -1;

/** Begins with no client of any of so many groups. */
export function beginClients(groups: i32): void {
  memory.fill(CLIENT_COUNTS, 0, groups << 2);
  // Each flow brings two pairs at most.
  let slots = 1 << 10;
  while (slots < load<i32>(FLOW_COUNT) << 2) slots <<= 1;
  // What was counted last; beyond that nobody has written.
  memory.fill(CLIENT_PAIRS, 0, (mask + 1) * CLIENT_PAIR_BYTES);
  mask = slots - 1;
}

/** Counts the clients of the rows from one to another, as indexes of words. */
export function addClients(from: i32, to: i32): void {
  for (let row = from; row < to; row += FLOW_BYTES >> 2) {
    const hot: usize = FLOWS + (row << 2);
    if (load<i32>(hot) === 0) continue;
    const group: i32 = load<u16>(PATH_GROUPS + ((load<i32>(hot, 4) & PATH) << 1));
    if (group === 0) continue;
    const client = load<i32>(COLD + (load<i32>(hot, 12) << 2), COLD_CLIENT);
    if (meet(client, group)) meet(client, EVERY_CLIENT);
  }
}

/** Counts a client for a group; whether it is new there. */
function meet(client: i32, group: i32): bool {
  const pair = ((<i64>group) << 32) | <i64>(<u32>client);
  let slot = finish((client ^ key2) + (group ^ key3) * 0x9e3779b1) & mask;
  while (true) {
    const place: usize = CLIENT_PAIRS + slot * CLIENT_PAIR_BYTES;
    const other = load<i64>(place);
    if (other === pair) return false;
    if (other === 0) {
      store<i64>(place, pair);
      const count: usize = CLIENT_COUNTS + (group << 2);
      store<i32>(count, load<i32>(count) + 1);
      return true;
    }
    slot = (slot + 1) & mask;
  }
}
