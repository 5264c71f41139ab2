import { describe, expect, it } from 'vitest';
import { parseClusterYaml } from '../../../src/cluster/given/cluster-yaml.ts';
import { parseGiven } from '../../../src/cluster/given/parse-given.ts';
import { UsageError } from '../../../src/usage-error.ts';

const EXAMPLE = `vips:
  - ip: 192.168.1.100
    services:                          # optional; a bare '80/tcp' will do
      - { on: 80/tcp, mode: dr, realServers: [{ name: web1, port: 80, weight: 1 }, { name: web2 }] }
directors:   [{ name: lvs1, ip: 192.168.1.2, macs: ['52:54:00:29:b1:46'], active: always }]   # active: always | by-vrrp (default)
realServers: [{ name: web1, ip: 192.168.1.10, macs: ['52:54:00:b0:61:3f'] }]
gateways:    [{ name: gw, ip: 192.168.1.1, macs: ['52:54:00:00:00:01'] }]
ignore:      [{ rule: uneven-distribution }, { rule: duplicate-ip, ip: 192.168.1.77 }]
`;

function read(text: string) {
  return parseGiven('cluster.yaml', text);
}

function complaint(text: string): string {
  try {
    read(text);
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    return (error as UsageError).message;
  }
  return 'no complaint';
}

describe('cluster.yaml', () => {
  it('tells VIPs, services, machines and what to ignore', () => {
    expect(read(EXAMPLE)).toEqual({
      vips: [
        {
          ip: '192.168.1.100',
          where: 'cluster.yaml, line 2',
          services: [
            {
              protocol: 'tcp',
              port: 80,
              mode: 'dr',
              persistentSeconds: null,
              onePacket: false,
              where: 'cluster.yaml, line 4',
              realServers: [
                { name: 'web1', ip: '192.168.1.10', port: 80, weight: 1, mode: 'dr' },
                { name: 'web2', ip: null, port: null, weight: null, mode: 'dr' },
              ],
            },
          ],
        },
      ],
      directors: [{ name: 'lvs1', ips: ['192.168.1.2'], macs: ['52:54:00:29:b1:46'], active: 'always', where: 'cluster.yaml, line 5' }],
      realServers: [{ name: 'web1', ips: ['192.168.1.10'], macs: ['52:54:00:b0:61:3f'], active: 'by-vrrp', where: 'cluster.yaml, line 6' }],
      gateways: [{ name: 'gw', ips: ['192.168.1.1'], macs: ['52:54:00:00:00:01'], active: 'by-vrrp', where: 'cluster.yaml, line 7' }],
      firewallMarks: [],
      ignore: [
        { rule: 'uneven-distribution', ip: null },
        { rule: 'duplicate-ip', ip: '192.168.1.77' },
      ],
      neighbours: [],
      sources: ['cluster.yaml'],
    });
  });

  it.each(['vips:\n', 'realServers: []\n', '# nothing yet\n', '---\n', 'directors: ~\n'])('may leave every part out: %j', (text) => {
    const given = read(text);
    expect([given.vips, given.directors, given.realServers, given.gateways, given.ignore]).toEqual([[], [], [], [], []]);
    expect(given.sources).toEqual(['cluster.yaml']);
  });

  it('takes bare services of any protocol, alone or in a list', () => {
    const services = (text: string) =>
      read(`vips: [{ ip: 10.0.0.9, services: ${text} }]`).vips[0]?.services.map(({ port, protocol, mode }) => [port, protocol, mode]);
    expect(services('[80/tcp, 53/udp, 5060/sctp, any/udp]')).toEqual([
      [80, 'tcp', null],
      [53, 'udp', null],
      [5060, 'sctp', null],
      [0, 'udp', null],
    ]);
    expect(services('443/tcp')).toEqual([[443, 'tcp', null]]);
  });

  it('takes one or several addresses of a machine under either key and writes them canonically', () => {
    const { realServers } = read(`
realServers:
  - name: web1
    ips: [192.168.1.10, 2001:DB8:0:0::10]
    mac: 5254.00B0.613F
  - ip: '2001:db8::11'
    macs: [52-54-00-00-00-0b, 525400000012]
`);
    expect(realServers.map(({ name, ips, macs }) => ({ name, ips, macs }))).toEqual([
      { name: 'web1', ips: ['192.168.1.10', '2001:db8::10'], macs: ['52:54:00:b0:61:3f'] },
      { name: null, ips: ['2001:db8::11'], macs: ['52:54:00:00:00:0b', '52:54:00:00:00:12'] },
    ]);
  });

  it('keeps a name of digits as it is written', () => {
    expect(read('gateways: [{ name: 007, ip: 10.0.0.1 }]').gateways[0]?.name).toBe('007');
  });

  it('lets a machine be director and real server (localnode)', () => {
    const given = read(
      'directors: [{ name: a, ip: 10.0.0.2, macs: [52:54:00:00:00:02] }]\nrealServers: [{ name: a, ip: 10.0.0.2 }, { ip: 10.0.0.3 }]',
    );
    expect(given.directors[0]?.macs).toEqual(['52:54:00:00:00:02']);
    expect(given.realServers.map(({ name, macs }) => ({ name, macs }))).toEqual([
      { name: 'a', macs: ['52:54:00:00:00:02'] },
      { name: null, macs: [] },
    ]);
  });

  it('lists a real server that only a service names by its address', () => {
    const given = read('vips: [{ ip: 10.0.0.9, services: [{ on: 80/tcp, realServers: [{ name: web3, ip: 10.0.0.13 }] }] }]');
    expect(given.realServers.map(({ name, ips }) => ({ name, ips }))).toEqual([{ name: 'web3', ips: ['10.0.0.13'] }]);
  });

  it('follows aliases', () => {
    const given = read('vips:\n- { ip: 10.0.0.9, services: &web [80/tcp, 443/tcp] }\n- { ip: 10.0.0.10, services: *web }\n');
    expect(given.vips.map((vip) => vip.services.map((service) => service.port))).toEqual([
      [80, 443],
      [80, 443],
    ]);
  });

  it('takes JSON, Windows line ends and a byte order mark', () => {
    expect(parseGiven('cluster.json', '\ufeff{\r\n  "vips": [{ "ip": "10.0.0.9" }]\r\n}\r\n').vips[0]).toEqual({
      ip: '10.0.0.9',
      services: [],
      where: 'cluster.json, line 2',
    });
  });

  it.each([
    ['vip: []', 'cluster.yaml, line 1: "vip" is no key of the file; did you mean "vips"?'],
    ['real_servers: []', 'cluster.yaml, line 1: "real_servers" is no key of the file; did you mean "realServers"?'],
    ['colour: red', 'cluster.yaml, line 1: "colour" is no key of the file; known keys are vips, directors, realServers, gateways, ignore.'],
    [
      'gateways:\n- ip: 10.0.0.1\n  mask: 24',
      'cluster.yaml, line 3: "mask" is no key of an entry of gateways; known keys are name, ip, ips, mac, macs.',
    ],
    [
      'gateways:\n- ip: 10.0.0.1\n  active: always',
      'cluster.yaml, line 3: "active" is no key of an entry of gateways; known keys are name, ip, ips, mac, macs.',
    ],
    [
      'vips: [{ ip: 10.0.0.9 }]\nvips: []',
      'cluster.yaml, line 2: the key "vips" stands a second time in the file, first in line 1; join the two.',
    ],
    ['vips:\n  ip: 10.0.0.9', 'cluster.yaml, line 2: "vips" should be a list, but is a map; begin each entry with "- ".'],
    ['vips:\n- 10.0.0.9', 'cluster.yaml, line 2: an entry of vips should have keys, but is the value "10.0.0.9"; write "- ip: 10.0.0.9".'],
    ['vips:\n- services: [80/tcp]', 'cluster.yaml, line 2: an entry of vips has no "ip"; give the virtual IP address.'],
    ['vips:\n- ip: [10.0.0.9]', 'cluster.yaml, line 2: "ip" should be a plain value, but is a list.'],
    [
      'vips:\n- ip: 10.0.0.300',
      'cluster.yaml, line 2: the VIP reads "10.0.0.300", but an IPv4 or IPv6 address is expected, each of its four numbers from 0 to 255 and without leading zeros.',
    ],
    [
      'vips:\n- ip: 10.0.0.9/32',
      'cluster.yaml, line 2: the VIP reads "10.0.0.9/32", but an IPv4 or IPv6 address is expected; write 10.0.0.9 alone, without "/32".',
    ],
    [
      'vips:\n- ip: 10.0.0.9:80',
      'cluster.yaml, line 2: the VIP reads "10.0.0.9:80", but an IPv4 or IPv6 address is expected; write 10.0.0.9 alone, without the port.',
    ],
    [
      'vips:\n- ip: 52:54:00:29:b1:46',
      'cluster.yaml, line 2: the VIP reads "52:54:00:29:b1:46", but an IPv4 or IPv6 address is expected; this is a MAC address.',
    ],
    ['vips:\n- ip: lvs.example.com', 'cluster.yaml, line 2: the VIP reads "lvs.example.com", but an IPv4 or IPv6 address is expected.'],
    ['vips:\n- ip: 224.0.0.18', 'cluster.yaml, line 2: the VIP is 224.0.0.18, a multicast address; give the address of one machine.'],
    ['vips:\n- ip: 0.0.0.0', 'cluster.yaml, line 2: the VIP is 0.0.0.0, the unspecified address; give the address of one machine.'],
    [
      'directors:\n- ip: 10.0.0.2\n  macs:\n  - 52:54:00:zz:b1:46',
      'cluster.yaml, line 4: the MAC address of an entry of directors reads "52:54:00:zz:b1:46", but a MAC address of six bytes such as 52:54:00:b0:61:3f is expected.',
    ],
    [
      'directors:\n- mac: ff:ff:ff:ff:ff:ff',
      'cluster.yaml, line 2: the MAC address of an entry of directors is ff:ff:ff:ff:ff:ff, which no machine sends from; give the MAC of its network card.',
    ],
    [
      'directors:\n- name: lvs1',
      'cluster.yaml, line 2: an entry of directors (lvs1) has neither an IP nor a MAC address; give "ip" or "macs", so that its frames can be known.',
    ],
    [
      'directors:\n- ip: 10.0.0.2\n  active: allways',
      'cluster.yaml, line 3: "active" reads "allways", but always or by-vrrp is expected; did you mean "always"?',
    ],
    ['directors: [{ ip: 10.0.0.2, name: "" }]', 'cluster.yaml, line 1: the name is empty; give one, or leave the key out.'],
    [
      'directors: [{ ip: 10.0.0.2, name: "a\\e[31m" }]',
      'cluster.yaml, line 1: the name "a?[31m" holds a character that cannot be printed; use letters, digits, "-", "." and the like.',
    ],
    [
      `directors: [{ ip: 10.0.0.2, name: ${'n'.repeat(256)} }]`,
      `cluster.yaml, line 1: the name "${'n'.repeat(60)}…" has 256 characters, but at most 255 are expected.`,
    ],
    [
      'vips: [{ ip: 10.0.0.9, services: [tcp/80] }]',
      'cluster.yaml, line 1: the service reads "tcp/80", but a port and a protocol such as 80/tcp are expected; write 80/tcp.',
    ],
    [
      'vips: [{ ip: 10.0.0.9, services: [80] }]',
      'cluster.yaml, line 1: the service reads "80", but a port and a protocol such as 80/tcp are expected; write 80/tcp or 80/udp.',
    ],
    [
      'vips: [{ ip: 10.0.0.9, services: [70000/tcp] }]',
      'cluster.yaml, line 1: the service reads "70000/tcp", but a port and a protocol such as 80/tcp are expected.',
    ],
    [
      'vips: [{ ip: 10.0.0.9, services: [{ mode: dr }] }]',
      'cluster.yaml, line 1: a service has no "on"; give its port and protocol, such as "on: 80/tcp".',
    ],
    [
      'vips: [{ ip: 10.0.0.9, services: [{ on: 80/tcp, mode: masq }] }]',
      'cluster.yaml, line 1: "mode" reads "masq", but dr, nat or tun is expected.',
    ],
    [
      'vips: [{ ip: 10.0.0.9, services: [{ on: 80/tcp, realServers: [{ port: 80 }] }] }]',
      'cluster.yaml, line 1: a real server of a service has neither "name" nor "ip"; give one of them.',
    ],
    [
      'vips: [{ ip: 10.0.0.9, services: [{ on: 80/tcp, realServers: [{ name: a, port: http }] }] }]',
      'cluster.yaml, line 1: "http" is no port; a number from 0 (any port) to 65535 is expected.',
    ],
    [
      'vips: [{ ip: 10.0.0.9, services: [{ on: 80/tcp, realServers: [{ name: a, weight: -1 }] }] }]',
      'cluster.yaml, line 1: the weight reads "-1", but a whole number from 0 to 2147483648 is expected.',
    ],
    [
      'realServers: [{ name: a, ip: 10.0.0.3 }]\nvips: [{ ip: 10.0.0.9, services: [{ on: 80/tcp, realServers: [{ name: a, ip: 10.0.0.4 }] }] }]',
      'cluster.yaml, line 2: a has the IP address 10.0.0.4 here but 10.0.0.3 in cluster.yaml, line 1; keep one of the two.',
    ],
    [
      'ignore: [{ ip: 10.0.0.2 }]',
      'cluster.yaml, line 1: an entry of ignore has no "rule"; give the name of a rule, such as uneven-distribution.',
    ],
    ['ignore: [{ rule: "a rule" }]', 'cluster.yaml, line 1: "a rule" is no name of a rule; give one such as uneven-distribution.'],
    [
      'realServers:\n- { name: web1, ip: 10.0.0.3 }\n- { name: web1, ip: 10.0.0.4 }',
      'cluster.yaml, line 3: web1 has the IP address 10.0.0.4 here but 10.0.0.3 in cluster.yaml, line 2; give each machine its own name, or list all its addresses in "ips" once.',
    ],
    [
      'realServers:\n- { name: web1, ip: 10.0.0.3, mac: 52:54:00:00:00:03 }\n- { name: web2, ip: 10.0.0.4, mac: 52:54:00:00:00:03 }',
      'cluster.yaml, line 3: the MAC address 52:54:00:00:00:03 is given to web2 and to web1 (cluster.yaml, line 2); give it to one of them, or give both the same name if they are one machine.',
    ],
    [
      'vips: [{ ip: 10.0.0.9 }]\ndirectors: [{ name: lvs1, ip: 10.0.0.9 }]',
      "cluster.yaml, line 2: 10.0.0.9 is given as an own address of a machine and as a VIP (cluster.yaml, line 1); give the machine's own address (DIP or RIP), or take it from the VIPs.",
    ],
    ['vips: *nowhere', 'cluster.yaml, line 1: the alias "*nowhere" has no anchor above it; write the value out.'],
    ['vips: []\n---\nvips: []', 'cluster.yaml, line 2: a second YAML document begins here, but one is expected; remove the line "---".'],
    [
      'just words',
      'cluster.yaml, line 1: the file should have keys (vips, directors, realServers, gateways, ignore), but is the value "just words"; write "key: value" pairs.',
    ],
  ])('names the line and what to write: %j', (text, sentence) => {
    expect(complaint(text)).toBe(sentence);
  });

  it('names line and column of what is no YAML', () => {
    expect(complaint('vips:\n  - ip: 10.0.0.9\n   services: []\n')).toMatch(
      /^cluster\.yaml, line 3, column \d+: this is not valid YAML \(.+\); mend the line, or the one before it\.$/,
    );
    expect(complaint('vips:\n\t- ip: 10.0.0.9\n')).toMatch(/^cluster\.yaml, line 2, column \d+: this is not valid YAML/);
    expect(complaint('vips: [{ ip: 10.0.0.9 }')).toMatch(/^cluster\.yaml, line 1, column \d+: this is not valid YAML/);
  });

  it('names the line of the alias too many', () => {
    const lines = Array.from({ length: 101 }, (_, i) => `- { ip: 10.0.1.${i}, services: *web }`).join('\n');
    expect(complaint(`vips:\n- { ip: 10.0.0.9, services: &web [80/tcp] }\n${lines}`)).toBe(
      'cluster.yaml, line 103: more than 100 aliases (*name) are used; write the values out.',
    );
  });

  it('refuses an alias that holds itself', () => {
    expect(complaint('vips: &a\n- *a\n')).toMatch(/^cluster\.yaml, line \d/);
    expect(complaint('vips:\n- &b { ip: 10.0.0.9, services: [*b] }\n')).toMatch(/^cluster\.yaml, line \d/);
  });

  it.each([
    ['flow lists', '['.repeat(100_000)],
    ['flow maps', '{a: '.repeat(50_000)],
    ['block lists', '- '.repeat(100_000)],
    ['explicit keys', '? '.repeat(100_000)],
    ['indentation', Array.from({ length: 900 }, (_, i) => `${' '.repeat(i)}a:\n`).join('')],
  ])('refuses deep nesting of %s', (_, text) => {
    expect(complaint(text)).toMatch(/^cluster\.yaml, line \d+: more than 300 levels are nested here/);
  });

  it('refuses a file that is too large for a cluster', () => {
    expect(() => parseClusterYaml('cluster.yaml', 'vips: []\n'.padEnd(500_001, '#'))).toThrow(
      'cluster.yaml: this file has 500001 characters, but a cluster.yaml of at most 500000 is read; is this the right file?',
    );
  });
});
