/** Requests that wait for an answer: see OpenRequests in src/correlation/open-requests.ts. */
import { OPEN, OPEN_BYTES, OPEN_FOUND, OPEN_SETS, OPEN_WAYS } from '../layout';
import { finish } from './hash';

const SET_BYTES = OPEN_WAYS * OPEN_BYTES;

/** Never 0, which is an empty row. */
function keyOf(clientEnd: i32, number: i32): i32 {
  const key = finish(clientEnd ^ (number * 0x9e3779b1));
  return key === 0 ? 1 : key;
}

/** The set of a request, by another hash than the key's: only together are they long enough for a flood of requests. */
export function openSet(clientEnd: i32, number: i32): usize {
  const h = clientEnd * 0x2c1b3c6d + (number ^ (clientEnd >>> 7)) * 0x297a2d39;
  return OPEN + ((h ^ (h >>> 16)) & (OPEN_SETS - 1)) * SET_BYTES;
}

/** Notes a request: in the place of the oldest of its set, if need be. */
export function putOpen(clientEnd: i32, number: i32, first: i32, second: i32, ms: i32): void {
  const key = keyOf(clientEnd, number);
  const set = openSet(clientEnd, number);
  let at = set;
  for (let row = set; row < set + SET_BYTES; row += OPEN_BYTES) {
    const other = load<i32>(row);
    if (other === key || other === 0) {
      at = row;
      break;
    }
    if (load<i32>(row, 12) - load<i32>(at, 12) < 0) at = row;
  }
  store<i32>(at, key);
  store<i32>(at, first, 4);
  store<i32>(at, second, 8);
  store<i32>(at, ms, 12);
}

/** Whether such a request was made within some milliseconds; then OPEN_FOUND names its flow. */
export function findOpen(clientEnd: i32, number: i32, ms: i32, withinMs: i32): bool {
  const key = keyOf(clientEnd, number);
  const set = openSet(clientEnd, number);
  for (let row = set; row < set + SET_BYTES; row += OPEN_BYTES) {
    if (load<i32>(row) !== key) continue;
    const age = ms - load<i32>(row, 12);
    if (age < 0 || age > withinMs) return false;
    store<i32>(OPEN_FOUND, load<i32>(row, 4));
    store<i32>(OPEN_FOUND, load<i32>(row, 8), 4);
    return true;
  }
  return false;
}
