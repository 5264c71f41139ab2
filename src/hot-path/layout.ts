/**
 * Where each table lies in the memory of the hot path, in bytes, and what its rows hold. Read by AssemblyScript and by TypeScript alike.
 * The memory never grows, so that views on it stay valid; what nobody has written to costs nothing.
 */

/** Bytes of one page, the unit of memory. */
export const PAGE = 0x1_0000;

/** Numbers of the frame at hand and of the facts, doubles: see the constants that follow. */
export const NUMBERS = 0;
/** Number of the frame at hand. */
export const FRAME_NUMBER = NUMBERS;
/** Its time in nanoseconds since the first frame. */
export const CLOCK = NUMBERS + 8;
/** Time of the first frame of all: seconds since 1970, and nanoseconds. */
export const BASE_SECONDS = NUMBERS + 16;
export const BASE_NANOSECONDS = NUMBERS + 24;
/** What was answered of the last frame that was skimmed. */
export const ANSWER = NUMBERS + 32;

/** Hashes that were made last, words: the first and the second of a flow, and those of its source and destination. */
export const HASHES = NUMBERS + 40;

/** A word for what was read only to be near when it is asked for: nobody reads it, but without it the compiler would not read at all. */
export const NEAR = NUMBERS + 56;

/** Headers of a frame that lies in no memory of ours are copied to here. */
export const HEADERS = 64;
/** Ethernet with one VLAN tag, IPv4 and TCP, each without options; a multiple of 4. */
export const HEADERS_BYTES = 60;

/** Flows in the table, a word, and those that were overwritten at the cap, a double. */
export const FLOW_COUNT = 0xc0;
export const FLOWS_FORGOTTEN = 0xc8;
/** First and second hash of the flow whose request was found among the open ones, words. */
export const OPEN_FOUND = 0xd0;

/** Most capture points. */
export const MAX_POINTS = 1024;
/** By point, a row of doubles: the words of `Point`. */
export const POINTS = 0x100;
export const POINT_BYTES = 40;
export const POINT_FIRST_AT = 0;
export const POINT_LAST_AT = 8;
export const POINT_DISORDERED = 16;
export const POINT_UNDECODABLE = 24;
export const POINT_OVERSIZED = 32;

/** Frames that are looked ahead for at a time, and two batches of rows. Rows of six words: four places in memory, and the two hashes of a flow that would begin, or 0. */
export const AHEAD_FRAMES = 32;
export const AHEAD = 0xa800;
export const AHEAD_BYTES = 24;

/** Sets of two edges that were met lately, so few that the processor has them at hand. Rows of four words: MACs as in the frame, edge | (VLAN id + 1) << 16. */
export const RECENT = 0xc000;
export const RECENT_SETS = 256;
export const RECENT_SET_BYTES = 32;

/** Services that SYNs begin flows to, rows of four words: IPv4 address, port + 1 (0 empty), root of the paths of such flows, and of those that use a 5-tuple again. */
export const SERVICES = 0xe000;
export const SERVICE_ROWS = 64;
export const SERVICE_BYTES = 16;

/** Sets of four large segments, a cache line. Rows of four words: signature, edge, ms of the newest sending, times sent (0 empty). */
export const LARGE = 0x1_0000;
export const LARGE_SETS = 0x800;
export const LARGE_SET_BYTES = 64;

/** Datagrams, rows of four words: signature; last edge | lowest TTL << 16 | echoes << 24; ms; first edge | second edge << 16. */
export const DATAGRAMS = 0x10_0000;
export const DATAGRAM_ROWS = 0x1_0000;
export const DATAGRAM_BYTES = 16;

/**
 * Sets of four hops, those of a connection in both directions, on two cache lines. Rows of eight words: source, destination and ports as in the frame, edge | passage << 16 (neither 0); row of the
 * flow table in bytes, the first hash that must stand there, the second; story from which the hop led to the same again, of path 0 where that
 * is not known yet, with TOWARD.
 */
export const HOPS = 0x20_0000;
export const HOP_SETS = 0x2000;
export const HOPS_A_SET = 4;
export const HOP_BYTES = 32;

/** Most edges, edge 0 included, and most passages. */
export const MAX_16_BITS = 0x1_0000;
/** By edge, doubles: frames, and how often datagrams were seen once, twice, three times. */
export const EDGE_FRAMES = 0x30_0000;
export const ONCE = 0x38_0000;
export const TWICE = 0x40_0000;
export const THRICE = 0x48_0000;

/** By passage, a word: TTL of its newest frame, and USED where its sender uses it now. One compare tells that nothing is new. */
export const USUAL = 0x50_0000;
/** By passage, a word: its sender + 1; 0 for none. */
export const SENDER_OF = 0x54_0000;
/** By sender, a word: the passage that it uses now, and how often that changed. */
export const CURRENT = 0x58_0000;
export const CHANGES = 0x5c_0000;
/** By passage, eight doubles, a cache line: see the constants that follow. */
export const PASSAGES = 0x60_0000;
export const PASSAGE_BYTES = 64;
export const PASSAGE_FRAMES = 0;
export const PASSAGE_FIRST_FRAME = 8;
export const PASSAGE_FIRST_AT = 16;
export const PASSAGE_LAST_FRAME = 24;
export const PASSAGE_LAST_AT = 32;
export const PASSAGE_REQUESTS = 40;
export const PASSAGE_MIN_TTL = 48;
export const PASSAGE_MAX_TTL = 56;

/** Flows: rows of four words, see FlowTable. */
export const FLOWS = 0xa0_0000;
export const FLOW_BYTES = 16;
/** Rows that a flow may stand in, two cache lines, and rows of a set aside: more, since one flow that finds no place there makes the table grow. */
export const FLOW_SET = 8;
export const FLOW_SET_ASIDE = 32;
/** Most rows, a power of two. */
export const MAX_FLOW_ROWS = 0x10_0000;

/** By sender, its changes: the first ones, and a ring of the newest after them. Each has four doubles: frame, time, passage before, passage after. */
export const CHANGE_LOG = 0x1a0_0000;
export const CHANGE_BYTES = 32;
export const FIRST_CHANGES = 8;
export const LAST_CHANGES = 8;
export const SENDER_BYTES = 512;

/** Longest captured frame that is believed, in bytes: libpcap's MAXIMUM_SNAPLEN for the link types that are read. */
export const MAX_FRAME_BYTES = 262_144;

/** Steps of paths, a hash table. Rows of four words: path, event + 1 (0 empty), next path, passage + 1. */
export const STEPS = 0x3a0_0000;
export const STEP_BYTES = 16;
/** Most rows, a power of two. */
export const MAX_STEP_ROWS = 0x4_0000;

/** By path, a double: flows that stand there; and a byte: how its flows began. */
export const PATH_FLOWS = 0x3e0_0000;
export const BEGUN = 0x3e8_0000;

/**
 * Cold rows of flows, rows of eight words: client (of IPv6 its fingerprint), ports, newest event | frame of the first >>> 32 << EVENT_BITS, initial
 * sequence number, second hash, frame of the first event, its time as a double. See Cold in src/correlation/flows.ts.
 */
export const COLD = 0x3f0_0000;
export const COLD_BYTES = 32;
export const COLD_CLIENT = 0;
export const COLD_PORTS = 4;
export const COLD_NEWEST_EVENT = 8;
export const COLD_INITIAL_SEQUENCE = 12;
export const COLD_SECOND_HASH = 16;
export const COLD_FIRST_FRAME = 20;
export const COLD_FIRST_AT = 24;
/** Most rows: a few more than flows. */
export const MAX_COLD_ROWS = MAX_FLOW_ROWS + 0x4000;

/** By cold row, the four words of an IPv6 client. */
export const CLIENTS6 = 0x5f8_0000;
export const CLIENT6_BYTES = 16;

/** Events of flows after the first of each, rows of four words: frame, previous event | frame >>> 32 << EVENT_BITS, time as a double. Event 0 is none. */
export const EVENTS = 0x700_0000;
export const EVENT_BYTES = 16;
export const EVENT_BITS = 22;
export const MAX_EVENTS = 0x40_0000;

/** Requests that wait for an answer, rows of four words: key (0 empty), first and second hash of the flow, ms. */
export const OPEN = 0xb00_0000;
/** Rows of a set: they fill a cache line. */
export const OPEN_WAYS = 4;
export const OPEN_SETS = 0x4000;
export const OPEN_BYTES = 16;

/** By path, a double: flows that begin at this time, in nanoseconds since the first frame, or later need not be kept as examples; + 1, 0 for none. */
export const KEPT_UNTIL = 0xb10_0000;

/** By path, two doubles: flows whose newest event lies between these times are neither its earliest nor its newest. */
export const PATH_TIMES = 0xb18_0000;

/** By path, half a word: the group that its server is in, 0 for none. */
export const PATH_GROUPS = 0xb28_0000;
/** By group, a word: its clients. */
export const CLIENT_COUNTS = 0xb2a_0000;

/** Pairs of a client and a group, a hash table in one of two places, each of MAX_CLIENT_PAIRS rows: it grows from one into the other. Rows of two words: client, group (0 empty). */
export const CLIENT_PAIRS = 0xb30_0000;
export const CLIENT_PAIR_BYTES = 8;
/** Most rows: twice as many as the pairs that flows may bring. */
export const MAX_CLIENT_PAIRS = 2 * MAX_FLOW_ROWS;

/** By block of cold rows, two doubles: times between which the newest events of its flows lie. */
export const NEWEST_TIMES = 0xd30_0000;
export const COLD_BLOCK_ROWS = 64;

/** By cold row, half a word: the group of its flow's server, 0 for none. */
export const COLD_GROUPS = 0xd38_0000;

/** Captured bytes are read into what follows: three parts, each with a chunk of four mebibytes and a record of up to 512 KiB before it. */
export const CAPTURED = 0xd60_0000;
export const CAPTURED_BYTES = 0xd9_0000;

export const PAGES = 0xe39;

// ------------------------------------------------------------------------------------------------ flags and limits

/** Bit in the `USUAL` word of a passage. Above all TTLs. */
export const USED = 0x100;
/** Flag bits of a flow's state word that the hot path reads; its lower half is the path. */
export const SERVER_IS_HIGHER = 0x1_0000;
export const ANSWERED = 0x2_0000;
export const ESTABLISHED = 0x4_0000;
export const ONE_FRAME = 0x20_0000;
export const EVENTS_LOST = 0x40_0000;
/** Kinds of events that the hot path makes, as PathEvent in src/correlation/paths.ts, and how a flow may have begun to have them all: Begun.reuse or less. */
export const EVENT_TOWARD = 0;
export const EVENT_FROM = 1;
export const EVENT_ESTABLISHED = 9;
export const BEGUN_REUSE = 1;
/** Of a flow's state: its path, and that with which of its ends is the server. */
export const PATH = 0xffff;
export const STORY = 0x1_ffff;
/** Bit in the story word of a hop: it leads to the server. Above all of STORY. */
export const TOWARD = 0x4000_0000;
/** Payload from which a segment counts as full-size, in bytes: the smallest MSS in use with Ethernet, less options. */
export const FULL_SIZE = 1200;
/** Of the segments that are no SYN, FIN or RST one in 32 is remembered, chosen by content so that both copies are. */
export const SAMPLE_MASK = 31;

/** What is answered for a flow that finds no empty row: that the table must grow, or INSTEAD_OF - the row of the flow that is to be forgotten. */
export const MUST_GROW = -1;
export const INSTEAD_OF = -2;
/** A request over TCP counts as answered from elsewhere within this time: the sequence number makes it sure, so as long as SYNs are repeated. */
export const SYN_ANSWER_WITHIN_MS = 130_000;

/** What a datagram's sighting says. */
export const SEEN_FIRST = 0;
export const SEEN_ELSEWHERE = 1;
export const SEEN_ECHO = 2;
export const SEEN_ECHO_AGAIN = 3;
export const SEEN_LOOP = 4;

/** Format of records, as RecordFormat in src/capture/frame.ts; all others are pcapng. */
export const PCAP = 0;

/** What `known` answers: 0 for a frame to be decoded, else KNOWN, with STALLED, REPEATED (a SYN) and a sighting << SIGHTING_SHIFT when those are events. */
export const KNOWN = 1;
export const STALLED = 2;
export const REPEATED = 4;
export const SIGHTING_SHIFT = 3;
