import { describe, expect, test } from 'vitest';
import { renderTrace, type TracePath } from '../../src/reports/trace.ts';
import { ANSI } from './ansi.ts';
import { VIP } from './diagnoses.ts';
import { walk } from './walks.ts';

const IPV4 = walk('198.51.100.7', VIP);
const IPV6 = walk('2001:db8:1234:5678:9abc:def0:1234:5678', '2001:db8::100');
const plain = (paths: readonly TracePath[], width: number) => renderTrace(paths, { color: false, width });

describe('the packet walk', () => {
  test('in a wide terminal is the table of the textbook, one line a hop', () => {
    expect(plain([IPV4], 160).split('\n')).toEqual([
      '192.168.1.100 80/tcp: → gateway>director → director>rs1 ← rs1>gateway',
      '3 flows, one of them shown; frames of mirror.pcap, begun 2026-11-20 08:52:01 UTC.',
      'frame       time  source MAC         destination MAC    source IP:port      destination IP:port  TTL  flags    who                 what changed',
      '    3  +0.000000  52:54:00:00:00:01  52:54:00:29:b1:46  198.51.100.7:41814  192.168.1.100:80      64  SYN      gateway → director',
      '    6  +0.000057  52:54:00:29:b1:46  52:54:00:b0:61:3f  198.51.100.7:41814  192.168.1.100:80      63  SYN      director → rs1      both MACs, TTL 64→63',
      '    9  +0.007611  52:54:00:b0:61:3f  52:54:00:00:00:01  192.168.1.100:80    198.51.100.7:41814    64  SYN ACK  rs1 → gateway       reply, past the director',
      '',
    ]);
  });

  test('in 80 columns is two lines a hop', () => {
    expect(plain([IPV4], 80).split('\n').slice(3)).toEqual([
      '    frame  source MAC         destination MAC    TTL flags    who',
      '     time  source IP:port > destination IP:port               what changed',
      '        3  52:54:00:00:00:01  52:54:00:29:b1:46   64 SYN      gateway → director',
      '+0.000000  198.51.100.7:41814 > 192.168.1.100:80',
      '        6  52:54:00:29:b1:46  52:54:00:b0:61:3f   63 SYN      director → rs1',
      '+0.000057  198.51.100.7:41814 > 192.168.1.100:80              both MACs, TTL',
      '                                                              64→63',
      '        9  52:54:00:b0:61:3f  52:54:00:00:00:01   64 SYN ACK  rs1 → gateway',
      '+0.007611  192.168.1.100:80 > 198.51.100.7:41814              reply, past the',
      '                                                              director',
      '',
    ]);
  });

  test('of IPv6 brackets the addresses and stays within 80 columns', () => {
    const text = plain([IPV6], 80);
    expect(text).toContain('[2001:db8:1234:5678:9abc:def0:1234:5678]:41814 >');
    expect(text.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });

  test('shows a dash where the capture has no MAC or TTL, and no port where there is none', () => {
    const rows = IPV4.rows.map((row) => ({ ...row, destinationMac: null, sourcePort: null, ttl: null }));
    expect(plain([{ ...IPV4, rows }], 80)).toMatch(/52:54:00:00:00:01 {2}- +- SYN .*\n.* 198\.51\.100\.7 > 192\.168\.1\.100:80$/m);
  });

  test('of several paths has an empty line between them, and colour adds no words', () => {
    expect(plain([IPV4, IPV6], 80)).toBe(`${plain([IPV4], 80)}\n${plain([IPV6], 80)}`);
    const coloured = renderTrace([IPV4], { color: true, width: 80 });
    expect(coloured).toMatch(ANSI);
    expect(coloured.replaceAll(new RegExp(ANSI, 'g'), '')).toBe(plain([IPV4], 80));
  });
});
