import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { renderClusterYaml, renderTopology } from '../../src/reports/topology.ts';
import { CANNOT_TELL, diagnosis, HEALTHY, IPV6, realServer } from './diagnoses.ts';

describe('the topology as text', () => {
  test('names each role with its clues, in 80 columns', () => {
    const text = renderTopology(HEALTHY.cluster, { color: false, width: 80 });
    expect(text).toMatch(/^director {5}192\.168\.1\.2 \(52:54:00:29:b1:46\)/m);
    expect(text).toContain('             - sends copies of requests to 3 machines\n');
    expect(text.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });

  test('says so when no cluster is recognised', () => {
    expect(renderTopology(CANNOT_TELL.cluster, { color: false, width: 80 })).toBe('No cluster is recognised in these frames.\n');
  });
});

describe('the topology of very many machines', () => {
  const { vips, directors } = HEALTHY.cluster;
  const clues = Array.from({ length: 100 }, (_, i) => `gets copies of ${i + 1} flows`);
  const cluster = {
    ...HEALTHY.cluster,
    vips: Array.from({ length: 100 }, (_, i) => ({ ...vips[0]!, ip: `10.0.1.${i}` })),
    directors: [{ ...directors[0]!, vips: Array.from({ length: 100 }, (_, i) => `10.0.1.${i}`) }],
    realServers: Array.from({ length: 50 }, (_, i) => realServer({ ips: [`10.0.0.${i}`], macs: [], clues })),
  };
  const render = (verbose: boolean) => renderTopology(cluster, { color: false, width: 80, verbose });

  test('tells alike VIPs together, and counts clues and machines', () => {
    const text = render(false);
    expect(text).toContain('VIPs         10.0.1.0, 10.0.1.1, 10.0.1.2 and 97 more (80/tcp, direct routing),\n');
    expect(text).toContain('             - and 99 clues more; -v shows all\n');
    expect(text).toContain(', for all 100 VIPs, observed in the\n             frames\n');
    expect(text.match(/^real server {2}10/gm)).toHaveLength(20);
    expect(text.match(/gets copies of 5 flows/g)).toHaveLength(20);
    expect(text).not.toContain('gets copies of 6 flows');
    expect(text).toContain('             - and 95 clues more; -v shows all\n');
    expect(text).toContain('real server  and 30 more; -v shows all\n');
  });

  test('has all of them with -v', () => {
    const text = render(true);
    expect(text.match(/^VIP {10}10/gm)).toHaveLength(100);
    expect(text.match(/^real server {2}10/gm)).toHaveLength(50);
    expect(text.match(/gets copies of 100 flows/g)).toHaveLength(50);
    expect(text).not.toContain('-v shows all');
  });

  test('is whole as cluster.yaml, with some clues', () => {
    const yaml = renderClusterYaml(diagnosis({ cluster }));
    expect(parse(yaml).vips).toHaveLength(100);
    expect(parse(yaml).realServers).toHaveLength(50);
    expect(yaml).toContain('  #   and 95 clues more\n');
  });
});

describe('the topology as cluster.yaml', () => {
  test('has the VIPs, machines, addresses and modes', () => {
    expect(parse(renderClusterYaml(IPV6))).toEqual({
      vips: [{ ip: '2001:db8:8::100', services: [{ on: '80/tcp', mode: 'dr' }] }],
      directors: [{ name: 'lvs1', ips: ['2001:db8:8::2', 'fe80::f816:3eff:fec0:126f'], macs: ['fa:16:3e:c0:12:6f'] }],
      realServers: [
        { name: 'web1', ip: '2001:db8:8::11', macs: ['fa:16:3e:8c:13:fa'] },
        { ip: '2001:db8:1234:5678:9abc:def0:1234:5678', macs: ['fa:16:3e:8c:13:fb'] },
      ],
    });
  });

  test('keeps what looks like a number, a time or a command as text', () => {
    const names = ['on', '1e3', '52:54', "it's: #1", '"', '- x\n- y', '\u202e\u0000', '~'];
    const realServers = names.map((name) => realServer({ name, clues: [`${name}\nvips: []`] }));
    const yaml = renderClusterYaml(diagnosis({ cluster: { ...diagnosis().cluster, realServers } }));
    expect(parse(yaml).realServers.map((server: { name: string }) => server.name)).toEqual(names);
    expect(parse(yaml).vips).toHaveLength(1);
  });
});
