import { describe, expect, it } from 'vitest';
import { parseGiven } from '../../../src/cluster/given/parse-given.ts';
import { UsageError } from '../../../src/usage-error.ts';

const HEADER = `IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn
`;

function read(table: string) {
  return parseGiven('lvs1.list', table);
}

function complaint(table: string): string {
  try {
    read(table);
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    return (error as UsageError).message;
  }
  return 'no complaint';
}

describe('ipvsadm -Ln', () => {
  it('tells services of every kind with method, weight, persistence and one-packet scheduling', () => {
    const given = read(`${HEADER}TCP  192.168.1.100:80 wrr persistent 300 mask 255.255.255.0
  -> 192.168.1.10:80              Route   1      12         340       
  -> 192.168.1.11:80              Route   0      0          0         
UDP  192.168.1.100:53 rr ops
  -> 192.168.1.10:5353            Masq    1      0          0         
SCTP 192.168.1.101:5060 mh (mh-fallback,mh-port)
  -> 192.168.1.12:5060            Tunnel  100    0          0         
TCP  [2001:db8::100]:443 sh persistent 60 pe sip
  -> [2001:db8::10]:443           Route   1      0          0         
FWM  1 rr
  -> 203.0.113.10:0               Route   1      0          0         
FWM  1 IPv6 rr
  -> [2001:db8::11]:0             Route   1      0          0         
`);
    const services = given.vips.flatMap((vip) => vip.services.map((service) => ({ vip: vip.ip, ...service })));
    expect(
      services.map(({ vip, protocol, port, mode, persistentSeconds, onePacket }) => [
        vip,
        protocol,
        port,
        mode,
        persistentSeconds,
        onePacket,
      ]),
    ).toEqual([
      ['192.168.1.100', 'tcp', 80, 'dr', 300, false],
      ['192.168.1.100', 'udp', 53, 'nat', null, true],
      ['192.168.1.101', 'sctp', 5060, 'tun', null, false],
      ['2001:db8::100', 'tcp', 443, 'dr', 60, false],
    ]);
    expect(services[0]?.realServers).toEqual([
      { name: null, ip: '192.168.1.10', port: 80, weight: 1, mode: 'dr' },
      { name: null, ip: '192.168.1.11', port: 80, weight: 0, mode: 'dr' },
    ]);
    expect(services[1]?.realServers[0]?.port).toBe(5353);
    expect(given.firewallMarks).toEqual([1]);
    expect(given.realServers.map((machine) => machine.ips[0])).toEqual([
      '192.168.1.10',
      '192.168.1.11',
      '192.168.1.12',
      '2001:db8::10',
      '203.0.113.10',
      '2001:db8::11',
    ]);
  });

  it('takes Local for an address of the director, which is a real server too', () => {
    const given = read(`${HEADER}TCP  192.168.1.100:80 rr
  -> 192.168.1.2:80               Local   1      0          0
  -> 192.168.1.3:80               Route   1      0          0
  -> 127.0.0.1:80                 Local   1      0          0
`);
    expect(given.directors.map((machine) => machine.ips)).toEqual([['192.168.1.2']]);
    expect(given.realServers.map((machine) => machine.ips)).toEqual([['192.168.1.2'], ['192.168.1.3']]);
    expect(given.vips[0]?.services[0]).toMatchObject({ mode: 'dr' });
    expect(given.vips[0]?.services[0]?.realServers[0]?.mode).toBeNull();
  });

  it('takes a table copied with its shell prompts, and an empty one', () => {
    const copied = `root@lvs1:~# ipvsadm -Ln\n${HEADER}TCP  10.0.0.9:80 rr\n  -> 10.0.0.3:80   Route   1   0   0\n[root@lvs1 ~]# \n`;
    expect(read(copied).vips[0]?.services[0]?.realServers[0]?.ip).toBe('10.0.0.3');
    expect(read(HEADER)).toMatchObject({ vips: [], realServers: [], sources: ['lvs1.list'] });
  });

  it('takes counters without a forwarding method (--stats)', () => {
    const given = read(`IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port               Conns   InPkts  OutPkts  InBytes OutBytes
  -> RemoteAddress:Port
TCP  10.0.0.9:80                      1234K       64        0     5120        0
  -> 10.0.0.3:80                         6       64        0     5120        0
  -> 10.0.0.4:80                     1234K       64        0     5120        0
`);
    expect(given.vips[0]?.services[0]).toMatchObject({ mode: null, port: 80 });
    expect(given.vips[0]?.services[0]?.realServers.map(({ ip, weight, mode }) => [ip, weight, mode])).toEqual([
      ['10.0.0.3', null, null],
      ['10.0.0.4', null, null],
    ]);
  });

  it.each([
    [
      `${HEADER}TCP  www.example.com:http rr\n`,
      'lvs1.list, line 4: "www.example.com:http" is no IP address with a port; list addresses instead of names with "ipvsadm-save -n" or "ipvsadm -Ln".',
    ],
    [
      `${HEADER}  -> 10.0.0.3:80  Route 1 0 0\n`,
      'lvs1.list, line 4: a real server stands before any service; give the output of "ipvsadm -Ln" from its first line.',
    ],
    [
      `${HEADER}TCP  10.0.0.9:80 rr\n  -> 10.0.0.3:80  Teleport 1 0 0\n`,
      'lvs1.list, line 5: "Teleport" is no forwarding method; Route, Masq, Tunnel or Local is expected.',
    ],
    [
      `${HEADER}ICMP 10.0.0.9 rr\n`,
      'lvs1.list, line 4: "ICMP 10.0.0.9 rr" is no line of "ipvsadm -Ln"; a service (TCP, UDP, SCTP, FWM) or a real server (->) is expected.',
    ],
    [`${HEADER}FWM  x rr\n`, 'lvs1.list, line 4: the firewall mark reads "x", but a whole number from 0 to 4294967295 is expected.'],
    [
      `${HEADER}TCP  10.0.0.9:80 rr persistent soon\n`,
      'lvs1.list, line 4: the persistence timeout reads "soon", but a whole number from 0 to 2147483648 is expected.',
    ],
    [
      'IPVS connection entries\npro expire state       source             virtual            destination\n',
      'lvs1.list, line 1: this is a table of connections, but the table of services is expected; give the output of "ipvsadm -Ln".',
    ],
    [
      `${HEADER}TCP  10.0.0.9:80 rr\n  -> 10.0.0.3:80  Route 1 0 0\n  -> 10.0.0.3:80  Local 1 0 0\n`,
      'lvs1.list, line 6: the real server 10.0.0.3:80 of TCP 10.0.0.9:80 is listed again with another forwarding method or weight than at lvs1.list, line 5; keep one of the two.',
    ],
  ])('names the line that cannot be read: %j', (table, sentence) => {
    expect(complaint(table)).toBe(sentence);
  });
});
