import { describe, expect, it } from 'vitest';
import { givenFromOptions } from '../../../src/cluster/given/options.ts';

describe('role options', () => {
  it('take an IP, a MAC or both, and may be repeated', () => {
    const given = givenFromOptions({
      vip: ['192.168.1.100', '2001:DB8::100'],
      director: ['192.168.1.2=52:54:00:29:B1:46'],
      realServer: ['192.168.1.10', '52-54-00-b0-61-3f', '2001:db8::10=5254.00b0.6140'],
      gateway: ['192.168.1.1'],
    });
    expect(given.vips.map((vip) => vip.ip)).toEqual(['192.168.1.100', '2001:db8::100']);
    expect(given.directors).toEqual([
      { name: null, ips: ['192.168.1.2'], macs: ['52:54:00:29:b1:46'], active: 'by-vrrp', where: '--director' },
    ]);
    expect(given.realServers.map(({ ips, macs }) => [ips, macs])).toEqual([
      [['192.168.1.10'], []],
      [[], ['52:54:00:b0:61:3f']],
      [['2001:db8::10'], ['52:54:00:b0:61:40']],
    ]);
    expect(given.gateways.map((machine) => machine.ips)).toEqual([['192.168.1.1']]);
    expect(given.sources).toEqual(['--vip', '--director', '--real-server', '--gateway']);
  });

  it('take the MAC of a VIP for a director', () => {
    const given = givenFromOptions({ vip: ['192.168.1.100=52:54:00:29:b1:46'] });
    expect(given.vips.map((vip) => vip.ip)).toEqual(['192.168.1.100']);
    expect(given.directors.map(({ ips, macs }) => [ips, macs])).toEqual([[[], ['52:54:00:29:b1:46']]]);
  });

  it('say nothing when none is given', () => {
    expect(givenFromOptions({})).toMatchObject({ vips: [], directors: [], realServers: [], gateways: [], sources: [] });
  });

  it.each([
    [
      { vip: ['52:54:00:29:b1:46'] },
      '--vip: "52:54:00:29:b1:46" is a MAC address, but a VIP is an IP address; give the director\'s MAC with --director.',
    ],
    [
      { director: ['lvs1'] },
      '--director: "lvs1" is neither an IP address, nor a MAC address, nor IP=MAC; give one of these, such as 192.168.1.2=52:54:00:29:b1:46.',
    ],
    [
      { director: [''] },
      '--director: "" is neither an IP address, nor a MAC address, nor IP=MAC; give one of these, such as 192.168.1.2=52:54:00:29:b1:46.',
    ],
    [
      { realServer: ['10.0.0.3=52:54:00:00:00:03=x'] },
      '--real-server: "10.0.0.3=52:54:00:00:00:03=x" is neither an IP address, nor a MAC address, nor IP=MAC; give one of these, such as 192.168.1.2=52:54:00:29:b1:46.',
    ],
    [
      { gateway: ['10.0.0.1/24'] },
      '--gateway: the address reads "10.0.0.1/24", but an IPv4 or IPv6 address is expected; write 10.0.0.1 alone, without "/24".',
    ],
    [{ gateway: ['web=52:54:00:00:00:03'] }, '--gateway: the left side of IP=MAC reads "web", but an IPv4 or IPv6 address is expected.'],
    [
      { gateway: ['10.0.0.1=52:54'] },
      '--gateway: the right side of IP=MAC reads "52:54", but a MAC address of six bytes such as 52:54:00:b0:61:3f is expected.',
    ],
    [{ vip: ['127.0.0.1'] }, '--vip: the address is 127.0.0.1, a loopback address; give the address of one machine.'],
    [
      { realServer: ['01:00:5e:00:00:12'] },
      '--real-server: the MAC address is 01:00:5e:00:00:12, which no machine sends from; give the MAC of its network card.',
    ],
  ])('name the option whose value cannot be read: %j', (options, sentence) => {
    expect(() => givenFromOptions(options)).toThrow(sentence);
  });
});
