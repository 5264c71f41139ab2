import { describe, expect, it } from 'vitest';
import { type Given, NOTHING_GIVEN } from '../../../src/cluster/given/given.ts';
import { mergeGiven } from '../../../src/cluster/given/merge-given.ts';
import { givenFromOptions } from '../../../src/cluster/given/options.ts';
import { parseGiven } from '../../../src/cluster/given/parse-given.ts';

const saved = (name: string, ...lines: string[]) => parseGiven(name, lines.join('\n'));
const yaml = (text: string) => parseGiven('cluster.yaml', text);
const machines = (list: Given['realServers']) => list.map(({ name, ips, macs }) => ({ name, ips, macs }));

const SERVICE = ['-A -t 10.0.0.9:80 -s rr', '-a -t 10.0.0.9:80 -r 10.0.0.3:80 -g -w 1'];

describe('everything given, merged', () => {
  it('is nothing when nothing is given', () => {
    expect(mergeGiven([])).toEqual(NOTHING_GIVEN);
  });

  it('joins machines that share an IP, a MAC or a name', () => {
    const given = mergeGiven([
      yaml('realServers: [{ name: web1, ip: 10.0.0.3 }, { name: web2, mac: 52:54:00:00:00:04 }]'),
      saved('lvs1.save', ...SERVICE),
      givenFromOptions({ realServer: ['10.0.0.3=52:54:00:00:00:03', '10.0.0.4=52:54:00:00:00:04'] }),
    ]);
    expect(machines(given.realServers)).toEqual([
      { name: 'web1', ips: ['10.0.0.3'], macs: ['52:54:00:00:00:03'] },
      { name: 'web2', ips: ['10.0.0.4'], macs: ['52:54:00:00:00:04'] },
    ]);
    expect(given.sources).toEqual(['cluster.yaml', 'lvs1.save', '--real-server']);
  });

  it('joins two machines that a later part shows to be one', () => {
    const given = mergeGiven([
      givenFromOptions({ realServer: ['10.0.0.3', '52:54:00:00:00:03'] }),
      givenFromOptions({ realServer: ['10.0.0.3=52:54:00:00:00:03'] }),
    ]);
    expect(machines(given.realServers)).toEqual([{ name: null, ips: ['10.0.0.3'], macs: ['52:54:00:00:00:03'] }]);
  });

  it('names the real servers of a service, and finds the address of those only named', () => {
    const given = mergeGiven([
      saved('lvs1.save', ...SERVICE),
      yaml(
        'realServers: [{ name: web1, ips: [10.0.0.3, "2001:db8::3"] }]\nvips: [{ ip: 10.0.0.9, services: [{ on: 80/tcp, realServers: [{ name: web1, weight: 7 }] }] }]',
      ),
    ]);
    expect(given.vips[0]?.services).toMatchObject([
      { mode: 'dr', realServers: [{ name: 'web1', ip: '10.0.0.3', port: 80, weight: 7, mode: 'dr' }] },
    ]);
    expect(given.vips[0]?.services[0]?.realServers).toHaveLength(1);
  });

  it('lists a director that is its own real server in both lists (localnode, two-box)', () => {
    const given = mergeGiven([
      yaml('directors: [{ name: lvs1, ip: 10.0.0.3, macs: ["52:54:00:00:00:03"], active: always }]'),
      saved('lvs1.save', ...SERVICE),
    ]);
    expect(given.directors[0]).toMatchObject({ name: 'lvs1', active: 'always' });
    expect(given.realServers[0]).toMatchObject({ name: 'lvs1', ips: ['10.0.0.3'], macs: ['52:54:00:00:00:03'], active: 'by-vrrp' });
  });

  it('lets a service name a director as its real server', () => {
    const given = yaml(
      'directors: [{ name: lvs1, ip: 10.0.0.2 }]\nvips: [{ ip: 10.0.0.9, services: [{ on: 80/tcp, realServers: [{ name: lvs1 }] }] }]',
    );
    expect(machines(given.realServers)).toEqual([{ name: 'lvs1', ips: ['10.0.0.2'], macs: [] }]);
    expect(given.vips[0]?.services[0]?.realServers[0]?.ip).toBe('10.0.0.2');
  });

  it('takes two directors that list the same services, with the weight told last', () => {
    const given = mergeGiven([
      saved('lvs1.save', ...SERVICE),
      saved(
        'lvs2.save',
        '-A -t 10.0.0.9:80 -s rr -p 60',
        '-a -t 10.0.0.9:80 -r 10.0.0.3:80 -g -w 0',
        '-a -t 10.0.0.9:80 -r 10.0.0.3:8080 -g -w 5',
      ),
    ]);
    expect(given.vips).toHaveLength(1);
    expect(given.vips[0]?.services).toMatchObject([{ persistentSeconds: 60 }]);
    expect(given.vips[0]?.services[0]?.realServers.map(({ port, weight }) => [port, weight])).toEqual([
      [80, 0],
      [8080, 5],
    ]);
  });

  it('completes MACs from neighbours only where they are missing and beyond doubt', () => {
    const neighbours: Given = {
      ...NOTHING_GIVEN,
      neighbours: [
        { ip: '10.0.0.2', mac: '52:54:00:00:00:02' },
        { ip: '10.0.0.3', mac: '52:54:00:00:00:33' },
        { ip: '10.0.0.4', mac: '52:54:00:00:00:0a' },
        { ip: '10.0.0.5', mac: '52:54:00:00:00:0a' },
        { ip: '10.0.0.6', mac: '52:54:00:00:00:06' },
        { ip: '10.0.0.6', mac: '52:54:00:00:00:66' },
        { ip: '10.0.0.99', mac: '52:54:00:00:00:99' },
      ],
    };
    const named = givenFromOptions({
      director: ['10.0.0.2'],
      realServer: ['10.0.0.3=52:54:00:00:00:03', '10.0.0.4', '10.0.0.5', '10.0.0.6'],
      gateway: ['10.0.0.1'],
    });
    const given = mergeGiven([neighbours, named]);
    expect(given.directors[0]?.macs).toEqual(['52:54:00:00:00:02']);
    expect(given.realServers.map((machine) => machine.macs)).toEqual([['52:54:00:00:00:03'], [], [], []]);
    expect(given.gateways[0]?.macs).toEqual([]);
    expect(given.neighbours).toEqual(neighbours.neighbours);
  });

  it('keeps marks, notes and what to ignore once', () => {
    const part: Given = { ...NOTHING_GIVEN, firewallMarks: [1, 2], notes: ['A note.'], ignore: [{ rule: 'a', ip: null }] };
    expect(mergeGiven([part, part])).toEqual(part);
  });

  it('stays the same when merged again', () => {
    const once = mergeGiven([
      yaml('vips: [{ ip: 10.0.0.9, services: [80/tcp] }]\nrealServers: [{ name: web1, ip: 10.0.0.3 }]'),
      saved('lvs1.save', ...SERVICE),
      saved('arp', '10.0.0.3 dev eth0 lladdr 52:54:00:00:00:03 STALE'),
    ]);
    expect(once.realServers[0]?.macs).toEqual(['52:54:00:00:00:03']);
    expect(mergeGiven([once])).toEqual(once);
    expect(mergeGiven([once, once])).toEqual(once);
  });

  it.each([
    [
      'one IP with two names',
      [yaml('realServers: [{ name: web1, ip: 10.0.0.3 }]'), parseGiven('other.yaml', 'directors:\n- { name: lvs1, ip: 10.0.0.3 }')],
      'other.yaml, line 2: the IP address 10.0.0.3 is given to lvs1 and to web1 (cluster.yaml, line 1); give it to one of them, or give both the same name if they are one machine.',
    ],
    [
      'an option that makes one machine of two names',
      [
        yaml('realServers: [{ name: web1, ip: 10.0.0.3 }, { name: web2, mac: 52:54:00:00:00:04 }]'),
        givenFromOptions({ realServer: ['10.0.0.3=52:54:00:00:00:04'] }),
      ],
      'cluster.yaml, line 1: the MAC address 52:54:00:00:00:04 is given to web1 and to web2 (cluster.yaml, line 1); give it to one of them, or give both the same name if they are one machine.',
    ],
    [
      'a VIP that is an own address',
      [saved('lvs1.save', ...SERVICE), givenFromOptions({ director: ['10.0.0.9'] })],
      "--director: 10.0.0.9 is given as an own address of a machine and as a VIP (lvs1.save, line 1); give the machine's own address (DIP or RIP), or take it from the VIPs.",
    ],
    [
      'a service with two modes',
      [saved('lvs1.save', ...SERVICE), yaml('vips: [{ ip: 10.0.0.9, services: [{ on: 80/tcp, mode: nat }] }]')],
      'cluster.yaml, line 1: the service 10.0.0.9 80/tcp is given with the mode nat, but with dr (lvs1.save, line 1); give the mode that the director really uses.',
    ],
    [
      'a real server with two modes',
      [
        saved('lvs1.save', ...SERVICE, '-a -t 10.0.0.9:80 -r 10.0.0.4:80 -i -w 1'),
        saved('lvs2.save', ...SERVICE, '-a -t 10.0.0.9:80 -r 10.0.0.4:80 -m -w 1'),
      ],
      'lvs2.save, line 1: the real server 10.0.0.4 of 10.0.0.9 80/tcp is given with the mode nat, but with tun (lvs1.save, line 1); give the mode that the director really uses.',
    ],
    [
      'parts of unknown origin',
      [
        {
          ...NOTHING_GIVEN,
          vips: [{ ip: '10.0.0.9', services: [] }],
          directors: [{ name: null, ips: ['10.0.0.9'], macs: [], active: 'always' as const }],
        },
      ],
      "What was given contradicts itself: 10.0.0.9 is given as an own address of a machine and as a VIP; give the machine's own address (DIP or RIP), or take it from the VIPs.",
    ],
  ])('refuses %s and names both places', (_, parts, sentence) => {
    expect(() => mergeGiven(parts)).toThrow(sentence);
  });
});
