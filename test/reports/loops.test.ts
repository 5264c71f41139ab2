/** Commands that differ by an address alone: the loop does what all of them did. */
import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { commandLines, foldCommands, withoutAddress } from '../../src/reports/loops.ts';

const V4 = ['192.0.2.10', '192.0.2.100', '198.51.100.7'];
const V6 = ['2001:db8::10', '2001:db8::100', '2001:db8:1::'];

/** The commands of a template for each address, `@` being the address. */
const commandsFor = (vips: readonly string[], ...templates: string[]) =>
  vips.flatMap((vip) => templates.map((template) => ({ command: template.replaceAll('@', vip), vip, culprit: null })));

/** What a shell runs: `ip`, `grep`, … print their arguments, each in brackets. */
function argumentsOf(lines: readonly string[], shell = 'bash'): string[] {
  const print = '{ printf "[%s]" "$@"; echo; }';
  const names = ['ip', 'grep', 'arping', 'ndsend', 'ipvsadm', 'nft', 'ss'].map((name) => `${name}() ${print}`).join('\n');
  const out = execFileSync(shell, ['-c', `${names}\n${lines.join('\n')}`], { encoding: 'utf8' });
  return out.split('\n').filter((line) => line !== '');
}

const linesOf = (commands: Parameters<typeof foldCommands>[0], width = 76) =>
  foldCommands(commands).flatMap((command) => commandLines(command, { width }));

describe.each(['bash', 'sh'])('in %s a loop runs what its commands ran', (shell) => {
  test.each([
    ['ip addr replace @/32 dev lo', V4],
    ['ip -6 addr replace @/128 dev lo preferred_lft 0', V6],
    ["grep -rn '@' /etc 2>&1", V4],
    ["grep -A8 '@:80'", V4],
    ["grep '[@]:80'", V6],
    ['ip rule "from @" @', V4],
    ['grep \'a $HOME "@" `b`\'', V4],
    ["grep 'host @ or host 10.0.0.1'", V6],
    ['ip a @; ip b @', V4],
    ["nft add rule 'ip daddr @ tcp dport { 80 }' @", V4],
    ['ss src @ state syn-sent', V4],
  ] as const)('%s', (template, vips) => {
    const commands = commandsFor(vips, template);
    const lines = linesOf(commands);
    expect(lines.join('\n')).toMatch(/^for vip in /);
    expect(argumentsOf(lines, shell)).toEqual(argumentsOf(commands.map(({ command }) => command)));
  });
});

describe('the loop', () => {
  test('is one line where it fits', () => {
    expect(linesOf(commandsFor(V4, 'arping -U -c 3 -I eth0 @'))).toEqual([
      'for vip in 192.0.2.10 192.0.2.100 198.51.100.7; do',
      '  arping -U -c 3 -I eth0 $vip',
      'done',
    ]);
    expect(linesOf(commandsFor(V4, 'arping -U -c 3 -I eth0 @'), 100)).toEqual([
      'for vip in 192.0.2.10 192.0.2.100 198.51.100.7; do arping -U -c 3 -I eth0 $vip; done',
    ]);
  });

  test('has the commands that follow each other for the same addresses', () => {
    const lines = linesOf(commandsFor(V4, 'ip -br addr show to @', 'ip addr replace @/32 dev lo'));
    expect(lines).toEqual([
      'for vip in 192.0.2.10 192.0.2.100 198.51.100.7; do',
      '  ip -br addr show to $vip',
      '  ip addr replace $vip/32 dev lo',
      'done',
    ]);
  });

  test('keeps its place among commands that are the same for all', () => {
    const commands = commandsFor(V4, 'sysctl -w a=1', 'ip addr replace @/32 dev lo', 'ipvsadm -Ln');
    expect(linesOf(commands, 120)).toEqual([
      'sysctl -w a=1',
      'for vip in 192.0.2.10 192.0.2.100 198.51.100.7; do ip addr replace $vip/32 dev lo; done',
      'ipvsadm -Ln',
    ]);
  });

  test('has no comment within, which an interactive zsh would obey', () => {
    expect(linesOf(commandsFor(V4, "ip neigh flush to @   # elsewhere: clear 'ip arp' @", '# then look for @'), 120)).toEqual([
      "# elsewhere: clear 'ip arp' VIP",
      '# then look for VIP',
      'for vip in 192.0.2.10 192.0.2.100 198.51.100.7; do ip neigh flush to $vip; done',
    ]);
  });

  test('writes once what very many addresses begin with', () => {
    const vips = Array.from({ length: 30 }, (_, i) => `2001:db8::${(i + 9).toString(16)}`);
    const commands = commandsFor(vips, 'ndsend @ eth0');
    const lines = linesOf(commands);
    expect(lines.slice(-3)).toEqual(['  vip=2001:db8::$n', '  ndsend $vip eth0', 'done']);
    expect(argumentsOf(lines)).toEqual(argumentsOf(commands.map(({ command }) => command)));
    const apart = commandsFor([...vips, '2001:db8:1::1'], 'ndsend @ eth0');
    expect(argumentsOf(linesOf(apart))).toEqual(argumentsOf(apart.map(({ command }) => command)));
  });

  test('is bounded, says so, and is whole when verbose', () => {
    const vips = Array.from({ length: 200 }, (_, i) => `10.0.${i}.1`);
    const [loop] = foldCommands(commandsFor(vips, 'ip a @'));
    expect(commandLines(loop!, { width: 80 })[0]).toBe('# for 128 of 200; -v, and the JSON, have all');
    expect(argumentsOf(commandLines(loop!, { width: 80 }))).toHaveLength(128);
    expect(argumentsOf(commandLines(loop!, { width: 80, verbose: true }))).toHaveLength(200);
  });

  test('is over culprits where these differ, and the VIP does not', () => {
    const commands = V4.map((rip) => ({ command: `ip neigh show ${rip}`, vip: '10.0.0.1', culprit: rip }));
    expect(linesOf(commands, 100)).toEqual(['for rip in 192.0.2.10 192.0.2.100 198.51.100.7; do ip neigh show $rip; done']);
  });
});

describe('no loop is made', () => {
  test('of two', () => {
    expect(linesOf(commandsFor(V4.slice(0, 2), 'ip a @'))).toEqual(['ip a 192.0.2.10', 'ip a 192.0.2.100']);
  });

  test('of what is no address: a file of anybody may name a VIP that a shell obeys', () => {
    const evil = ['$(reboot)', '`reboot`', '; reboot', '(', ''];
    expect(linesOf(commandsFor(evil, 'ip a @'))).toEqual(evil.map((vip) => `ip a ${vip}`));
  });

  test.each(["ip a '@", "grep $'@'"])('of %s, whose quotes do not allow it', (template) => {
    expect(linesOf(commandsFor(V4, template))).toHaveLength(3);
  });

  test('of commands that are the same: each stands once', () => {
    expect(linesOf(commandsFor(V4, 'ipvsadm -Ln'))).toEqual(['ipvsadm -Ln']);
  });
});

test('a watch of several addresses is one filter: it would not end for the first one', () => {
  const [one, ...more] = foldCommands(commandsFor(V4, "tcpdump -n -e -i eth0 'arp and host @'"));
  expect(more).toEqual([]);
  expect(one).toBe("tcpdump -n -e -i eth0 'arp and host (192.0.2.10 or 192.0.2.100 or 198.51.100.7)'");
});

test('a watch of what a filter does not take as it is stays a loop', () => {
  const [loop] = foldCommands(commandsFor(V4, "tcpdump -n 'host @:80'"));
  expect(loop).toMatchObject({ body: [`tcpdump -n "host \${vip}:80"`] });
});

test.each([
  ['192.0.2.1', 'for 192.0.2.1, 192.0.2.10, 1192.0.2.1 and 192.0.2.1.', 'for @, 192.0.2.10, 1192.0.2.1 and @.'],
  ['', 'nothing', 'nothing'],
  ['(*[', 'a (*[ b', 'a @ b'],
  ['a.c', 'abc a.c', 'abc @'],
  ['192.0.2.1', '192.0.2.1:80 192.0.2.1/32 192.0.2.1.5', '@:80 @/32 192.0.2.1.5'],
  ['2001:db8::1', '[2001:db8::1]:80, 2001:db8::10, 2001:db8::1:2 and 2001:db8::1/128', '[@]:80, 2001:db8::10, 2001:db8::1:2 and @/128'],
])('%s is found as a whole alone', (address, text, expected) => {
  expect(withoutAddress(text, address, '@')).toBe(expected);
});
