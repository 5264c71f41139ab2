import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { expectRefusal, run, temporaryDirectory } from './run.ts';

const directory = temporaryDirectory();

test('capture-plan without a cluster is a plan for any', () => {
  const { exit, stdout, stderr } = run(['capture-plan']);
  expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
  expect(stdout).toContain('    tcpdump -i eth0 -s 128 -w mirror.pcap\n');
  expect(stdout).toContain('On each real server:');
});

test('capture-plan with a cluster has a command for each machine', () => {
  const file = join(directory, 'lvs1.save');
  writeFileSync(file, '-A -t 10.0.0.1:80 -s rr\n-a -t 10.0.0.1:80 -r 10.0.0.5:80 -g -w 1\n');
  const { exit, stdout } = run(['capture-plan', '-c', file, '--director', '10.0.0.2', '-f', 'json']);
  expect(exit).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    schema: 'lvs-doctor/capture-plan@1',
    vips: ['10.0.0.1'],
    captures: [
      { points: ['mirror'], filter: null },
      { points: ['director'], on: '10.0.0.2' },
      {
        points: ['real-server'],
        command:
          "tcpdump -i eth0 -s 128 -w real-server-10.0.0.5.pcap 'arp or icmp or icmp6 or proto 112 or host 10.0.0.1 or host 10.0.0.5'",
      },
      { points: ['gateway'], on: 'the gateway' },
      { points: ['client'] },
    ],
    diagnose: expect.arrayContaining([`lvs-doctor diagnose -c ${file} --director 10.0.0.2 director=director-10.0.0.2.pcap`]),
  });
});

test('capture-plan of a file that is no configuration is refused', () => {
  expectRefusal(run(['capture-plan', '-c', join(directory, 'missing.yaml')]), /missing\.yaml/);
});
