/** What is given beside a capture, as a person sees it taken in. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fixture, run, temporaryDirectory } from './run.ts';

const directory = temporaryDirectory();

test.each(['diagnose', 'topology', 'trace', 'capture-plan'])(
  '%s tells of an include of keepalived.conf that it did not follow',
  (command) => {
    const conf = join(directory, 'keepalived.conf');
    writeFileSync(conf, 'include ../elsewhere/*.conf\nvirtual_server 192.168.1.100 80 {\n  lb_kind DR\n  protocol TCP\n}\n');
    const captures = command === 'capture-plan' ? [] : [fixture('healthy-t1/mirror.pcap')];
    const { exit, stdout, stderr } = run([command, ...captures, '-c', conf]);
    expect(stderr).toBe(
      `lvs-doctor: ${conf}, line 1: the include of ../elsewhere/*.conf is not followed; what it says counts only where that file is given as well.\n`,
    );
    expect(stdout).not.toBe('');
    expect(exit).toBe(0);
  },
);
