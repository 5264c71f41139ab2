import { describe, expect, it } from 'vitest';
import { parseGiven } from '../../../src/cluster/given/parse-given.ts';
import { UsageError } from '../../../src/usage-error.ts';

function read(...lines: string[]) {
  return parseGiven('lvs1.save', `${lines.join('\n')}\n`);
}

function complaint(...lines: string[]): string {
  try {
    read(...lines);
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    return (error as UsageError).message;
  }
  return 'no complaint';
}

describe('ipvsadm-save -n', () => {
  it('tells a direct-routing service and its real servers', () => {
    const given = read(
      '-A -t 192.168.1.100:80 -s wrr -p 300 -M 255.255.255.0',
      '-a -t 192.168.1.100:80 -r 192.168.1.10:80 -g -w 1',
      '-a -t 192.168.1.100:80 -r 192.168.1.11:80 -g -w 0',
    );
    expect(given.vips).toEqual([
      {
        ip: '192.168.1.100',
        where: 'lvs1.save, line 1',
        services: [
          {
            protocol: 'tcp',
            port: 80,
            mode: 'dr',
            persistentSeconds: 300,
            onePacket: false,
            where: 'lvs1.save, line 1',
            realServers: [
              { name: null, ip: '192.168.1.10', port: 80, weight: 1, mode: 'dr' },
              { name: null, ip: '192.168.1.11', port: 80, weight: 0, mode: 'dr' },
            ],
          },
        ],
      },
    ]);
    expect(given.realServers).toEqual([
      { name: null, ips: ['192.168.1.10'], macs: [], active: 'by-vrrp', where: 'lvs1.save, line 2' },
      { name: null, ips: ['192.168.1.11'], macs: [], active: 'by-vrrp', where: 'lvs1.save, line 3' },
    ]);
    expect(given.directors).toEqual([]);
    expect(given.sources).toEqual(['lvs1.save']);
  });

  it('tells IPv6 services in brackets, UDP one by one packet, SCTP, NAT and tunnels with options', () => {
    const given = read(
      '-A -t [2001:db8::100]:443 -s sh -b sh-fallback,sh-port',
      '-a -t [2001:db8::100]:443 -r [2001:DB8::10]:443 -g -w 100',
      '-A -u 203.0.113.53:53 -s rr -o',
      '-a -u 203.0.113.53:53 -r 203.0.113.10:5353 -m -w 1',
      '-A --sctp-service 203.0.113.53:5060 -s mh -p 60 pe sip ops',
      '-a --sctp-service 203.0.113.53:5060 -r 203.0.113.10:5060 -i -w 1 --tun-type gue --tun-port 6080 --tun-nocsum',
    );
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
      ['2001:db8::100', 'tcp', 443, 'dr', null, false],
      ['203.0.113.53', 'udp', 53, 'nat', null, true],
      ['203.0.113.53', 'sctp', 5060, 'tun', 60, true],
    ]);
    expect(services[0]?.realServers[0]?.ip).toBe('2001:db8::10');
    expect(services[1]?.realServers[0]?.port).toBe(5353);
    expect(given.realServers.map((machine) => machine.ips[0])).toEqual(['2001:db8::10', '203.0.113.10']);
  });

  it('tells firewall marks without a VIP, one for IPv4 and one for IPv6', () => {
    const given = read(
      '-A -f 1 -s rr',
      '-a -f 1 -r 203.0.113.10:0 -g -w 1',
      '-A -f 1 -6 -s rr',
      '-a -f 1 -6 -r [2001:db8::10]:0 -g -w 1',
      '-A -f 7 -s rr',
    );
    expect(given.vips).toEqual([]);
    expect(given.firewallMarks).toEqual([1, 7]);
    expect(given.realServers.map((machine) => machine.ips[0])).toEqual(['203.0.113.10', '2001:db8::10']);
  });

  it('tells the mode of each real server where a service mixes them', () => {
    const given = read('-A -t 10.0.0.9:80 -s rr', '-a -t 10.0.0.9:80 -r 10.0.0.3:80 -g -w 1', '-a -t 10.0.0.9:80 -r 10.0.0.4:80 -i -w 1');
    expect(given.vips[0]?.services[0]?.mode).toBeNull();
    expect(given.vips[0]?.services[0]?.realServers.map((target) => target.mode)).toEqual(['dr', 'tun']);
  });

  it('reads a setup script of long options, with the defaults of ipvsadm', () => {
    const given = read(
      '#!/bin/sh',
      '/sbin/ipvsadm --clear',
      'ipvsadm --set 900 120 300',
      'sudo ipvsadm --add-service --tcp-service=10.0.0.9:80 --scheduler wlc --persistent',
      'ipvsadm --add-server --tcp-service 10.0.0.9:80 --real-server 10.0.0.3',
      'ipvsadm --start-daemon master --mcast-interface eth0',
    );
    expect(given.vips[0]?.services[0]).toMatchObject({ persistentSeconds: 300, mode: 'dr' });
    expect(given.vips[0]?.services[0]?.realServers).toEqual([{ name: null, ip: '10.0.0.3', port: 80, weight: 1, mode: 'dr' }]);
  });

  it('forgets what stands before a clear', () => {
    expect(read('-A -t 10.0.0.9:80 -s rr', '-C', '-A -t 10.0.0.8:80 -s rr').vips.map((vip) => vip.ip)).toEqual(['10.0.0.8']);
  });

  it('does not take the loopback address, or a VIP, for a real server on the LAN', () => {
    const given = read(
      '-A -t 10.0.0.9:80 -s rr',
      '-a -t 10.0.0.9:80 -r 127.0.0.1:80 -g -w 1',
      '-a -t 10.0.0.9:80 -r 10.0.0.9:80 -g -w 1',
      '-A -t 127.0.0.1:30080 -s rr',
      '-a -t 127.0.0.1:30080 -r 10.0.0.3:80 -m -w 1',
    );
    expect(given.vips.map((vip) => vip.ip)).toEqual(['10.0.0.9']);
    expect(given.realServers.map((machine) => machine.ips[0])).toEqual(['10.0.0.3']);
  });

  it('takes the same line twice as once', () => {
    const line = '-a -t 10.0.0.9:80 -r 10.0.0.3:80 -g -w 1';
    expect(read('-A -t 10.0.0.9:80 -s rr', line, '-A -t 10.0.0.9:80 -s rr', line).vips[0]?.services[0]?.realServers).toHaveLength(1);
  });

  it.each([
    [
      ['-A -t www.example.com:http -s rr'],
      'lvs1.save, line 1: "www.example.com:http" is no IP address with a port; list addresses instead of names with "ipvsadm-save -n" or "ipvsadm -Ln".',
    ],
    [['-A -t 10.0.0.9:http -s rr'], 'lvs1.save, line 1: "http" is no port; a number from 0 (any port) to 65535 is expected.'],
    [['-A -t 10.0.0.9:65536 -s rr'], 'lvs1.save, line 1: "65536" is no port; a number from 0 (any port) to 65535 is expected.'],
    [['-A -f web -s rr'], 'lvs1.save, line 1: the firewall mark reads "web", but a whole number from 0 to 4294967295 is expected.'],
    [
      ['-A -t 10.0.0.9:80 -s rr', '-a -t 10.0.0.9:80 -r 10.0.0.3:80 -g -w x'],
      'lvs1.save, line 2: the weight reads "x", but a whole number from 0 to 2147483648 is expected.',
    ],
    [
      ['-A -t 10.0.0.9:80 -s rr -p 99999999999'],
      'lvs1.save, line 1: the persistence timeout reads "99999999999", but a whole number from 0 to 2147483648 is expected.',
    ],
    [
      ['-a -t 10.0.0.9:80 -r 10.0.0.3:80 -g -w 1'],
      'lvs1.save, line 1: the real server 10.0.0.3 belongs to TCP 10.0.0.9:80, but no line above lists that service; add the line that does.',
    ],
    [
      ['-A -f 1 -6 -s rr', '-a -f 1 -r 10.0.0.3:80 -g -w 1'],
      'lvs1.save, line 2: the real server 10.0.0.3 belongs to firewall mark 1, but no line above lists that service; add the line that does.',
    ],
    [
      ['-A -t 10.0.0.9:80 -s rr', '-A -t 10.0.0.9:80 -s rr -p 60'],
      'lvs1.save, line 2: the service TCP 10.0.0.9:80 is listed again with other flags than at lvs1.save, line 1; keep one of the two.',
    ],
    [
      [
        '-A -t [2001:db8::9]:80 -s rr',
        '-a -t [2001:db8::9]:80 -r [2001:db8::3]:80 -g -w 1',
        '-a -t [2001:db8::9]:80 -r [2001:db8::3]:80 -i -w 1',
      ],
      'lvs1.save, line 3: the real server [2001:db8::3]:80 of TCP [2001:db8::9]:80 is listed again with another forwarding method or weight than at lvs1.save, line 2; keep one of the two.',
    ],
    [
      ['-A -t 10.0.0.9:80 -s rr', '-a -t 10.0.0.9:80 -g -w 1'],
      'lvs1.save, line 2: this line adds a real server but has no "-r RIP:PORT"; complete or delete it.',
    ],
    [
      ['-A -t 10.0.0.9:80 -s rr', '-a -t 10.0.0.9:80 -r 10.0.0.3:80 -g -m'],
      'lvs1.save, line 2: this line has more than one forwarding method; keep one of -g, -m and -i.',
    ],
    [
      ['-A -s rr'],
      'lvs1.save, line 1: this line does not name exactly one service (-t, -u, --sctp-service or -f); give the output of "ipvsadm-save -n" unchanged.',
    ],
    [
      ['-A -t 10.0.0.9:80 -u 10.0.0.9:80'],
      'lvs1.save, line 1: this line does not name exactly one service (-t, -u, --sctp-service or -f); give the output of "ipvsadm-save -n" unchanged.',
    ],
    [['-A -t'], 'lvs1.save, line 1: the option -t has no value; give the output of "ipvsadm-save -n" unchanged.'],
    [
      ['-A -t 10.0.0.9:80 -s rr', '-t 10.0.0.9:80'],
      'lvs1.save, line 2: this line neither adds a service (-A) nor a real server (-a); give the output of "ipvsadm-save -n" unchanged.',
    ],
    [
      ['-A -t 10.0.0.9:80 -s rr', '-D -t 10.0.0.9:80'],
      'lvs1.save, line 2: "-D" is no option of "ipvsadm-save -n" that can be read here; give its output unchanged.',
    ],
    [
      ['-A -t 10.0.0.9:80 constructor'],
      'lvs1.save, line 1: "constructor" is no option of "ipvsadm-save -n" that can be read here; give its output unchanged.',
    ],
    [
      [`-A -t 10.0.0.9:80 ${' '.repeat(20_000)}`],
      'lvs1.save, line 1: this line has 20018 characters, which no configuration file has; is this the right file?',
    ],
  ])('names the line that cannot be read: %j', (lines, sentence) => {
    expect(complaint(...lines)).toBe(sentence);
  });
});
