/** Texts that a capture, a configuration or a saved diagnosis of somebody else may hold, and a diagnosis that holds them everywhere. */
import type { Diagnosis } from '../../src/diagnosis.ts';
import { MANY } from './diagnoses.ts';

export const HOSTILE_TEXTS = {
  script: '<script>alert(1)</script>',
  'an image with a handler': '"><img src=x onerror=alert(1)>',
  'a link to code': '[click](javascript:alert(1)) ](javascript:alert(1))',
  'a link by reference': '[a]: javascript:alert(1)',
  'an automatic link': '<javascript:alert(1)> www.example.org https://example.org/?a=b ftp://example.org me@example.org',
  'an entity that hides an override': '&#8238;&lt;script&gt;&colon;',
  pipes: 'a|b\\|c\\\\|d|',
  'backticks in code': '`` `a` ``` ````x',
  'a fence': '```\n```sh\nrm -rf /\n~~~',
  headings: '# a\n## b\n===\n---\n***',
  'lists and quotes': '- a\n1. b\n> c\n+ d',
  'markup in a line': '**a** _b_ ~~c~~ ![d](e) \\* [x] $y$ {{z}} [~f] {code}',
  'calls and references': '@everyone @a/b #7 !8 %9 GH-10 $11 ~l &12 /close :de: 00:ab:cd:de:fr:01',
  'colours and cursor moves': '\u001b[2J\u001b[31mred\u009b1A\u0007\u001b]0;title\u0007',
  'marks that reorder': 'rs\u202a1\u202b2\u202c3\u202d4\u202e5\u2066 6\u2067 7\u2068 8\u2069 9\u200e\u200f',
  'line ends': 'a\nb\r\nc\u0085d\u2028e\u2029f\u000bg\u000ch',
  'ten megabytes': 'A'.repeat(10_000_000),
  'ten megabytes of words': '`|<b> '.repeat(1_700_000),
  nothing: '',
  spaces: '   ',
} as const;

/** `text` in each place that is not an address, a time, a number or a choice. */
export function hostileDiagnosis(text: string): Diagnosis {
  const of = structuredClone(MANY) as { -readonly [K in keyof Diagnosis]: Diagnosis[K] };
  const named = <T extends object>(machine: T): T => ({ ...machine, name: text, clues: [text, text] });
  return {
    ...of,
    summary: text,
    tool: { name: 'lvs-doctor', version: text },
    captures: of.captures.map((capture) => ({ ...capture, name: text, point: text, linkType: text })),
    cluster: {
      ...of.cluster,
      vips: of.cluster.vips.map((vip) => ({ ...vip, services: [text], clues: [text] })),
      directors: of.cluster.directors.map(named),
      realServers: of.cluster.realServers.map((server) => ({ ...named(server), requests: 3 })),
      gateways: of.cluster.gateways.map(named),
    },
    findings: of.findings.map((finding) => ({
      ...finding,
      message: text,
      culprits: finding.culprits.map((culprit) => ({ ...culprit, name: text })),
      evidence: finding.evidence.map((item) => ({ ...item, capture: text, says: text })),
      remedy: { why: text, steps: [{ on: text, commands: [text, `echo ${text}`] }] },
    })),
    verdicts: of.verdicts.map((verdict) => ({ ...verdict, subject: text, reason: text, capture: `on ${text}: ${text}` })),
    notices: of.notices.map((notice) => ({ ...notice, message: text })),
    paths: of.paths.map((path) => ({ ...path, service: text, path: [text] })),
  };
}
