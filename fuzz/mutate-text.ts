/** Texts like other texts, but not quite: lines moved, words lent, characters changed. */
import type { Random } from './random.ts';

/** Words and marks that mean something in some format of configuration. */
const WORDS = [
  ...[
    'vips:',
    'realServers:',
    '- { name: a, ip: 10.0.0.3 }',
    '&x',
    '*x',
    '<<: *x',
    '---',
    '...',
    '[',
    ']',
    '{',
    '}',
    '|',
    '>',
    '? ',
    '!!binary',
    '!!str',
    '"',
  ],
  ...[
    'virtual_server',
    'virtual_server_group',
    'real_server',
    'vrrp_instance',
    'virtual_ipaddress',
    'lb_kind DR',
    'include part',
    'include p*',
    'fwmark 1',
  ],
  ...[
    '$A=$B',
    '$A',
    `\${A}`,
    '@main',
    '@^main',
    '~SEQ(i, 1, 3)',
    '\\',
    '!',
    '#',
    '10.0.0.9-255',
    '10.0.0.9',
    '2001:db8::1',
    '::ffff:10.0.0.9',
    '0',
    '65536',
    '-1',
  ],
  ...[
    '-A',
    '-a',
    '-t',
    '-u',
    '-f',
    '-r',
    '-g',
    '-i',
    '-m',
    '-w',
    '-p',
    '-s',
    '-o',
    '--tcp-service',
    '[2001:db8::1]:80',
    'TCP',
    'UDP',
    'FWM',
    '->',
    'Route',
    'Local',
    'Masq',
  ],
  ...[
    'lladdr',
    'dev eth0',
    '52:54:00:00:00:01',
    '52-54-00-00-00-01',
    'ff:ff:ff:ff:ff:ff',
    '(10.0.0.9) at',
    'REACHABLE',
    'proxy',
    '\t',
    '\r',
    '\f',
    '\u00a0',
    '\u2028',
    '\ufeff',
    '\u202e',
    '\ud800',
    'é',
  ],
];

/** One to a few small changes. `other` lends lines. */
export function mutateText(input: string, other: string, random: Random): string {
  let text = input;
  const others = other.split('\n');
  for (let changes = 1 + random.small(6); changes > 0; changes--) text = changeLines(text.split('\n'), others, random).join('\n');
  return text;
}

function changeLines(lines: string[], others: readonly string[], random: Random): string[] {
  const at = random.below(lines.length);
  const line = lines[at] ?? '';
  switch (random.below(9)) {
    case 0:
      return lines.toSpliced(at, 1 + random.small(lines.length));
    case 1:
      return lines.toSpliced(random.below(lines.length), 0, ...lines.slice(at, at + 1 + random.small(6)));
    case 2: {
      const from = random.below(others.length);
      return lines.toSpliced(at, random.below(2), ...others.slice(from, from + 1 + random.small(6)));
    }
    case 3:
      return lines.with(at, ' '.repeat(random.small(12)) + line.trimStart());
    case 4:
      return lines.toSpliced(at, 2, line + (lines[at + 1] ?? ''));
    default:
      return lines.with(at, changeLine(line, random));
  }
}

function changeLine(line: string, random: Random): string {
  const at = random.below(line.length + 1);
  const [before, after] = [line.slice(0, at), line.slice(at)];
  switch (random.below(6)) {
    case 0:
      return before + random.pick(WORDS) + after;
    case 1:
      return before + after.slice(random.small(after.length + 1));
    case 2: {
      const words = line.split(' ');
      return words.with(random.below(words.length), random.pick(WORDS)).join(' ');
    }
    case 3:
      return before + String.fromCharCode(random.pick([random.below(128), random.below(0x1_0000), 0, 10])) + after;
    case 4:
      // Much of the same: what is repeated is what grows.
      return line.length > 200 ? before : before + (after.slice(0, 1 + random.small(20)) || ' ').repeat(1 + random.small(300)) + after;
    default:
      return before + after.replace(/\d+/, () => String(random.pick([0, 1, 255, 256, 65_535, 65_536, 2 ** 32, 1e21, -1])));
  }
}
