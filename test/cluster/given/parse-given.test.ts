import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Given } from '../../../src/cluster/given/given.ts';
import { mergeGiven } from '../../../src/cluster/given/merge-given.ts';
import { givenFromOptions } from '../../../src/cluster/given/options.ts';
import { parseGiven } from '../../../src/cluster/given/parse-given.ts';
import { UsageError } from '../../../src/usage-error.ts';

const EXPECTED =
  'a cluster.yaml, or the output of "ipvsadm-save -n", "ipvsadm -Ln", "ip neigh" or "arp -an", or a keepalived.conf is expected';

/** Real pieces of each format, to be cut, doubled and mixed. */
const PIECES = [
  '-A -t 10.0.0.9:80 -s rr -p 300',
  '-a -t 10.0.0.9:80 -r 10.0.0.3:80 -g -w 1',
  'TCP  [2001:db8::100]:80 rr ops',
  '  -> 10.0.0.3:80   Route 1 0 0',
  'IP Virtual Server version 1.2.1 (size=4096)',
  '192.168.1.10 dev eth0 lladdr 52:54:00:b0:61:3f REACHABLE',
  '? (192.168.1.10) at 52:54:00:b0:61:3f [ether] on eth0',
  'vips: [{ ip: 10.0.0.9, services: [80/tcp, { on: 53/udp, realServers: [{ name: a }] }] }]',
  'realServers:',
  '  - &x { name: web1, ip: 10.0.0.3, macs: [52:54:00:00:00:03] }',
  '  - *x',
  'virtual_server 10.0.0.9 80 {',
  'virtual_server group G {',
  'virtual_server_group G {',
  '  real_server 10.0.0.3 80 { weight 1 }',
  '  10.0.0.9-12 80',
  'vrrp_instance A { virtual_ipaddress {',
  `@main $A=\${B}$A`,
  `  \${A} $A`,
  'include x/y',
  '}',
  '}',
];

const RUNS = { seed: 20_261_120, numRuns: 3000 };

function readsOrComplains(name: string, text: string): void {
  try {
    const given = parseGiven(name, text);
    expect(mergeGiven([given])).toEqual(given);
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    const { message } = error as UsageError;
    expect(message.startsWith(name)).toBe(true);
    expect(message).toMatch(/^[^\u0000-\u001f\u007f-\u009f]+[.?]$/u);
  }
}

describe('a file about the cluster', () => {
  it.each([
    ['', 'x: this file is empty'],
    ['\n \n', 'x: this file is empty'],
    ['<!DOCTYPE html>\n', 'x: this file is of no kind that tells about a cluster'],
  ])('of no known kind is told from the kinds expected: %j', (text, sentence) => {
    expect(() => parseGiven('x', text)).toThrow(`${sentence}; ${EXPECTED}.`);
  });

  it('that is a capture is told to be an argument of its own', () => {
    expect(() => parseGiven('mirror.pcap', '\u00d4\u00c3\u00b2\u00a1\u0002\0\u0004\0')).toThrow(
      `mirror.pcap: this is no text file; ${EXPECTED}, and a capture is given as an argument of its own.`,
    );
  });

  it('that is too large is not read', () => {
    expect(() => parseGiven('x', '#'.repeat(10_000_001))).toThrow(
      `x: this file has 10000001 characters, more than any configuration has; ${EXPECTED}.`,
    );
  });

  it('may hold comments only', () => {
    expect(parseGiven('x', '# nothing yet\n').sources).toEqual(['x']);
  });

  it('cannot command the terminal by its name', () => {
    expect(() => parseGiven('a\u001b[31m\n', '')).toThrow(`a?[31m?: this file is empty; ${EXPECTED}.`);
  });

  it('is read or refused with one sentence, whatever it holds', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' })), fc.constantFrom('x', 'x.yaml'), (text, name) =>
        readsOrComplains(name, text),
      ),
      RUNS,
    );
  });

  it('is read or refused with one sentence when its lines are mixed and mutilated', () => {
    const line = fc
      .tuple(fc.constantFrom(...PIECES), fc.nat(80), fc.nat(80), fc.oneof(fc.constant(''), fc.string({ maxLength: 3 })))
      .map(([piece, from, length, extra]) => (length > 60 ? piece : piece.slice(0, from) + extra + piece.slice(from + (length % 4))));
    fc.assert(
      fc.property(fc.array(line, { maxLength: 12 }), fc.constantFrom('x', 'x.yaml'), (lines, name) =>
        readsOrComplains(name, lines.join('\n')),
      ),
      RUNS,
    );
  });

  it('is not needed: options are read or refused with one sentence, too', () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom('vip', 'director', 'realServer', 'gateway'), (value, option) => {
        try {
          mergeGiven([givenFromOptions({ [option]: [value, '10.0.0.3', '52:54:00:00:00:03'.repeat(value.length % 2) || '10.0.0.4'] })]);
        } catch (error) {
          expect(error).toBeInstanceOf(UsageError);
        }
      }),
      RUNS,
    );
  });
});

/** Captures with their true roles, where they are at hand. */
const CAPTURES = join(import.meta.dirname, '..', '..', '..', '..', 'shared', 'captures');

interface TrueMachine {
  readonly name: string;
  readonly ip: string;
  readonly mac: string;
  readonly macs?: readonly string[];
}

interface Truth {
  readonly topology: {
    readonly vips: readonly string[];
    readonly service?: string;
    readonly directors: readonly TrueMachine[];
    readonly realservers: readonly TrueMachine[];
    readonly gateway: TrueMachine | null;
  };
  readonly ipvsadm_save?: string | Readonly<Record<string, string>>;
}

describe.skipIf(!existsSync(CAPTURES))('the true roles of many captures', () => {
  it('are given by cluster.yaml and by the rules of the directors, and contradict each other nowhere', () => {
    let read = 0;
    for (const name of readdirSync(CAPTURES)) {
      const path = join(CAPTURES, name, 'truth.json');
      if (!existsSync(path)) continue;
      const truth = JSON.parse(readFileSync(path, 'utf8')) as Truth;
      const { vips, service, directors, realservers, gateway } = truth.topology;
      const on = service === undefined ? '' : `, services: [${service.split('/').reverse().join('/')}]`;
      const machine = ({ name: host, ip, mac, macs = [mac] }: TrueMachine) =>
        `  - { name: ${JSON.stringify(host)}, ip: ${JSON.stringify(ip)}, macs: [${macs.map((each) => JSON.stringify(each)).join(', ')}] }`;
      const yaml = [
        'vips:',
        ...vips.map((vip) => `  - { ip: ${JSON.stringify(vip)}${on} }`),
        'directors:',
        ...directors.map(machine),
        'realServers:',
        ...realservers.map(machine),
        ...(gateway === null ? [] : ['gateways:', machine(gateway)]),
        '',
      ].join('\n');
      const saved = typeof truth.ipvsadm_save === 'string' ? [truth.ipvsadm_save] : Object.values(truth.ipvsadm_save ?? {});
      const parts: Given[] = [parseGiven('cluster.yaml', yaml)];
      for (const text of saved) if (text.trim() !== '') parts.push(parseGiven('director.save', text));
      const given = mergeGiven(parts);

      const names = (list: Given['directors']) => list.map((each) => each.name).sort();
      expect(given.vips.map((vip) => vip.ip).sort(), name).toEqual([...vips].sort());
      expect(names(given.directors), name).toEqual(directors.map((each) => each.name).sort());
      expect(
        names(given.realServers).filter((each) => each !== null),
        name,
      ).toEqual(realservers.map((each) => each.name).sort());
      for (const each of [...given.directors, ...given.gateways]) expect(each.macs.length, name).toBeGreaterThan(0);
      read++;
    }
    console.log(`read the roles of ${read} captures`);
    expect(read).toBeGreaterThan(0);
  });
});
