/**
 * Parsers of what tells about a cluster, src/cluster/given. The input is a byte that chooses the name of the file, then its text in UTF-8. A line of
 * `%%%` begins another part: what includes read.
 */
import { planCaptures } from '../../src/cluster/capture-plan.ts';
import type { Given } from '../../src/cluster/given/given.ts';
import type { IncludedFile } from '../../src/cluster/given/keepalived-lines.ts';
import { mergeGiven } from '../../src/cluster/given/merge-given.ts';
import { givenFromOptions } from '../../src/cluster/given/options.ts';
import { parseGiven } from '../../src/cluster/given/parse-given.ts';
import { renderCapturePlan } from '../../src/reports/capture-plan.ts';
import { UsageError } from '../../src/usage-error.ts';
import { joined } from '../mutate-bytes.ts';
import { mutateText } from '../mutate-text.ts';
import { expectSame, type Target } from '../target.ts';
import { expectSentence } from './sentences.ts';

const NAMES = ['cluster.yaml', 'given', 'keepalived.conf'];
const NEXT_PART = '\n%%%\n';

export const clusterFiles: Target = {
  name: 'cluster-files',
  maxBytes: 65_536,
  batch: 128,
  weight: 1,
  mutate(input, other, random) {
    const name = random.oneIn(20) ? random.below(NAMES.length) : (input[0] ?? 0);
    return clusterInput(name, mutateText(textOf(input), textOf(other), random));
  },
  run(input) {
    const name = NAMES[(input[0] ?? 0) % NAMES.length]!;
    const [text = '', ...parts] = textOf(input).split(NEXT_PART);
    const files = parts.map((part, i): IncludedFile => ({ name: `part${i}`, text: part }));
    const readInclude = (path: string) => (path.startsWith('p') && files.length > 0 ? files : null);
    const given = read(() => parseGiven(name, text, readInclude));
    if (given === null) return;
    expectSame(JSON.stringify(given), JSON.stringify(mergeGiven([given])), 'what was given, and the same merged once more');
    read(() => mergeGiven([given, givenFromOptions({ vip: [text.slice(0, 40)], realServer: ['10.0.0.3=52:54:00:00:00:03'] })]));
    renderCapturePlan(planCaptures(given, []), { color: false, width: 80 });
  },
};

/** The input that is this file. */
export function clusterInput(name: number, text: string): Uint8Array {
  return joined([Uint8Array.of(name), Buffer.from(text)]);
}

function textOf(input: Uint8Array): string {
  return Buffer.from(input.subarray(1)).toString();
}

/** Null where what was given is refused, in one sentence. */
function read(parse: () => Given): Given | null {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    expectSentence(error.message);
    return null;
  }
}
