import { describe, expect, test } from 'vitest';
import { planCaptures } from '../../src/cluster/capture-plan.ts';
import { type Given, type GivenMachine, type GivenVip, NOTHING_GIVEN } from '../../src/cluster/given/given.ts';
import { renderCapturePlan } from '../../src/reports/capture-plan.ts';

function machine(name: string | null, ...ips: string[]): GivenMachine {
  return { name, ips, macs: [], active: 'by-vrrp' };
}

function vip(mode: 'dr' | 'nat' | 'tun'): GivenVip {
  const service = { protocol: 'tcp', port: 80, mode, persistentSeconds: null, onePacket: false, realServers: [] } as const;
  return { ip: '192.168.1.100', services: [service] };
}

const GIVEN: Given = {
  ...NOTHING_GIVEN,
  vips: [vip('dr')],
  directors: [machine('lvs1', '192.168.1.2')],
  realServers: [machine(null, '192.168.1.10'), machine(null, '192.168.1.11')],
  gateways: [machine('gw', '192.168.1.1')],
};

function filterOn(on: string, given: Given): string | null | undefined {
  return planCaptures(given, []).captures.find((capture) => capture.on.startsWith(on))?.filter;
}

/** The tests of a filter, in any order. */
function kept(on: string, given: Given = GIVEN): string[] {
  return filterOn(on, given)?.split(' or ') ?? [];
}

describe('the filter of a capture plan', () => {
  test('on every machine keeps ARP, ICMP, VRRP, the VIP and the own address', () => {
    for (const [on, ip] of [
      ['lvs1', '192.168.1.2'],
      ['192.168.1.10', '192.168.1.10'],
      ['gw', '192.168.1.1'],
    ] as const) {
      expect(kept(on)).toEqual(expect.arrayContaining(['arp', 'icmp', 'icmp6', 'proto 112', 'host 192.168.1.100', `host ${ip}`]));
    }
  });

  test('at the gateway keeps answers that a real server sends from its own address', () => {
    expect(kept('gw')).toEqual(expect.arrayContaining(['host 192.168.1.10', 'host 192.168.1.11']));
    expect(kept('lvs1')).not.toContain('host 192.168.1.10');
  });

  test('on a director keeps the synchronisation of IPVS', () => {
    expect(kept('lvs1')).toContain('udp port 8848');
    expect(kept('192.168.1.10')).not.toContain('udp port 8848');
  });

  test('in tunnel mode keeps what the director encapsulates, in direct routing not', () => {
    const tunnels = { ...GIVEN, vips: [vip('tun')] };
    expect(kept('lvs1', tunnels)).toEqual(expect.arrayContaining(['proto 4', 'proto 41', 'proto 47']));
    expect(kept('192.168.1.11', tunnels)).toContain('proto 4');
    expect(kept('gw', tunnels)).not.toContain('proto 4');
    expect(kept('lvs1')).not.toContain('proto 4');
  });

  test('with NAT keeps what the director sends on to the real servers', () => {
    expect(kept('lvs1', { ...GIVEN, vips: [vip('nat')] })).toContain('host 192.168.1.11');
  });

  test('is left away where it would be the VIP alone, or no VIP is known', () => {
    expect(filterOn('52:54:00:29:b1:46', { ...GIVEN, directors: [{ ...machine(null), macs: ['52:54:00:29:b1:46'] }] })).toBeNull();
    expect(filterOn('lvs1', { ...GIVEN, vips: [] })).toBeNull();
    expect(filterOn('lvs1', { ...GIVEN, firewallMarks: [1] })).toBeNull();
    expect(filterOn('gw', { ...GIVEN, realServers: [machine('rs1')] })).toBeNull();
  });
});

describe('a capture plan', () => {
  test('of no cluster in particular has each point, unfiltered', () => {
    const { captures } = planCaptures(NOTHING_GIVEN, []);
    expect(captures.map(({ points, filter }) => [points.join(), filter])).toEqual([
      ['mirror', null],
      ['director', null],
      ['real-server', null],
      ['gateway', null],
      ['client', null],
    ]);
  });

  test('has a machine in two roles once, which sees what either sees', () => {
    const { captures } = planCaptures({ ...GIVEN, realServers: [machine('lvs1', '192.168.1.2')] }, []);
    const both = captures.filter((capture) => capture.on.startsWith('lvs1'));
    expect(both.map(({ points }) => points)).toEqual([['director', 'real-server']]);
    expect(both[0]?.sees).toMatchObject({ requestsBefore: 'yes', replies: 'own' });
  });

  test('gives every capture a file of its own', () => {
    const files = planCaptures({ ...GIVEN, realServers: [machine('a/b', '10.0.0.1'), machine('a b', '10.0.0.2')] }, []).captures.map(
      ({ file }) => file,
    );
    expect(new Set(files).size).toBe(files.length);
    for (const file of files) expect(file).toMatch(/^[A-Za-z0-9_.-]+\.pcap$/);
  });

  test('says at a director that replies cannot be judged there', () => {
    const director = planCaptures(GIVEN, []).captures.find(({ points }) => points.includes('director'));
    expect(director?.sees.replies).toBe('no');
    expect(director?.cannot.join()).toContain('LVS301');
  });

  test('ends with the command that judges each capture, machines by name where they have one', () => {
    expect(planCaptures(GIVEN, ['-c cluster.yaml']).diagnose).toEqual([
      'lvs-doctor diagnose -c cluster.yaml mirror=mirror.pcap',
      'lvs-doctor diagnose -c cluster.yaml lvs1=lvs1.pcap',
      'lvs-doctor diagnose -c cluster.yaml real-server=real-server-192.168.1.10.pcap',
      'lvs-doctor diagnose -c cluster.yaml real-server=real-server-192.168.1.11.pcap',
      'lvs-doctor diagnose -c cluster.yaml gw=gw.pcap',
    ]);
  });
});

describe('a capture plan as text', () => {
  const text = renderCapturePlan(planCaptures(GIVEN, ['-c cluster.yaml']), { color: false, width: 80 });

  test('fits in 80 columns', () => {
    expect(text.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });

  test('has each command as it can be pasted into a shell', () => {
    const joined = text.replaceAll(/\\\n\s+/g, '').replaceAll(/\n\s+or /g, ' or ');
    for (const { command } of planCaptures(GIVEN, []).captures) expect(joined).toContain(command);
  });
});

describe('the plan for a cluster of very many machines', () => {
  const given: Given = {
    ...GIVEN,
    vips: Array.from({ length: 100 }, (_, i) => ({ ...vip('dr'), ip: `192.168.2.${100 + i}` })),
    realServers: Array.from({ length: 60 }, (_, i) => machine(`web${i + 1}`, `192.168.1.${64 + i}`)),
  };
  const text = (of: Given, verbose = false) => renderCapturePlan(planCaptures(of, []), { color: false, width: 80, verbose });

  test('names very many addresses by the blocks that they fill', () => {
    expect(kept('web7 ', given)).toEqual([
      ...['arp', 'icmp', 'icmp6', 'proto 112', 'net 192.168.2.100/30', 'net 192.168.2.104/29', 'net 192.168.2.112/28'],
      ...['net 192.168.2.128/26', 'net 192.168.2.192/29', 'host 192.168.1.70'],
    ]);
    expect(kept('gw', given)).toContain('net 192.168.1.64/27');
  });

  test('filters nothing where no filter of bearable length names all VIPs, and says so', () => {
    const scattered = { ...given, vips: given.vips.map((one, i) => ({ ...one, ip: `10.${i}.0.1` })) };
    expect(filterOn('web7 ', scattered)).toBeNull();
    expect(planCaptures(scattered, []).notes.join(' ')).toContain('no filter of 64 tests names them all');
    expect(planCaptures(given, []).notes.join(' ')).not.toContain('names them all');
  });

  test('has one command for real servers that are alike, with blanks for what is their own', () => {
    const plan = text(given);
    expect(plan.split('\n').length).toBeLessThan(100);
    expect(plan.replaceAll(/\s+/g, ' ')).toContain(
      "On each of 60 machines (real server), with its name for ITS-NAME and its own address for ITS-IP: web1 (192.168.1.64), web2 (192.168.1.65), web3 (192.168.1.66) and 57 more: tcpdump -i eth0 -s 128 -w ITS-NAME.pcap \\ 'arp or",
    );
    expect(plan).toContain("or host ITS-IP'\n");
    expect(plan).toContain('    lvs-doctor diagnose web1=web1.pcap\n    # and likewise for the 59 others\n');
    expect(plan).not.toContain('web4=');
    expect(plan.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });

  test('has a command for each with -v, and in the JSON', () => {
    expect(text(given, true).match(/^ {4}tcpdump .* -w web\d+\.pcap/gm)).toHaveLength(60);
    expect(planCaptures(given, []).captures).toHaveLength(63);
  });

  test('has a command for each of three', () => {
    const three = { ...given, realServers: given.realServers.slice(0, 3) };
    expect(text(three)).not.toContain('ITS-');
  });
});
