/** What a terminal shows of foreign text: every report that may go there, with texts that would command it, mislead its reader or bury the rest. */
import { describe, expect, test } from 'vitest';
import { renderCapturePlan } from '../../src/reports/capture-plan.ts';
import { renderText } from '../../src/reports/text.ts';
import { renderTopology } from '../../src/reports/topology.ts';
import { renderTrace } from '../../src/reports/trace.ts';
import { HOSTILE_TEXTS, hostileDiagnosis } from './hostile.ts';
import { walk } from './walks.ts';

const OPTIONS = { color: false, width: 80 };

function reportsWith(text: string): Record<string, string> {
  const of = hostileDiagnosis(text);
  const path = walk('198.51.100.7', '192.168.1.100');
  const capture = {
    points: ['mirror'] as const,
    on: text,
    file: 'a.pcap',
    filter: null,
    command: 'tcpdump',
    decides: [text],
    cannot: [text],
  };
  const sees = { broadcastArp: 'yes', arpReplies: 'own', requestsBefore: 'no', requestsAfter: 'no', replies: 'no' } as const;
  return {
    text: renderText(of, OPTIONS),
    verbose: renderText(of, { ...OPTIONS, verbose: true }),
    quiet: renderText(of, { ...OPTIONS, quiet: true }),
    topology: renderTopology(of.cluster, OPTIONS),
    trace: renderTrace(
      [{ ...path, title: text, capture: text, rows: path.rows.map((row) => ({ ...row, who: text, changed: text })) }],
      OPTIONS,
    ),
    plan: renderCapturePlan(
      {
        schema: 'lvs-doctor/capture-plan@1',
        vips: [],
        captures: [
          { ...capture, sees },
          { ...capture, sees },
        ],
        diagnose: [],
        notes: [text],
      },
      OPTIONS,
    ),
  };
}

const LINES = Object.fromEntries(Object.entries(reportsWith('name')).map(([report, text]) => [report, text.split('\n').length]));

describe('foreign text on a terminal', () => {
  test.each(Object.entries(HOSTILE_TEXTS))('with %s is shown, and nothing else', (_, text) => {
    for (const [report, shown] of Object.entries(reportsWith(text))) {
      expect(shown.replaceAll('\n', ''), report).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
      expect(shown.length, report).toBeLessThan(400_000);
      expect(shown.split('\n').length, report).toBeLessThan((LINES[report] ?? 0) * 100);
    }
  });

  test('begins no line that a reader takes for the verdict', () => {
    for (const [report, shown] of Object.entries(reportsWith('x\nCLEAN: all is well\r\nFAULT: none\u2028CANNOT TELL: why'))) {
      expect(
        shown
          .split('\n')
          .slice(1)
          .filter((line) => /^(CLEAN|FAULT|CANNOT TELL)/.test(line)),
        report,
      ).toEqual([]);
    }
  });
});
