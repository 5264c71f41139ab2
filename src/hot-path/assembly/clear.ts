/** Empties all tables, for facts that begin in the memory of others. */
import {
  BEGUN,
  CHANGES,
  CURRENT,
  DATAGRAM_BYTES,
  DATAGRAM_ROWS,
  DATAGRAMS,
  EDGE_FRAMES,
  FLOW_BYTES,
  FLOWS,
  HOP_BYTES,
  HOP_SETS,
  HOPS,
  HOPS_A_SET,
  KEPT_UNTIL,
  LARGE,
  LARGE_SET_BYTES,
  LARGE_SETS,
  ONCE,
  OPEN,
  OPEN_BYTES,
  OPEN_SETS,
  OPEN_WAYS,
  PASSAGE_BYTES,
  PASSAGES,
  PATH_FLOWS,
  SENDER_OF,
  STEP_BYTES,
  STEPS,
  THRICE,
  TWICE,
  USUAL,
} from '../layout';
import { fetchNothing } from './fetch-ahead';
import { forgetHops } from './known-hops';

/** Says how much of the tables may have been written to: what nobody wrote to costs nothing, and is to stay so. */
export function clear(edges: i32, passages: i32, paths: i32, flowRows: i32, stepRows: i32): void {
  fetchNothing();
  memory.fill(0, 0, LARGE + LARGE_SETS * LARGE_SET_BYTES);
  memory.fill(DATAGRAMS, 0, DATAGRAM_ROWS * DATAGRAM_BYTES);
  if (forgetHops()) memory.fill(HOPS, 0, HOP_SETS * HOPS_A_SET * HOP_BYTES);
  memory.fill(EDGE_FRAMES, 0, edges << 3);
  memory.fill(ONCE, 0, edges << 3);
  memory.fill(TWICE, 0, edges << 3);
  memory.fill(THRICE, 0, edges << 3);
  memory.fill(USUAL, 0, passages << 2);
  memory.fill(SENDER_OF, 0, passages << 2);
  memory.fill(CURRENT, 0, passages << 2);
  memory.fill(CHANGES, 0, passages << 2);
  memory.fill(PASSAGES, 0, passages * PASSAGE_BYTES);
  memory.fill(OPEN, 0, OPEN_SETS * OPEN_WAYS * OPEN_BYTES);
  memory.fill(KEPT_UNTIL, 0, paths << 3);
  memory.fill(PATH_FLOWS, 0, paths << 3);
  memory.fill(BEGUN, 0, paths);
  memory.fill(STEPS, 0, stepRows * STEP_BYTES);
  memory.fill(FLOWS, 0, flowRows * FLOW_BYTES);
}
