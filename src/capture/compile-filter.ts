/** Filters in the pcap language for saved captures, compiled by tcpdump for the link type of the frames. */
import { spawnSync } from 'node:child_process';
import { UsageError } from '../usage-error.ts';
import { LinkType } from './frame.ts';
import { filterNotUnderstood, parseProgram, sayingOf } from './live/compile-with-tcpdump.ts';
import { compilePlainFilter, type Instruction } from './live/frame-filter.ts';

/** What libpcap calls the link types that can be read (`tcpdump -L`). */
const DLT_NAMES: Readonly<Record<number, string>> = {
  [LinkType.null]: 'NULL',
  [LinkType.ethernet]: 'EN10MB',
  [LinkType.raw]: 'RAW',
  [LinkType.loop]: 'LOOP',
  [LinkType.linuxSll]: 'LINUX_SLL',
  [LinkType.ipv4]: 'IPV4',
  [LinkType.ipv6]: 'IPV6',
  [LinkType.linuxSll2]: 'LINUX_SLL2',
};
const WHOLE_FRAME = 262_144;

/**
 * The program for frames of a link type (LINKTYPE_ value).
 * @throws UsageError when tcpdump does not understand the filter, or is not there and the filter is none of the plain form
 */
export function compileFilter(filter: string, linkType: number): readonly Instruction[] {
  const name = DLT_NAMES[linkType] ?? 'EN10MB';
  const done = spawnSync('tcpdump', ['-y', name, '-s', String(WHOLE_FRAME), '-ddd', '--', filter], { encoding: 'utf8', timeout: 10_000 });
  if (done.error === undefined) {
    if (done.status !== 0) throw filterNotUnderstood(filter, sayingOf(done.stderr));
    return parseProgram(done.stdout);
  }
  const plain = linkType === LinkType.ethernet ? compilePlainFilter(filter, WHOLE_FRAME, 'ethernet') : null;
  if (plain !== null) return plain;
  throw new UsageError(
    `--filter needs tcpdump to understand '${filter}', and tcpdump cannot be run here (${done.error.message}); install it, or choose frames by --since, --until or --client.`,
  );
}
