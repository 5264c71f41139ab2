import { describe, expect, test } from 'vitest';
import type { Diagnosis } from '../../src/diagnosis.ts';
import { renderText } from '../../src/reports/text.ts';
import { ANSI } from './ansi.ts';
import {
  answersArp,
  at,
  CANNOT_TELL,
  culprit,
  diagnosis,
  evidence,
  HEALTHY,
  HOSTILE,
  IPV6,
  MANY,
  ONE_FAULT,
  realServer,
  VIP,
  verdict,
} from './diagnoses.ts';

const plain = (of: Diagnosis, more: object = {}) => renderText(of, { color: false, width: 80, ...more });
const linesOf = (text: string) => text.split('\n');
/** What stands below a title. */
const section = (text: string, title: string) => (text.split(`\n${title}\n`)[1] ?? '').split('\n\n')[0] ?? '';

describe('the first line says the verdict and the sentence', () => {
  test.each([
    ['a healthy cluster', HEALTHY, 'CLEAN: Direct routing of 192.168.1.100 works'],
    ['a fault', ONE_FAULT, 'FAULT: Real server 192.168.1.10 answers ARP for 192.168.1.100.'],
    ['no cluster', CANNOT_TELL, 'CANNOT TELL: No LVS cluster is recognised'],
  ])('for %s', (_, of, expected) => {
    expect(linesOf(plain(of))[0]).toMatch(new RegExp(`^${expected}`));
  });
});

describe('the report as a whole', () => {
  test.each(Object.entries({ HEALTHY, ONE_FAULT, MANY, CANNOT_TELL, IPV6 }))(
    '%s fits into 80 columns and ends in one line break',
    (_, of) => {
      for (const verbose of [false, true]) {
        const text = plain(of, { verbose });
        expect(linesOf(text).filter((line) => line.length > 80 || line !== line.trimEnd())).toEqual([]);
        expect(text).toMatch(/[^\n]\n$/);
      }
    },
  );

  test('colour adds escape sequences and no words', () => {
    const coloured = renderText(MANY, { color: true, width: 80 });
    expect(coloured).toMatch(ANSI);
    expect(coloured.replaceAll(new RegExp(ANSI, 'g'), '')).toBe(plain(MANY));
  });

  test('a healthy cluster has no findings and no remedies', () => {
    expect(plain(HEALTHY)).not.toMatch(/Findings|Remedies|Not judged|Notices/);
  });

  test('quiet keeps verdict, findings and culprits', () => {
    const text = plain(MANY, { quiet: true });
    expect(text).toContain('1. rs-answers-arp (LVS101): critical, confirmed, VIP 192.168.1.100');
    expect(text).toContain('192.168.1.12 (52:54:00:b0:61:41)');
    expect(text).not.toMatch(/tshark|sysctl|requests {2}answered/);
  });
});

describe('the table of real servers', () => {
  test('counts requests, answers, refusals, silence and bypasses of each', () => {
    const servers = [realServer({ requests: 9, answered: 4, refused: 3, silent: 2, bypassed: 1 })];
    expect(plain(diagnosis({ cluster: { ...diagnosis().cluster, realServers: servers } }))).toMatch(
      /^192\.168\.1\.10 {2}52:54:00:b0:61:3f +9 +4 +3 +2 +1$/m,
    );
  });

  test('shows a question mark, not zero, where answers are out of sight', () => {
    const servers = [realServer({ requests: 9, answered: 0, refused: 0, silent: null })];
    const text = plain(diagnosis({ cluster: { ...diagnosis().cluster, realServers: servers } }));
    expect(text).toMatch(/52:54:00:b0:61:3f +9 +\? +\? +\? +0$/m);
    expect(text).toContain('? : cannot be told from this capture.');
  });

  test('a long IPv6 address keeps its columns', () => {
    const lines = linesOf(plain(IPV6));
    const head = lines.find((line) => line.startsWith('real server  ')) ?? '';
    const row = lines.find((line) => line.startsWith('fa:16:3e:8c:13:fb')) ?? '';
    expect(lines).toContain('2001:db8:1234:5678:9abc:def0:1234:5678');
    expect(row.length).toBe(head.length);
  });
});

describe('findings', () => {
  test('of one rule and VIP are one story with all culprits', () => {
    const text = plain(MANY);
    expect(text.match(/rs-answers-arp \(LVS101\): critical/g)).toHaveLength(1);
    for (const number of [1, 2, 3])
      expect(section(text, 'Findings')).toContain(`real server ${culprit(number).ip} (${culprit(number).mac})`);
    expect(text).toContain('Seen: 15 frames from +0.001234 to +2.104000 s.');
  });

  test('of one rule and two VIPs are two stories where other machines are to blame, else one', () => {
    const other = answersArp(1, { id: 'other', vip: '192.168.1.101' });
    const two = { verdict: 'fault', findings: [answersArp(1), { ...other, culprits: [culprit(2)] }] } as const;
    expect(plain(diagnosis(two))).toMatch(/1\. rs-answers-arp.*100$[\s\S]*2\. rs-answers-arp.*101$/m);
    const text = plain(diagnosis({ verdict: 'fault', findings: [answersArp(1), other] }));
    expect(text).toContain('1. rs-answers-arp (LVS101): critical, confirmed, VIPs 192.168.1.100 and\n   192.168.1.101\n');
    expect(text).toContain('   Seen: 10 frames from');
  });

  test('that are less certain than their story say so', () => {
    expect(plain(MANY)).toContain('   - probable: 192.168.1.11 (52:54:00:b0:61:40)');
  });

  test('name the story that caused them', () => {
    expect(plain(MANY)).toContain('   Caused by 1 (rs-answers-arp): mend that first.');
  });

  test('show each evidence frame once, in the order of time, with the time since the start', () => {
    const rows = linesOf(plain(MANY)).filter((line) => /^ {3} +\d+ {4}\+/.test(line));
    expect(rows.map((row) => row.trim().split(/ +/).slice(0, 2).join(' '))).toEqual([
      '1 +0.001234',
      '2 +0.002468',
      '3 +0.003702',
      '4 +0.004936',
      '6 +0.007404',
      '15 +0.018510',
      '24 +0.029616',
    ]);
  });

  test('tell cause and effect from the fault itself', () => {
    expect(plain(ONE_FAULT)).toContain('+0.001234  cause: ARP request');
    expect(plain(ONE_FAULT)).toContain('+0.002468  ARP reply');
  });

  test('give a tshark command for their frames, with the file as the user reads it', () => {
    expect(plain(ONE_FAULT)).toContain("\n   tshark -r mirror.pcap -Y 'frame.number in {1, 2}'\n");
    const sourceFiles = new Map([['mirror.pcap', "/tmp/it's here/mirror.pcap"]]);
    expect(plain(ONE_FAULT, { sourceFiles })).toContain(`tshark -r '/tmp/it'\\''s here/mirror.pcap' -Y 'frame.number in {1, 2}'`);
  });

  test('of standard input give the display filter alone', () => {
    const text = plain(ONE_FAULT, { sourceFiles: new Map([['mirror.pcap', '-']]) });
    expect(text).toContain('standard input');
    expect(text).not.toContain('tshark');
  });

  test('with much evidence show a part, and all of it in the command and when verbose', () => {
    expect(plain(IPV6)).toContain('and 18 frames more');
    expect(section(plain(IPV6), 'Findings')).not.toContain('57    +');
    expect(plain(IPV6).replaceAll(/\s+/g, ' ')).toContain(`{${Array.from({ length: 30 }, (_, i) => 2 * i + 1).join(', ')}}`);
    expect(plain(IPV6, { verbose: true })).toMatch(/^ +59 {4}\+0\.072806 /m);
  });

  test('of many machines show a frame of each', () => {
    const findings = Array.from({ length: 20 }, (_, i) =>
      answersArp(i + 1, { evidence: [evidence(i + 1, 'reply'), evidence(i + 101, 'later'), evidence(i + 201, 'latest')] }),
    );
    const text = plain(diagnosis({ verdict: 'fault', findings }));
    for (let number = 1; number <= 20; number++) {
      const isNamed = number <= 12;
      expect(text.includes(`real server 192.168.1.${9 + number} (`), `real server ${number}`).toBe(isNamed);
      expect(new RegExp(`^ +${number} +\\+.*reply$`, 'm').test(text), `frame ${number}`).toBe(isNamed);
    }
    expect(text).toContain('- and 16 messages more like these; -v shows all.');
    expect(text).toContain('             and 8 more; -v shows all\n');
    const whole = plain(diagnosis({ verdict: 'fault', findings }), { verbose: true });
    for (const { culprits } of findings) expect(whole).toContain(`real server ${culprits[0]?.ip} (`);
  });

  test('of up to twelve machines are listed below', () => {
    const findings = Array.from({ length: 12 }, (_, i) => answersArp(i + 1));
    const text = plain(diagnosis({ verdict: 'fault', findings }));
    expect(text).toContain('- and 8 more; all are listed below.');
    for (const { culprits } of findings) expect(text).toContain(`real server ${culprits[0]?.ip} (`);
  });

  test('of very many frames have a command for those that are shown', () => {
    const many = Array.from({ length: 40 }, (_, i) => evidence(i + 1, 'reply'));
    const findings = [
      answersArp(1, { evidence: many }),
      answersArp(2, { evidence: many.map((item) => ({ ...item, frame: item.frame + 40 })) }),
    ];
    const text = plain(diagnosis({ verdict: 'fault', findings })).replaceAll(/\s+/g, ' ');
    expect(text).toContain('{1, 2, 3, 4, 5, 6, 41, 42, 43, 44, 45, 46}');
    expect(plain(diagnosis({ verdict: 'fault', findings }), { verbose: true }).replaceAll(/\s+/g, ' ')).toContain('{1, 2, 3, 4, 5, 6, 7,');
  });

  test('beyond a dozen stories have a title, and beyond those a number', () => {
    const findings = Array.from({ length: 50 }, (_, i) => answersArp(1, { id: `${i}`, rule: `rule-${i + 1}` }));
    const text = plain(diagnosis({ verdict: 'fault', findings }));
    expect(text.match(/^ {3}Culprit:/gm)).toHaveLength(12);
    expect(text.match(/^\d+\. +rule-\d+ \(/gm)).toHaveLength(36);
    expect(text).toContain('\nAnd 14 findings more; -v shows all.\n');
    expect(plain(diagnosis({ verdict: 'fault', findings }), { quiet: true })).toContain('And 26 findings more; -v shows all.\n');
    expect(plain(diagnosis({ verdict: 'fault', findings }), { verbose: true }).match(/^ {3}Culprit:/gm)).toHaveLength(50);
  });

  test('of several captures stand under the name of each, with its own clock', () => {
    const [first] = diagnosis().captures;
    const of = diagnosis({
      verdict: 'fault',
      captures: [first!, { ...first!, name: 'rs1.pcap', first: at(1000) }],
      findings: [answersArp(1, { evidence: [evidence(2, 'here'), { ...evidence(2, 'there'), capture: 'rs1.pcap' }] })],
    });
    const text = plain(of);
    expect(text).toMatch(/In mirror\.pcap:\n.*\n +2 +\+0\.002468 {2}here\n +tshark -r mirror\.pcap /);
    expect(text).toMatch(/In rs1\.pcap:\n.*\n +2 +\+0\.001468 {2}there\n +tshark -r rs1\.pcap /);
  });

  test('that ended say so', () => {
    expect(plain(diagnosis({ findings: [answersArp(1, { state: 'resolved' })] }))).toContain('Healthy again since.');
    expect(plain(diagnosis({ findings: [answersArp(1, { state: 'quiet' })] }))).toContain('Not seen again since.');
    expect(plain(ONE_FAULT)).not.toMatch(/again since/);
  });
});

describe('remedies', () => {
  test('stand by host, hosts with the same commands together, each command once', () => {
    const text = plain(MANY);
    expect(text).toContain('On 192.168.1.10, 192.168.1.11 and 192.168.1.12 (mends 1):\n   sysctl -w');
    expect(text).toContain('On 192.168.1.1 (mends 1 and 2):\n   ip neigh flush to 192.168.1.100\n');
    expect(text.match(/arping/g)).toHaveLength(1);
  });

  test('name the machine where it has a name', () => {
    expect(plain(IPV6)).toContain('On web1 (2001:db8:8::11) (mends 1):');
  });

  test('stay one command when they are longer than a line', () => {
    const text = plain(ONE_FAULT).replaceAll(/ \\\n +/g, ' ');
    for (const command of ONE_FAULT.findings[0]!.remedy.steps.flatMap((step) => step.commands)) expect(text).toContain(`\n   ${command}\n`);
  });
});

describe('what was judged', () => {
  test('clean is folded by the machines it concerns', () => {
    expect(section(plain(MANY), 'Judged clean').replaceAll(/\s+/g, ' ')).toBe(
      ' rs-announces-vip, gateway-arp-flip, director-no-rewrite, reply-wrong-source: passed for 192.168.1.10, 192.168.1.11 and 192.168.1.12.',
    );
  });

  test('many machines are counted unless verbose', () => {
    const verdicts = Array.from({ length: 9 }, (_, i) => verdict('rs-answers-arp', `10.0.0.${i}`));
    expect(plain(diagnosis({ verdicts }))).toMatch(/10\.0\.0\.4\s+and 4 more\.$/m);
    expect(plain(diagnosis({ verdicts }), { verbose: true })).toContain('10.0.0.8.');
  });

  test('of two VIPs says which', () => {
    const vips = [VIP, '192.168.1.101'].map((ip) => ({ ...diagnosis().cluster.vips[0]!, ip }));
    const text = plain(diagnosis({ cluster: { ...diagnosis().cluster, vips }, verdicts: [verdict('rs-no-reply', '192.168.1.10')] }));
    expect(text).toContain('rs-no-reply: passed for 192.168.1.10 (VIP 192.168.1.100).');
  });

  test('not at all is grouped by the capture that would decide it', () => {
    const text = section(plain(MANY), 'Not judged');
    expect(text.match(/tcpdump/g)).toHaveLength(1);
    expect(text).toMatch(
      /^ {2}Decided by a capture on 192\.168\.1\.10 and 192\.168\.1\.11:\n {4}tcpdump -i eth0 -s 128 -w rs\.pcap 'arp or host 192\.168\.1\.100'$/m,
    );
    expect(text).toContain(
      'Nothing in these frames decides:\n    director-not-forwarding for 192.168.1.2: no request reaches the director.',
    );
  });
});

test('what did not fit into memory is told', () => {
  const limits = { flowsForgotten: 1, pathsOverflowed: 0, edgesOverflowed: 0, claimsForgotten: 2000, sendersNotJudged: 0 };
  expect(plain(diagnosis({ limits })).replaceAll(/\s+/g, ' ')).toContain(
    'bounded memory: 1 flow and 2,000 claims of addresses were not followed',
  );
});

test('names from files reach neither the terminal nor the shell as anything but text', () => {
  for (const verbose of [false, true]) {
    const text = plain(HOSTILE, { verbose });
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(text).not.toMatch(/^CLEAN/m);
    expect(text).toContain(String.raw`tshark -r $'evil\033[31m\342\200\256txt.pcap; rm -rf $HOME\012'`);
  }
});
