import { describe, expect, test } from 'vitest';
import { findUser } from '../../../src/capture/live/become-user.ts';
import { interfaceNames, interfaceState, noSuchInterface } from '../../../src/capture/live/interfaces.ts';
import { type LiveOptions, openLive } from '../../../src/capture/live/open-live.ts';
import { UsageError } from '../../../src/usage-error.ts';
import { noTcpdump } from './fake-tcpdump.ts';

async function sentence(options: LiveOptions): Promise<string> {
  try {
    const source = await openLive(options);
    await source.close();
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
  throw new Error('this should have been refused');
}

describe('what cannot be', () => {
  test.each([63, 65_536, 96.5, Number.NaN])('a snap length of %s bytes', async (snapLength) => {
    expect(await sentence({ interface: 'lo', snapLength })).toBe(
      `the snap length ${snapLength} was given; 64 to 65535 bytes were expected, such as 256.`,
    );
  });

  test('a backend or a filter for a pipe', async () => {
    expect(await sentence({ interface: '-', backend: 'afpacket' })).toBe(
      '--backend afpacket captures on an interface, but - was given, a pipe: leave one of them out.',
    );
    expect(await sentence({ interface: '-', filter: 'arp' })).toBe(
      "the filter 'arp' cannot be applied to a pipe; give it to the program that writes it, such as tcpdump.",
    );
  });

  test('a user who is not there, or is root', () => {
    expect(() => findUser('nobody-of-this-name')).toThrow(
      "there is no user 'nobody-of-this-name' on this machine; the name of one was expected: useradd --system nobody-of-this-name creates it.",
    );
    expect(() => findUser('root')).toThrow('--user root is root; a user without privileges was expected, such as nobody.');
  });

  test.skipIf(process.platform !== 'linux')('an interface that is not there, whichever backend looks for it first', async () => {
    noTcpdump();
    // Without the privilege to capture, afpacket cannot look, and tells that instead.
    expect(await sentence({ interface: 'lo0', backend: 'afpacket' })).toMatch(
      process.geteuid?.() === 0
        ? /^there is no interface 'lo0' here; one of .*: did you mean lo\?$/
        : /^no frame of lo0 can be captured \(afpacket: .*\.$/,
    );
  });
});

describe('interfaces', () => {
  test.skipIf(process.platform !== 'linux')('of this machine are known by name and state', () => {
    expect(interfaceNames()).toContain('lo');
    expect(['up', 'down', null]).toContain(interfaceState('lo'));
    expect(interfaceState('../lo')).toBeNull();
    expect(interfaceState('..')).toBeNull();
    expect(interfaceState('any')).toBeNull();
  });

  test('one that is not among them is told with the nearest, or with how to list them', () => {
    const names = ['lo', 'eth0', 'eth1.5'];
    expect(noSuchInterface('eth2', names).message).toBe(
      "there is no interface 'eth2' here; one of lo, eth0, eth1.5 was expected: did you mean eth0?",
    );
    expect(noSuchInterface('wlan', names).message).toBe(
      "there is no interface 'wlan' here; one of lo, eth0, eth1.5 was expected: ip link tells more.",
    );
  });
});
