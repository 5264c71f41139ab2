/**
 * Where segments in the middle of a connection belong, by what stands in their headers. Most frames of a capture are such segments, on a
 * hop that their connection took before: to know one by its bytes takes a fraction of decoding it and following it through all tables.
 *
 * A table that is no memory of its own: a row tells what the flow table said, and holds while the flow is as it was. No key is needed:
 * whoever sends frames that fall into one set makes us decode them, as if there was no table.
 */

import { FLOWS, HOP_BYTES, HOP_SETS, HOPS, HOPS_A_SET } from '../layout';

const SET_BYTES = HOPS_A_SET * HOP_BYTES;

/** Whether any hop was put since the table was empty. */
let isUsed = false;

/** Whether there is anything to be cleared: a watch, which decodes every frame, never puts a hop. */
export function forgetHops(): bool {
  const wasUsed = isUsed;
  isUsed = false;
  return wasUsed;
}

/**
 * Notes a hop that a flow has taken, for further frames like this one. Addresses and ports are numbers; `flow` is the row of the flow, in words,
 * and `story` that from which the hop led to the same again, of path 0 if it led on.
 */
export function putHop(source: i32, destination: i32, ports: i32, edge: i32, passage: i32, flow: i32, second: i32, story: i32): void {
  noteHop(bswap(source), bswap(destination), bswap(ports), edge, passage, flow, second, story);
}

/** The same with addresses and ports as in the frame. */
export function noteHop(source: i32, destination: i32, ports: i32, edge: i32, passage: i32, flow: i32, second: i32, story: i32): void {
  isUsed = true;
  const set = hopSet(source, destination, ports);
  let row = findInSet(set, source, destination, ports, edge);
  if (row === 0) {
    row = set;
    // The oldest row of a set gives way.
    for (let at = set + SET_BYTES - 8; at >= set + HOP_BYTES; at -= 8) store<i64>(at, load<i64>(at - HOP_BYTES));
    store<i32>(row, source);
    store<i32>(row, destination, 4);
    store<i32>(row, ports, 8);
  }
  store<i32>(row, edge | (passage << 16), 12);
  const hot: usize = FLOWS + (flow << 2);
  store<usize>(row, hot, 16);
  store<i32>(row, load<i32>(hot), 20);
  store<i32>(row, second, 24);
  store<i32>(row, story, 28);
}

/** The row of a hop; 0 when it has none. */
export function findHop(source: i32, destination: i32, ports: i32, edge: i32): usize {
  return findInSet(hopSet(source, destination, ports), source, destination, ports, edge);
}

function findInSet(set: usize, source: i32, destination: i32, ports: i32, edge: i32): usize {
  for (let row = set; row < set + SET_BYTES; row += HOP_BYTES) {
    if (load<i32>(row, 8) === ports && load<u16>(row, 12) === edge && load<i32>(row) === source && load<i32>(row, 4) === destination)
      return row;
  }
  return 0;
}

/** The row of the flow that a hop of a set belongs to, on whatever edge; 0 when none has this source and these ports. */
export function flowInSet(set: usize, source: i32, ports: i32): usize {
  for (let row = set; row < set + SET_BYTES; row += HOP_BYTES) {
    if (load<i32>(row, 8) === ports && load<i32>(row) === source) return load<usize>(row, 16);
  }
  return 0;
}

/** The set of a connection, the same in either direction. Addresses and ports as in the frame. */
export function hopSet(source: i32, destination: i32, ports: i32): usize {
  let h = ((source ^ destination) * 0x9e3779b1) ^ ((ports ^ rotl(ports, 16)) * 0x85ebca77);
  h = (h ^ (h >>> 15)) * 0xc2b2ae35;
  return HOPS + ((h >>> 12) & (HOP_SETS - 1)) * SET_BYTES;
}
