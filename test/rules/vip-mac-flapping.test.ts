import { describe, expect, test } from 'vitest';
import { vipMacFlapping as rule } from '../../src/rules/vip-mac-flapping.ts';
import { adverts } from '../support/failover.ts';
import { healthy } from '../support/healthy.ts';
import { culpritsOf, given, judgeBy, MIRROR, onlyFinding, verdictOn } from '../support/judged.ts';
import { type Host, lan, Story, type Version } from '../support/story.ts';

const judge = (story: Story, beside = MIRROR) => judgeBy([rule], story, beside);

/** These machines announce the VIP one after the other, so far apart. */
function inTurn(story: Story, ip: string, hosts: readonly Host[], ms = 10_000): Story {
  for (const host of hosts) story.announces(host, ip).wait(ms);
  return story;
}

describe.each([4, 6] as const satisfies Version[])('vip-mac-flapping (IPv%i)', (version) => {
  const { vip, director: a, backup: b, gateway, client, rs1 } = lan(version);
  const two = { ...MIRROR, given: given({ vips: [vip], directors: [a, b] }) };

  test('two machines that announce the VIP in turn are found', () => {
    const story = inTurn(healthy({ version }), vip, [b, a, b, a]);
    const judged = judge(story, two);
    const finding = onlyFinding(judged, rule);
    expect(finding).toMatchObject({ code: 'LVS106', severity: 'warning', confidence: 'confirmed' });
    expect(culpritsOf(judged, rule).sort()).toEqual([a.mac, b.mac].sort());
    expect(finding.message).toContain(`${a.mac} and ${b.mac} claim ${vip} in turn: the owner changes 4 times`);
    expect(verdictOn(judged, rule, vip)).toBe('found');
  });

  test('beside the director only the other one is named', () => {
    const judged = judge(inTurn(healthy({ version }), vip, [b, a, b, a]));
    expect(culpritsOf(judged, rule)).toEqual([b.mac]);
  });

  test('one who owns the VIP all the time passes', () => {
    expect(verdictOn(judge(inTurn(healthy({ version }), vip, [a, a, a, a])), rule, vip)).toBe('passed');
  });

  test('a failover and its way back are none', () => {
    expect(verdictOn(judge(inTurn(healthy({ version }), vip, [a, b, a]), two), rule, vip)).toBe('passed');
  });

  test('a third machine that takes its turn once does not make it to and fro', () => {
    expect(verdictOn(judge(inTurn(healthy({ version }), vip, [a, b, a, client]), two), rule, vip)).toBe('passed');
  });

  test('machines that take their turn once each do not make it to and fro', () => {
    expect(verdictOn(judge(inTurn(healthy({ version }), vip, [a, b, a, client, a]), two), rule, vip)).toBe('passed');
  });

  test('changes further apart than two minutes are none', () => {
    expect(verdictOn(judge(inTurn(healthy({ version }), vip, [a, b, a, b], 60_100), two), rule, vip)).toBe('passed');
    expect(verdictOn(judge(inTurn(healthy({ version }), vip, [a, b, a, b], 59_900), two), rule, vip)).toBe('found');
  });

  test('nor are they where one of them asks a neighbour by unicast in between', () => {
    const tell = { ...b, ip: vip };
    const story = healthy({ version }).wait(130_000).announces(a, vip).wait(1000).whoHas(b, client.ip, vip).wait(9000);
    story.checks(tell, client.ip, client).wait(50_000).announces(a, vip).wait(65_000).announces(b, vip);
    expect(verdictOn(judge(story, two), rule, vip)).toBe('passed');
  });

  test('VRRP that moves the VIP explains it', () => {
    const story = healthy({ version });
    for (const master of [a, b, a, b]) adverts(story, master, 5, { version }).announces(master, vip);
    expect(verdictOn(judge(story, two), rule, vip)).toBe('passed');
  });

  test('adverts of two masters are no claims that a neighbour hears', () => {
    const story = healthy({ version }).announces(client, vip);
    for (let i = 0; i < 6; i++) adverts(adverts(story, a, 1, { version }), b, 1, { version });
    expect(verdictOn(judge(story, two), rule, vip)).toBe('passed');
  });

  test('answers of several machines to one question are a race, no turns', () => {
    const story = healthy({ version });
    for (let i = 0; i < 4; i++) story.whoHas(gateway, vip).isAt(a, vip, gateway).isAt(b, vip, gateway).wait(5000);
    expect(verdictOn(judge(story, two), rule, vip)).toBe('passed');
  });

  test('an answer that nobody asked for is no race', () => {
    expect(verdictOn(judge(healthy({ version }).isAt(b, vip, gateway), two), rule, vip)).toBe('passed');
  });

  test('two machines that claim another VIP, or a service, in common are two all the same', () => {
    const other = vip.replace('100', '101');
    const roles = given({ vips: [vip, other], directors: [a, b] });
    const both = () => inTurn(healthy({ version }).announces(a, other).announces(b, other), vip, [b, a, b, a]);
    expect(verdictOn(judge(both(), { ...MIRROR, given: roles }), rule, vip)).toBe('found');
    const story = both();
    story.tcp(client, other).opens([client, a], [a, client]);
    expect(verdictOn(judge(story, two), rule, vip)).toBe('found');
  });

  test('who answers requests that went to the director is not the director', () => {
    const story = new Story().resolves(gateway, vip, a);
    for (let i = 0; i < 2; i++) story.tcp(lan(version).remote, vip).syn(gateway, a).synAck(b, gateway);
    expect(verdictOn(judge(inTurn(story, vip, [b, a, b, a]), two), rule, vip)).toBe('found');
  });

  test('a bond that gives each neighbour another card for good is one machine', () => {
    const story = healthy({ version });
    for (let i = 0; i < 4; i++) story.resolves(gateway, vip, a).wait(1000).resolves(client, vip, b).wait(1000);
    expect(verdictOn(judge(story, two), rule, vip)).toBe('passed');
  });

  test('two cards that claim the same address of their own are one machine', () => {
    const dip = version === 4 ? '203.0.113.2' : '2001:db8::2';
    const story = healthy({ version }).announces(b, dip);
    expect(verdictOn(judge(inTurn(story, vip, [a, b, a, b])), rule, vip)).toBe('passed');
  });

  test('where nobody claims the VIP, nothing is judged', () => {
    const story = healthy({ version, connections: 0 });
    expect(
      verdictOn(
        judge(story, { ...MIRROR, given: given({ vips: [lan(version).vip.replace('100', '101')], realServers: [rs1] }) }),
        rule,
        lan(version).vip.replace('100', '101'),
      ),
    ).toBe('not judged');
  });
});
