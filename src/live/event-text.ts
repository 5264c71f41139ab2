/** Events as lines of text, for a pipe, a journal and the end of a watch. */
import type { Culprit, Finding } from '../diagnosis.ts';
import { printable } from '../reports/printable.ts';
import { listText, machineText, ROLE_WORDS } from '../reports/text/style.ts';
import { clock } from '../reports/time.ts';
import { thousands } from '../thousands.ts';
import type { LiveEvent, WatchState } from './live-event.ts';
import type { TrackedFinding } from './tracked-finding.ts';

const WORDS = { found: 'FOUND', worse: 'WORSE', quiet: 'QUIET', resolved: 'RESOLVED' } as const;

/** `2026-11-20 08:52:01 UTC FOUND rs-answers-arp (LVS101), critical, confirmed: … Culprit: real server 192.168.1.10 (52:54:…).` */
export function eventLine(event: LiveEvent): string {
  const time = clock(event.time);
  if (event.event === 'notice') return `${time} NOTICE ${event.notice.notice} (${event.notice.code}): ${printable(event.notice.message)}`;
  if (event.event === 'heartbeat') {
    const { frames, dropped, findings, vips } = event.state;
    const lost = dropped === null || dropped === 0 ? '' : `, ${thousands(dropped)} lost`;
    return `${time} WATCHING ${vips.length === 0 ? 'for a cluster' : vipList(vips)}: ${thousands(frames)} frames${lost}, ${findingsText(findings)}`;
  }
  const { finding, recurrences } = event;
  const again = recurrences === 0 ? '' : ` (came back ${recurrences === 1 ? 'once' : `${recurrences} times`})`;
  return `${time} ${WORDS[event.event]} ${finding.rule} (${finding.code}), ${finding.severity}, ${finding.confidence}${again}: ${tail(event.event, finding)}`;
}

/** 'a, b', 'a, b, c and 97 more'. */
function vipList(vips: readonly string[]): string {
  const shown = vips.map(printable);
  return shown.length > MOST_VIPS ? listText(shown, MOST_VIPS) : shown.join(', ');
}

/** Of a line that comes again and again. */
const MOST_VIPS = 4;

function tail(event: 'found' | 'worse' | 'quiet' | 'resolved', finding: Finding): string {
  const who = culpritsText(finding.culprits);
  if (event === 'resolved') return `${who} did right since ${clock(finding.last)}.`;
  if (event === 'quiet') return `${who} showed nothing of it since ${clock(finding.last)}, nor that it is mended.`;
  return `${printable(finding.message)} Culprit: ${who}.`;
}

/** 'real server 192.168.1.10 (52:54:00:b0:61:3f)', several with commas. */
export function culpritsText(culprits: readonly Culprit[]): string {
  return culprits.map((culprit) => `${ROLE_WORDS[culprit.role]} ${machineText(culprit)}`).join(', ');
}

/** '1 frame', '12 flows'. */
export function amount({ count, unit }: Pick<Finding, 'count' | 'unit'>): string {
  return count === 1 ? `1 ${unit.slice(0, -1)}` : `${thousands(count)} ${unit}`;
}

/** '1 finding', '2 findings', 'no finding'. */
export function findingsText(count: number): string {
  return count === 0 ? 'no finding' : count === 1 ? '1 finding' : `${count} findings`;
}

/** A line's priority for the journal (sd-daemon(3)): 3 error, 4 warning, 5 notice, 6 information. */
export function journalPriority(event: LiveEvent): 3 | 4 | 5 | 6 {
  if (event.event === 'heartbeat') return 6;
  if (event.event !== 'found' && event.event !== 'worse') return 5;
  const { severity, confidence } = event.finding;
  if (confidence === 'possible' || severity === 'info') return 5;
  return severity === 'critical' ? 3 : 4;
}

/** The end of a watch: what was seen, and what became of each finding. */
export function summaryLines({ frames, dropped, vips }: WatchState, findings: readonly TrackedFinding[]): string[] {
  const lost = dropped === null ? '' : `, ${thousands(dropped)} lost`;
  const where = vips.length === 0 ? 'no cluster recognised' : `VIP ${vipList(vips)}`;
  return [
    `Watched ${thousands(frames)} frames${lost}; ${where}; ${findingsText(findings.length)}.`,
    ...findings.map(({ finding, state, recurrences }) => {
      const again = recurrences === 0 ? '' : `, came back ${recurrences === 1 ? 'once' : `${recurrences} times`}`;
      return `  ${state}: ${finding.rule} (${finding.code}), ${finding.confidence}, ${culpritsText(finding.culprits)}, ${amount(finding)} from ${clock(finding.first)} to ${clock(finding.last)}${again}`;
    }),
  ];
}
