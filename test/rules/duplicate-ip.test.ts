import { describe, expect, test } from 'vitest';
import { duplicateIp as rule } from '../../src/rules/duplicate-ip.ts';
import { adverts } from '../support/failover.ts';
import { healthy } from '../support/healthy.ts';
import { culpritsOf, given, judgeAll, judgeBy, MIRROR, onlyFinding, verdictOn } from '../support/judged.ts';
import { host, lan, Story, type Version } from '../support/story.ts';

const judge = (story: Story, beside = MIRROR) => judgeBy([rule], story, beside);

describe.each([4, 6] as const satisfies Version[])('duplicate-ip (IPv%i)', (version) => {
  const { vip, gateway, director, rs1, rs2, client, remote } = lan(version);
  const printer = host('printer', 66, version);
  const start = () => healthy({ version });
  const race = (story: Story, ip = rs2.ip) => story.whoHas(director, ip).isAt(rs2, ip, director).isAt(printer, ip, director).wait(500);

  test('two machines that answer for one address of a real server are found, both', () => {
    const story = race(start());
    const judged = judge(story);
    const finding = onlyFinding(judged, rule);
    expect(finding).toMatchObject({ code: 'LVS111', severity: 'warning' });
    expect(culpritsOf(judged, rule).sort()).toEqual([rs2.mac, printer.mac].sort());
    expect(finding.message).toContain(
      `${rs2.mac} and ${printer.mac} answer the same question for ${rs2.ip} (1 question with several answers), first in frame ${story.frame - 1}`,
    );
    expect(verdictOn(judged, rule, rs2.ip)).toBe('found');
    expect(verdictOn(judged, rule, rs1.ip)).toBe('passed');
  });

  test('of thirty machines that answer as many are named as are cited', () => {
    const story = start().whoHas(director, rs2.ip);
    for (let i = 0; i < 30; i++) story.isAt(host('printer', 300 + i, version), rs2.ip, director);
    const { evidence, message } = onlyFinding(judge(story.wait(500)), rule);
    expect(evidence).toHaveLength(24);
    expect(message.match(/52:54:/g)).toHaveLength(23);
  });

  test('two machines that announce one address in turn are found', () => {
    const story = start();
    for (const owner of [rs2, printer, rs2, printer]) story.announces(owner, rs2.ip).wait(1000);
    expect(onlyFinding(judge(story), rule).message).toContain('in turn (the owner changes 3 times)');
  });

  test('it is sure where each shows by what it gets that it is another machine, else probable', () => {
    expect(onlyFinding(judge(race(start())), rule).confidence).toBe('confirmed');
    const silent = start();
    for (const owner of [rs2, printer, rs2, printer]) silent.announces(owner, rs2.ip).wait(1000);
    expect(onlyFinding(judge(silent), rule).confidence).toBe('probable');
    const card = { ...rs2, mac: '52:54:00:00:11:02' };
    const cards = race(start()).isAt(card, rs2.ip, director);
    cards.tcp(client, rs2.ip).opens([client, card], [rs2, client]);
    expect(onlyFinding(judge(cards), rule).confidence).toBe('probable');
  });

  test('a MAC is named only with a frame of its', () => {
    const card = { ...rs2, mac: '52:54:00:00:11:02' };
    const roles = given({ vips: [vip], directors: [director], realServers: [rs1, rs2] });
    const cards = { ...roles, realServers: roles.realServers.map((rs, i) => (i === 1 ? { ...rs, macs: [...rs.macs, card.mac] } : rs)) };
    const story = start();
    for (const owner of [rs2, printer, rs2, printer, rs2, printer, card, printer]) story.announces(owner, rs2.ip).wait(1000);
    expect(onlyFinding(judge(story, { ...MIRROR, given: cards }), rule).message).toMatch(
      new RegExp(`^${rs2.mac} and ${printer.mac} claim`),
    );
  });

  test('the remedy has a look at arp_ignore where there is ARP', () => {
    const commands = onlyFinding(judge(race(start())), rule).remedy.steps[0]!.commands.join('\n');
    expect(commands.includes('arp_ignore')).toBe(version === 4);
  });

  test('the next one to get an address by DHCP is none', () => {
    const story = start().announces(client, client.ip).wait(5000).probes(printer, client.ip).wait(1000).announces(printer, client.ip);
    expect(verdictOn(judge(story.resolves(gateway, client.ip, printer)), rule, client.ip)).toBe('passed');
  });

  test('two cards of one machine are none: what is sent to one is answered from the other', () => {
    const story = race(start());
    story.tcp(client, rs2.ip).opens([client, printer], [rs2, client]);
    expect(verdictOn(judge(story), rule, rs2.ip)).toBe('passed');
  });

  test('nor are two cards of a real server: what the director hands to one is answered from the other', () => {
    const story = race(start());
    story.tcp(client, vip).opens([client, director, printer], [rs2, client]);
    expect(verdictOn(judge(story), rule, rs2.ip)).toBe('passed');
  });

  test('two machines are not one because both answer what is sent to a MAC that nobody has', () => {
    const nobody = { ...rs2, mac: '52:54:00:de:ad:01' };
    const story = race(start().whoHas(director, rs2.ip).isAt(gateway, rs2.ip, director, nobody.mac).wait(500));
    for (const owner of [rs2, printer]) story.tcp(client, rs2.ip).opens([client, nobody], [owner, client]);
    const roles = given({ vips: [vip], directors: [director], realServers: [rs1, rs2] });
    expect(culpritsOf(judge(story, { ...MIRROR, given: roles }), rule).sort()).toEqual([rs2.mac, printer.mac].sort());
  });

  test('two machines are not one because they share a second address in the same way', () => {
    const spare = host('spare', 67, version).ip;
    expect(verdictOn(judge(race(race(start()), spare)), rule, rs2.ip)).toBe('found');
    // Where one had it after the other, they may be the cards of a bond.
    expect(verdictOn(judge(race(start()).announces(rs2, spare).wait(1000).announces(printer, spare)), rule, rs2.ip)).toBe('passed');
  });

  test('a MAC that nobody sends from is told by another rule', () => {
    const story = start().whoHas(director, rs2.ip).isAt(rs2, rs2.ip, director).isAt(rs2, rs2.ip, director, '52:54:00:de:ad:01');
    expect(verdictOn(judge(story), rule, rs2.ip)).toBe('passed');
  });

  test('the virtual MAC beside its owner is none', () => {
    const master = { ...gateway, mac: '00:00:5e:00:01:05' };
    const story = start().whoHas(client, gateway.ip).isAt(gateway, gateway.ip, client).isAt(master, gateway.ip, client);
    expect(verdictOn(judge(story), rule, gateway.ip)).toBe('passed');
  });

  test('a proxy that answers for many beside the owner is none', () => {
    const story = race(start());
    for (let i = 0; i < 7; i++) story.resolves(client, host('far', 200 + i, version).ip, printer);
    expect(verdictOn(judge(story), rule, rs2.ip)).toBe('passed');
  });

  test('nor is a director that routes for many, though SSH on the VIP is its own', () => {
    const story = start().whoHas(client, rs2.ip).isAt(rs2, rs2.ip, client).isAt(director, rs2.ip, client).wait(500);
    story.tcp(remote, vip, { port: 22 }).opens([gateway, director], [director, gateway]);
    const roles = given({ vips: [vip], directors: [director], realServers: [rs1, rs2] });
    expect(verdictOn(judge(story, { ...MIRROR, given: roles }), rule, rs2.ip)).toBe('found');
    for (let i = 0; i < 7; i++) story.resolves(client, host('far', 200 + i, version).ip, director);
    expect(verdictOn(judge(story, { ...MIRROR, given: roles }), rule, rs2.ip)).toBe('passed');
  });

  test('an address that VRRP moves is none', () => {
    const story = adverts(race(start()), rs2, 3, { version, vips: [rs2.ip] });
    expect(verdictOn(judge(story), rule, rs2.ip)).toBeUndefined();
  });

  test('the same address on two VLANs belongs to two machines', () => {
    const story = start().inVlan(10).resolves(client, printer.ip, rs1).inVlan(20);
    for (let i = 0; i < 4; i++) story.inVlan(10).announces(rs1, printer.ip).inVlan(20).announces(printer, printer.ip).wait(1000);
    expect(verdictOn(judge(story), rule, printer.ip)).toBe('passed');
  });

  test('two machines that answer for the VIP are told by another rule', () => {
    const story = start().whoHas(gateway, vip).isAt(director, vip, gateway).isAt(printer, vip, gateway);
    expect(judge(story).findings).toEqual([]);
    expect(judgeAll(story, MIRROR).findings.map((f) => f.rule)).not.toContain('duplicate-ip');
  });

  test('a service that two machines announce in turn is told once, where roles do not show', () => {
    const story = new Story();
    story.tcp(client, vip).syn(client, director);
    for (let i = 0; i < 3; i++) story.announces(director, vip).wait(1000).announces(printer, vip).wait(1000);
    expect(judgeAll(story, MIRROR).findings.map((f) => f.rule)).toEqual(['vip-mac-flapping']);
  });

  test('a local capture does not see what others are answered', () => {
    const roles = given({ vips: [vip], directors: [director], realServers: [rs1, rs2] });
    expect(verdictOn(judge(start(), { point: 'director', given: roles }), rule, rs2.ip)).toBe('not judged');
  });
});
