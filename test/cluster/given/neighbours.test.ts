import { describe, expect, it } from 'vitest';
import { parseGiven } from '../../../src/cluster/given/parse-given.ts';

const read = (text: string) => parseGiven('neighbours', text).neighbours;

describe('a neighbour table', () => {
  it('of "ip neigh" gives addresses with their MACs, and passes over those that failed', () => {
    expect(
      read(`192.168.1.10 dev eth0 lladdr 52:54:00:b0:61:3f REACHABLE
192.168.1.11 dev eth0 lladdr 52:54:00:4c:21:a1 ref 1 used 0/0/0 probes 1 STALE
192.168.1.12 dev eth0  FAILED
192.168.1.13 dev eth0 INCOMPLETE
2001:DB8::10 dev eth0 lladdr 52:54:00:B0:61:3F router STALE
192.168.1.14 lladdr 52:54:00:00:00:14 PERMANENT
224.0.0.22 dev eth0 lladdr 01:00:5e:00:00:16 NOARP
127.0.0.1 dev lo lladdr 00:00:00:00:00:00 NOARP
`),
    ).toEqual([
      { ip: '192.168.1.10', mac: '52:54:00:b0:61:3f' },
      { ip: '192.168.1.11', mac: '52:54:00:4c:21:a1' },
      { ip: '2001:db8::10', mac: '52:54:00:b0:61:3f' },
      { ip: '192.168.1.14', mac: '52:54:00:00:00:14' },
    ]);
  });

  it('of "arp -an" on Linux, BSD and macOS gives the same', () => {
    expect(
      read(`? (192.168.1.10) at 52:54:00:b0:61:3f [ether] on eth0
gw.example.com (192.168.1.1) at 52:54:00:00:00:01 [ether] PERM on eth0
? (192.168.1.12) at <incomplete> on eth0
? (10.0.0.1) at 0:1c:7f:0:0:1 on en0 ifscope [ethernet]
? (10.0.0.2) at (incomplete) on en0 ifscope [ethernet]
`),
    ).toEqual([
      { ip: '192.168.1.10', mac: '52:54:00:b0:61:3f' },
      { ip: '192.168.1.1', mac: '52:54:00:00:00:01' },
      { ip: '10.0.0.1', mac: '00:1c:7f:00:00:01' },
    ]);
  });

  it('of "arp -n" gives the same', () => {
    expect(
      read(`Address                  HWtype  HWaddress           Flags Mask            Iface
192.0.2.1                ether   02:fc:00:00:00:05   C                     eth0
192.0.2.2                        (incomplete)                              eth0
Entries: 2	Skipped: 0	Found: 2
`),
    ).toEqual([{ ip: '192.0.2.1', mac: '02:fc:00:00:00:05' }]);
  });

  it.each([
    [
      '192.168.1.10 dev eth0 lladdr 52:54:00:b0:61 STALE\n',
      'neighbours, line 1: "52:54:00:b0:61" is no MAC address; give the output of "ip neigh" or "arp -an" unchanged.',
    ],
    [
      '192.168.1 dev eth0 lladdr 52:54:00:b0:61:3f\n',
      'neighbours, line 1: "192.168.1" is no IP address; give the output of "ip neigh" or "arp -an" unchanged.',
    ],
    [
      '192.168.1.10 dev eth0 lladdr 52:54:00:b0:61:3f STALE\nnothing else\n',
      'neighbours, line 2: "nothing else" is no line of a neighbour table; give the output of "ip neigh" or "arp -an" unchanged.',
    ],
  ])('names the line that cannot be read: %j', (text, sentence) => {
    expect(() => read(text)).toThrow(sentence);
  });
});
