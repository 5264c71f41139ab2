/**
 * TCP segments over IPv4 and Ethernet, taken in as they lie in the frame: most frames of a capture are such. Facts in src/correlation/facts.ts does the
 * same with decoded packets of all kinds; it is asked whenever something is met for the first time, which is to be named or put into a table there.
 */
import {
  ANSWERED,
  BEGUN,
  BEGUN_REUSE,
  CLOCK,
  COLD,
  COLD_CLIENT,
  COLD_INITIAL_SEQUENCE,
  COLD_PORTS,
  EDGE_FRAMES,
  ESTABLISHED,
  EVENT_ESTABLISHED,
  EVENT_FROM,
  EVENT_TOWARD,
  FLOWS,
  FRAME_NUMBER,
  FULL_SIZE,
  HASHES,
  INSTEAD_OF,
  KEPT_UNTIL,
  KNOWN,
  MUST_GROW,
  ONE_FRAME,
  PASSAGE_BYTES,
  PASSAGE_REQUESTS,
  PASSAGES,
  PATH,
  PATH_FLOWS,
  POINT_BYTES,
  POINT_DISORDERED,
  POINT_LAST_AT,
  POINTS,
  REPEATED,
  SEEN_ECHO,
  SEEN_FIRST,
  SERVER_IS_HIGHER,
  SIGHTING_SHIFT,
  STALLED,
  STORY,
  SYN_ANSWER_WITHIN_MS,
  TOWARD,
} from '../layout';
import { seeDatagram } from './datagrams';
import { edgeOf } from './edges';
import { hashFlow } from './flow-hashes';
import { beganAt, dropEvents, findFlow, placeFor, pushEvent, takeRow } from './flows';
import { findHop, noteHop } from './known-hops';
import { seeLarge } from './large-segments';
import { findOpen, putOpen } from './open-requests';
import { addToPassage } from './passages';
import { serviceRoot } from './services';
import { stepRow } from './steps';
import {
  ACK,
  acknowledgmentOf,
  checksumOf,
  destinationOf,
  FIN,
  flagsOf,
  ipIdOf,
  ipLengthOf,
  isSample,
  portsOf,
  RST,
  SYN,
  sequenceOf,
  sourceOf,
  ttlOf,
  VLAN_BYTES,
  VLAN_TAG,
} from './tcp';

/** Ethernet, IPv4 and TCP, each without options. */
const HEADER_BYTES = 54;

/** Flow and edge of the segment that was taken in last, for events: the row of the flow in words. */
let knownFlow: i32 = 0;
let knownEdge: i32 = 0;

export function flowOfKnown(): i32 {
  return knownFlow;
}

export function edgeOfKnown(): i32 {
  return knownEdge;
}

/**
 * Adds the frame at hand if nothing of it is met for the first time but its flow. Says 0, and adds nothing, of all others: those are to be decoded and added.
 *
 * Its bytes are those of Ethernet. A whole TCP segment over IPv4, with one VLAN tag or none, no longer than a frame may be, that resets
 * nothing: no frame passes in which a decoder would find fault.
 */
export function known(start: usize, captured: i32, wireLength: u32, point: i32): i32 {
  if (captured < HEADER_BYTES) return 0;
  let at = start;
  let tag = 0;
  if (load<u16>(start, 12) === VLAN_TAG) {
    if (captured < HEADER_BYTES + VLAN_BYTES) return 0;
    tag = (((load<u8>(start, 14) & 0x0f) << 8) | load<u8>(start, 15)) + 1;
    // As if the tag was not there.
    at += VLAN_BYTES;
  }
  const length = ipLengthOf(at);
  const offset: i32 = load<u8>(at, 46);
  const flags = flagsOf(at);
  const payloadLength = length - 20 - ((offset >>> 4) << 2);
  if (
    // IPv4, without options; TCP; no fragment.
    load<u16>(at, 12) !== 0x0008 ||
    load<u8>(at, 14) !== 0x45 ||
    load<u8>(at, 23) !== 6 ||
    (load<u16>(at, 20) & 0xff3f) !== 0 ||
    // A length that offload has not left open, and that was on the wire.
    length > 1500 ||
    <u32>(<i32>(at - start) + 14 + length) > wireLength ||
    offset < 0x50 ||
    payloadLength < 0 ||
    (flags & RST) !== 0
  ) {
    return 0;
  }
  const edge = edgeOf(load<i32>(start), load<i32>(start, 4), load<i32>(start, 8), tag);
  if (edge === 0) return 0;
  if ((flags & SYN) !== 0) return follow(at, edge, payloadLength, point);
  const hop = findHop(load<i32>(at, 26), load<i32>(at, 30), load<i32>(at, 34), edge);
  if (hop === 0) return follow(at, edge, payloadLength, point);
  const flow: usize = load<usize>(hop, 16);
  const first = load<i32>(hop, 20);
  const story = load<i32>(hop, 28);
  const state = load<i32>(flow, 4);
  const toward = (story & TOWARD) !== 0;
  if (
    // Another flow may have taken the row, or this one have gone on or begun anew.
    load<i32>(flow) !== first ||
    (state & STORY) !== (story & ~TOWARD) ||
    (story & PATH) === 0 ||
    // It would be the second frame, or acknowledge the answer.
    (state & ONE_FRAME) !== 0 ||
    (toward && (state & ESTABLISHED) === 0)
  ) {
    return follow(at, edge, payloadLength, point);
  }

  const ms = count(edge, point);
  store<i32>(flow, ms, 8);
  addToPassage(load<u16>(hop, 14), ttlOf(at));
  let answer = KNOWN;
  if (payloadLength >= FULL_SIZE && (flags & FIN) === 0 && isStalled(at, payloadLength, edge, ms)) answer |= STALLED;
  if ((flags & FIN) !== 0 || isSample(at)) {
    const sighting = see(at, first, load<i32>(hop, 24), toward, edge, ms);
    if (sighting >= SEEN_ECHO) answer |= sighting << SIGHTING_SHIFT;
  }
  if (answer !== KNOWN) {
    knownFlow = <i32>((flow - FLOWS) >>> 2);
    knownEdge = edge;
  }
  return answer;
}

/** The same for a segment of which no hop is known: its flow is looked for, and the step that it takes. `at` as if there was no tag. */
function follow(at: usize, edge: i32, payloadLength: i32, point: i32): i32 {
  const source = sourceOf(at);
  const destination = destinationOf(at);
  const ports = portsOf(at);
  const sourcePort = ports >>> 16;
  const destinationPort = ports & 0xffff;
  hashFlow(source, sourcePort, destination, destinationPort, 6);
  const first = load<i32>(HASHES);
  const second = load<i32>(HASHES, 4);
  const flags = flagsOf(at);
  const isSyn = (flags & (SYN | ACK)) === SYN;
  const row = findFlow(first, second);
  const sourceIsHigher = source > destination || (source === destination && sourcePort > destinationPort);
  if (row < 0) return isSyn ? begin(at, edge, destination, ports, sourceIsHigher, point) : 0;
  const flow: usize = FLOWS + (row << 2);
  const state = load<i32>(flow, 4) & ~ONE_FRAME;
  const path = state & PATH;
  if (path === 0) return 0;
  const toward = sourceIsHigher !== ((state & SERVER_IS_HIGHER) !== 0);
  if (isSyn) {
    // It mends a wrong guess.
    if (!toward) return 0;
    const initial = load<i32>(COLD + (load<i32>(flow, 12) << 2), COLD_INITIAL_SEQUENCE);
    if (initial !== sequenceOf(at)) return beginAnew(at, edge, row, destination, ports, point);
  }
  const step = stepRow(path, ((toward ? EVENT_TOWARD : EVENT_FROM) << 16) | edge);
  const passage = load<i32>(step, 12) - 1;
  if (load<i32>(step, 4) === 0 || passage <= 0) return 0;
  const next = load<i32>(step, 8);
  const isPlain = (flags & (SYN | FIN)) === 0;
  const establishes = isPlain && toward && (state & ESTABLISHED) === 0 && (flags & ACK) !== 0;
  let established = next;
  if (establishes && <i32>load<u8>(BEGUN + next) <= BEGUN_REUSE) {
    const event = stepRow(next, (EVENT_ESTABLISHED << 16) | edge);
    if (load<i32>(event, 4) === 0) return 0;
    established = load<i32>(event, 8);
  }

  // Nothing is new: from here on all of it is added.
  const ms = count(edge, point);
  store<i32>(flow, state, 4);
  store<i32>(flow, ms, 8);
  addToPassage(passage, ttlOf(at));
  if (next !== path) move(row, path, next, toward ? 0 : ANSWERED);
  if (establishes) {
    store<i32>(flow, load<i32>(flow, 4) | ESTABLISHED, 4);
    if (established !== next) move(row, next, established, 0);
  }
  let answer = KNOWN;
  if (isPlain && payloadLength >= FULL_SIZE && isStalled(at, payloadLength, edge, ms)) answer |= STALLED;
  const now = load<i32>(flow, 4) & STORY;
  const isKept = (now & PATH) === path || leadsBack(now & PATH, edge, toward, passage);
  const story = (isKept ? now : now & ~PATH) | (toward ? TOWARD : 0);
  noteHop(load<i32>(at, 26), load<i32>(at, 30), load<i32>(at, 34), edge, passage, row, second, story);
  if (!isPlain || isSample(at)) {
    const sighting = see(at, first, second, toward, edge, ms);
    if (sighting >= SEEN_ECHO) answer |= sighting << SIGHTING_SHIFT;
    else if (isSyn && sighting === SEEN_FIRST && next === path) answer |= REPEATED;
  }
  if (answer !== KNOWN) {
    knownFlow = row;
    knownEdge = edge;
  }
  return answer;
}

/** Whether a hop, on this passage, is known to lead from a path to the same again. */
function leadsBack(path: i32, edge: i32, toward: bool, passage: i32): bool {
  const step = stepRow(path, ((toward ? EVENT_TOWARD : EVENT_FROM) << 16) | edge);
  return load<i32>(step, 4) !== 0 && load<i32>(step, 8) === path && load<i32>(step, 12) - 1 === passage;
}

/** The same for the first segment of a flow, whose hashes were made last: a SYN to a service that had others before. */
function begin(at: usize, edge: i32, destination: i32, ports: i32, sourceIsHigher: bool, point: i32): i32 {
  const root = serviceRoot(destination, ports & 0xffff, false);
  const step = requestStep(root, edge);
  if (step === 0) return 0;
  const first = load<i32>(HASHES);
  const second = load<i32>(HASHES, 4);
  // Somebody may have rewritten the destination.
  if (findOpen(load<i32>(HASHES, 8), sequenceOf(at), msOf(load<f64>(CLOCK)), SYN_ANSWER_WITHIN_MS)) return 0;
  let row = placeFor(first, second);
  if (row === MUST_GROW) return 0;
  if (row <= INSTEAD_OF) {
    row = INSTEAD_OF - row;
    if (!isForgettable(row)) return 0;
  }

  takeRow(row, first, second);
  return request(at, edge, row, root | ONE_FRAME | (sourceIsHigher ? 0 : SERVER_IS_HIGHER), step, point);
}

/** The same for a SYN of a new connection on the 5-tuple of an old one, from the same end: a flow that is none of the earliest of its path. */
function beginAnew(at: usize, edge: i32, row: i32, destination: i32, ports: i32, point: i32): i32 {
  const flow: usize = FLOWS + (row << 2);
  const state = load<i32>(flow, 4);
  const path = state & PATH;
  const root = serviceRoot(destination, ports & 0xffff, <i32>load<u8>(BEGUN + path) <= BEGUN_REUSE);
  const step = requestStep(root, edge);
  if (step === 0) return 0;
  const start = load<i32>(flow, 12);
  const kept = load<f64>(KEPT_UNTIL + (path << 3));
  // Without taking the 1 off: from 104 days on a double has no room for it, and a flow too many that is decoded does no harm.
  if (kept === 0 || beganAt(start) < kept) return 0;
  dropEvents(start, state);
  return request(at, edge, row, root | (state & SERVER_IS_HIGHER), step, point);
}

/** The step of a request from a root, when it and the passage that it takes are known and lead on; else 0. */
function requestStep(root: i32, edge: i32): usize {
  if (root === 0) return 0;
  const step = stepRow(root, (EVENT_TOWARD << 16) | edge);
  return load<i32>(step, 4) !== 0 && load<i32>(step, 8) !== root && load<i32>(step, 12) > 1 ? step : 0;
}

/** Adds a request, of which nothing is new but the flow, whose hashes were made last and which has its row, and no event. It begins with this state, at a root. */
function request(at: usize, edge: i32, row: i32, state: i32, step: usize, point: i32): i32 {
  const first = load<i32>(HASHES);
  const second = load<i32>(HASHES, 4);
  const sequence = sequenceOf(at);
  const root = state & PATH;
  const passage = load<i32>(step, 12) - 1;
  const ms = count(edge, point);
  const flow: usize = FLOWS + (row << 2);
  store<i32>(flow, state, 4);
  store<i32>(flow, ms, 8);
  const flows: usize = PATH_FLOWS + (root << 3);
  store<f64>(flows, load<f64>(flows) + 1);
  const cold: usize = COLD + (load<i32>(flow, 12) << 2);
  store<i32>(cold, sourceOf(at), COLD_CLIENT);
  store<i32>(cold, portsOf(at), COLD_PORTS);
  store<i32>(cold, sequence, COLD_INITIAL_SEQUENCE);
  putOpen(load<i32>(HASHES, 8), sequence, first, second, ms);
  addToPassage(passage, ttlOf(at));
  const requests: usize = PASSAGES + passage * PASSAGE_BYTES;
  store<f64>(requests, load<f64>(requests, PASSAGE_REQUESTS) + 1, PASSAGE_REQUESTS);
  move(row, root, load<i32>(step, 8), 0);
  const sighting = see(at, first, second, true, edge, ms);
  if (sighting < SEEN_ECHO) return KNOWN;
  knownFlow = row;
  knownEdge = edge;
  return KNOWN | (sighting << SIGHTING_SHIFT);
}

/** Whether a flow is none of the earliest of its path: a flow of one frame began when it was last seen. */
function isForgettable(row: i32): bool {
  const flow: usize = FLOWS + (row << 2);
  const state = load<i32>(flow, 4);
  const kept = load<f64>(KEPT_UNTIL + ((state & PATH) << 3));
  return (state & ONE_FRAME) !== 0 && kept !== 0 && <f64>load<i32>(flow, 8) * 1e6 >= kept - 1;
}

/** Counts the frame at hand for its point and edge, and gives its time in milliseconds since the first frame, wrapping at 2^32. */
function count(edge: i32, point: i32): i32 {
  const time = load<f64>(CLOCK);
  const row: usize = POINTS + point * POINT_BYTES;
  if (time < load<f64>(row, POINT_LAST_AT)) store<f64>(row, load<f64>(row, POINT_DISORDERED) + 1, POINT_DISORDERED);
  else store<f64>(row, time, POINT_LAST_AT);
  const frames: usize = EDGE_FRAMES + (edge << 3);
  store<f64>(frames, load<f64>(frames) + 1);
  return msOf(time);
}

function msOf(time: f64): i32 {
  return <i32>(<i64>(time * 1e-6));
}

/** Moves a flow from one path to another, with one more flag, by what the frame at hand tells. */
function move(row: i32, path: i32, next: i32, flag: i32): void {
  const from: usize = PATH_FLOWS + (path << 3);
  const to: usize = PATH_FLOWS + (next << 3);
  store<f64>(from, load<f64>(from) - 1);
  store<f64>(to, load<f64>(to) + 1);
  const flow: usize = FLOWS + (row << 2);
  store<i32>(flow, (load<i32>(flow, 4) & ~PATH) | next | flag, 4);
  pushEvent(row, load<f64>(FRAME_NUMBER), load<f64>(CLOCK));
}

/** Notes a full-size segment; whether it is sent again and again. */
function isStalled(at: usize, payloadLength: i32, edge: i32, ms: i32): bool {
  const source = sourceOf(at);
  const destination = destinationOf(at);
  return seeLarge(source, destination, portsOf(at), sequenceOf(at), payloadLength, edge, ms);
}

/** Notes a segment among the datagrams. */
function see(at: usize, first: i32, second: i32, toward: bool, edge: i32, ms: i32): i32 {
  const length = ipLengthOf(at);
  const id = ipIdOf(at);
  const checksum = checksumOf(at);
  const sequence = sequenceOf(at);
  const acknowledgment = acknowledgmentOf(at);
  return seeDatagram(first, second, toward, sequence, acknowledgment, load<u8>(at, 47), length, id, checksum, edge, ttlOf(at), ms);
}
