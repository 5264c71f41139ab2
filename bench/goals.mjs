/** What speed and memory must be and should be, and whether what was measured meets it. */

/** What `node -e 0` takes where the goals on start-up were set: what they allow beyond it is ours. */
const BARE_NODE_MS = 62;

/**
 * Each goal: which measured number, what it says, its unit, and its two limits. `at: 'least'` means that more is better. An aim may be missing.
 * @type {readonly { key: string, goal: string, unit: '×' | 'ns' | 'ms' | 'MB', at: 'most' | 'least', must: number, aim?: number }[]}
 */
export const GOALS = [
  {
    key: 'snap/tcpdump',
    goal: 'S, 10 M packets, 1e5 flows: time against `tcpdump -w /dev/null`',
    unit: '×',
    at: 'most',
    must: 2.0,
    aim: 1.3,
  },
  { key: 'full/tcpdump', goal: 'L, 2 M packets: time against `tcpdump -w /dev/null`', unit: '×', at: 'most', must: 1.0, aim: 0.7 },
  { key: 'tshark/small', goal: 'S, 1 M packets: faster than `tshark -q -z conv,eth`', unit: '×', at: 'least', must: 20, aim: 30 },
  { key: 'flows/growth', goal: 'time a packet, 1e6 flows against 1e3', unit: '×', at: 'most', must: 4, aim: 2.5 },
  { key: 'flood/packet', goal: 'SYN flood, a new source in every frame: time a packet', unit: 'ns', at: 'most', must: 600, aim: 300 },
  { key: 'flood/rss', goal: 'SYN flood: peak memory', unit: 'MB', at: 'most', must: 220 },
  { key: 'snap/rss', goal: 'peak memory at 1e5 flows', unit: 'MB', at: 'most', must: 120, aim: 90 },
  { key: 'any/rss', goal: 'peak memory, any capture measured', unit: 'MB', at: 'most', must: 220, aim: 150 },
  { key: 'rss/growth', goal: 'memory that ten times the packets add, same flows', unit: 'MB', at: 'most', must: 10, aim: 0 },
  { key: 'startup/1000', goal: 'whole process on 1 k packets', unit: 'ms', at: 'most', must: 120, aim: 90 },
  { key: 'startup/10000', goal: 'whole process on 10 k packets', unit: 'ms', at: 'most', must: 140, aim: 105 },
  { key: 'startup/100000', goal: 'whole process on 100 k packets', unit: 'ms', at: 'most', must: 180, aim: 140 },
  ...[
    ['1000', '1 k', 120, 90],
    ['10000', '10 k', 140, 105],
    ['100000', '100 k', 180, 140],
  ].map(([packets, words, must, aim]) => ({
    key: `startup/over/${packets}`,
    goal: `of it, on ${words} packets, over what \`node -e 0\` takes`,
    unit: 'ms',
    at: 'most',
    must: must - BARE_NODE_MS,
    aim: aim - BARE_NODE_MS,
  })),
  { key: 'format/pcapng', goal: 'pcapng: time against pcap', unit: '×', at: 'most', must: 1.15, aim: 1.05 },
  { key: 'format/gzip', goal: 'gzip: time against pcap', unit: '×', at: 'most', must: 2.5, aim: 2.0 },
  { key: 'format/stdin', goal: 'pipe: time against the file', unit: '×', at: 'most', must: 2.2, aim: 1.5 },
];

/**
 * Judges the goals.
 * @param {Readonly<Record<string, number | null | undefined>>} measured numbers by key of the goal, in its unit
 * @returns each goal with `measured` (null where it was not) and `verdict`: aim met, must met, missed or not measured
 */
export function judgeGoals(measured) {
  return GOALS.map((goal) => {
    const value = measured[goal.key] ?? null;
    return { ...goal, measured: value, verdict: value === null ? 'not measured' : verdict(goal, value) };
  });
}

function verdict({ at, must, aim }, value) {
  const within = (limit) => (at === 'most' ? value <= limit : value >= limit);
  if (!within(must)) return 'missed';
  return aim !== undefined && within(aim) ? 'aim met' : 'must met';
}
