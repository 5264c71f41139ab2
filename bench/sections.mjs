/** What is measured: for each section its captures, the processes to run on them, and the numbers that the goals ask for. */
import { FULL_SIZE } from './generate.mjs';
import { bareNode, nodeOfThisPlace, others, tool, toolOnPipe } from './programs.mjs';

/** Start-up is short and its time scatters. */
const STARTUP_RUNS = 9;
const STARTUP_PACKETS = [1000, 10_000, 100_000];
/** A connection of the full-size mix has about fifty packets; then a record has about 720 bytes. */
const FULL_SIZE_FLOW = 50;

/**
 * The sections at a size.
 * @param {number} packets of the largest capture; 10 M for the goals as they are worded
 * @returns {Record<string, Section>} by name, in the order in which they run
 *
 * @typedef {{ name: string, packets: number, traffic?: 'mirror-port' | 'syn-flood', format?: 'pcap' | 'pcapng', flows?: number, snapLength?: number, gzipOf?: string }} CaptureSpec
 * @typedef {{ captures: readonly CaptureSpec[], runs?: number, groups: (context: Context) => readonly Group[], numbers: (results: readonly Result[]) => Record<string, number | null | undefined> }} Section
 * @typedef {{ file: (name: string) => string, versions: ReadonlyMap<string, string> }} Context
 * @typedef {{ title: string, entries: readonly object[], together?: boolean }} Group
 * @typedef {{ id?: string, what: string, seconds: number, rss: number | null, packets: number }} Result
 */
export function sections(packets) {
  const manyFlows = flows(1e5, packets / 100);
  const snap = { name: 's.pcap', packets, flows: manyFlows };
  const small = { name: 's-tenth.pcap', packets: Math.round(packets / 10), flows: manyFlows };
  const fullPackets = Math.round(packets / 5);
  const full = { name: 'l.pcap', packets: fullPackets, flows: flows(1e6, fullPackets / FULL_SIZE_FLOW), snapLength: FULL_SIZE };
  const flowCounts = [...new Set([1e3, 1e5, 1e6].map((wanted) => flows(wanted, packets / 10)))];
  const byFlows = flowCounts.map((wanted) => ({ name: `flows-${wanted}.pcap`, packets, flows: wanted }));
  const flood = { name: 'flood.pcap', packets: Math.round(packets / 2), traffic: 'syn-flood' };
  const plain = { name: 'format.pcap', packets: Math.round(packets * 0.3), flows: manyFlows };
  const pcapng = { ...plain, name: 'format.pcapng', format: 'pcapng' };
  const gzip = { ...plain, name: 'format.pcap.gz', gzipOf: plain.name };
  const startup = STARTUP_PACKETS.map((count) => ({ name: `startup-${count}.pcap`, packets: count, flows: flows(1e5, count / 100) }));

  return {
    s: {
      captures: [snap, small],
      groups: ({ file, versions }) => [
        {
          title: 'S: frames cut to 96 bytes',
          entries: [
            { id: 'snap', ...on(snap, tool(file(snap.name))) },
            ...others(file(snap.name), versions, ['tcpdump -w', 'capinfos']).map((entry) => on(snap, entry)),
          ],
        },
        {
          title: 'S, a tenth of it: the programs that take their time',
          entries: [
            { id: 'small', ...on(small, tool(file(small.name))) },
            ...others(file(small.name), versions, ['tcpdump -w', 'tcpdump -e', 'tshark conv', 'tshark arp', 'capinfos']).map((entry) =>
              on(small, entry),
            ),
          ],
        },
      ],
      numbers: (results) => {
        const [large, little] = [one(results, 'snap'), one(results, 'small')];
        const copying = results.find(({ what, packets: of }) => what.includes('-w /dev/null') && of === large.packets);
        const conversations = results.find(({ what }) => what.includes('conv,eth'));
        return {
          'snap/tcpdump': ratio(large, copying),
          'tshark/small': ratio(conversations, little),
          'snap/rss': megabytes(large.rss),
          'rss/growth': large.rss === null || little.rss === null ? null : megabytes(large.rss - little.rss),
        };
      },
    },
    l: {
      captures: [full],
      groups: ({ file, versions }) => [
        {
          title: 'L: full-size frames',
          entries: [
            { id: 'full', ...on(full, tool(file(full.name))) },
            ...others(file(full.name), versions, ['tcpdump -w', 'capinfos']).map((entry) => on(full, entry)),
          ],
        },
      ],
      numbers: (results) => ({
        'full/tcpdump': ratio(
          one(results, 'full'),
          results.find(({ what }) => what.includes('-w /dev/null')),
        ),
      }),
    },
    flows: {
      captures: byFlows,
      groups: ({ file }) => [
        {
          title: 'By number of flows',
          entries: byFlows.map((spec) => ({
            id: `flows/${spec.flows}`,
            ...on(spec, tool(file(spec.name), `lvs-doctor, ${spec.flows} flows`)),
          })),
        },
      ],
      numbers: (results) => ({ 'flows/growth': flowCounts.length > 1 ? perPacket(results.at(-1)) / perPacket(results[0]) : null }),
    },
    flood: {
      captures: [flood],
      groups: ({ file, versions }) => [
        {
          title: 'SYN flood: a new source in every frame',
          entries: [
            { id: 'flood', ...on(flood, tool(file(flood.name))) },
            ...others(file(flood.name), versions, ['tcpdump -w']).map((entry) => on(flood, entry)),
          ],
        },
      ],
      numbers: (results) => {
        const result = one(results, 'flood');
        return { 'flood/packet': perPacket(result) * 1e9, 'flood/rss': megabytes(result.rss) };
      },
    },
    formats: {
      captures: [plain, pcapng, gzip],
      groups: ({ file }) => [
        {
          title: 'By format',
          entries: [
            { id: 'pcap', ...on(plain, tool(file(plain.name), 'lvs-doctor, pcap')) },
            { id: 'pcapng', ...on(pcapng, tool(file(pcapng.name), 'lvs-doctor, pcapng')) },
            { id: 'gzip', ...on(gzip, tool(file(gzip.name), 'lvs-doctor, gzip')) },
            { id: 'stdin', ...on(plain, toolOnPipe(file(plain.name), 'cat F | lvs-doctor diagnose -')) },
          ],
        },
      ],
      numbers: (results) => {
        const reference = one(results, 'pcap');
        return Object.fromEntries(['pcapng', 'gzip', 'stdin'].map((id) => [`format/${id}`, ratio(one(results, id), reference)]));
      },
    },
    startup: {
      captures: startup,
      runs: STARTUP_RUNS,
      groups: ({ file }) => [
        {
          title: 'Small captures: start-up',
          entries: [
            { id: 'startup/node', ...bareNode() },
            ...startup.map((spec) => ({
              id: `startup/${spec.packets}`,
              ...on(spec, tool(file(spec.name), `lvs-doctor, ${spec.packets} packets`)),
            })),
            ...nodeOfThisPlace(),
          ],
        },
      ],
      numbers: (results) => {
        const bare = one(results, 'startup/node').seconds;
        return Object.fromEntries(
          STARTUP_PACKETS.flatMap((count) => {
            const { seconds } = one(results, `startup/${count}`);
            return [
              [`startup/${count}`, seconds * 1000],
              [`startup/over/${count}`, (seconds - bare) * 1000],
            ];
          }),
        );
      },
    },
  };
}

/** Bytes that a capture takes on disk at most, estimated from above. */
export function estimatedBytes({ packets, snapLength = 96, format }) {
  return 10_000 + packets * (snapLength === FULL_SIZE ? 850 : format === 'pcapng' ? 130 : 110);
}

/** As many flows as wanted, but no more than the packets allow. */
function flows(wanted, allowed) {
  return Math.max(10, Math.floor(Math.min(wanted, allowed)));
}

function on(spec, entry) {
  return { ...entry, capture: spec.name };
}

function one(results, id) {
  return results.find((result) => result.id === id);
}

function ratio(result, reference) {
  return result === undefined || reference === undefined ? null : result.seconds / reference.seconds;
}

function perPacket({ seconds, packets }) {
  return seconds / packets;
}

function megabytes(bytes) {
  return bytes === null ? null : bytes / 1e6;
}
