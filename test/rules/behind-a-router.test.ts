/** A client of the LAN whose requests a router of the same LAN brings: the first hop is the router's, not yet the director's. */
import { describe, expect, test } from 'vitest';
import { directorBypassed } from '../../src/rules/director-bypassed.ts';
import { directorNoRewrite } from '../../src/rules/director-no-rewrite.ts';
import { directorNotForwarding } from '../../src/rules/director-not-forwarding.ts';
import { directorResetsFlow } from '../../src/rules/director-resets-flow.ts';
import { portReuseDelay } from '../../src/rules/port-reuse-delay.ts';
import type { AnyRule } from '../../src/rules/rule.ts';
import { staleGatewayArp } from '../../src/rules/stale-gateway-arp.ts';
import { adverts } from '../support/failover.ts';
import { culpritsOf, given, judgeBy, MIRROR, onlyFinding } from '../support/judged.ts';
import { type Host, lan, Story, type Version } from '../support/story.ts';

describe.each([4, 6] as const satisfies Version[])('behind a router of the LAN (IPv%i)', (version) => {
  const { vip, gateway, director, backup, rs1, rs2, client } = lan(version);
  const roles = { vips: [vip], directors: [director], realServers: [rs1, rs2], gateways: [gateway] };
  const beside = { ...MIRROR, given: given(roles) };
  const two = { ...MIRROR, given: given({ ...roles, directors: [director, backup] }) };
  const to = (...hosts: Host[]) => [client, gateway, ...hosts];
  const served = () => {
    const story = new Story().resolves(client, gateway.ip, gateway).resolves(gateway, vip, director).resolves(director, rs1.ip, rs1);
    story.tcp(client, vip).opens(to(director, rs1), [rs1, client]);
    return story.wait(500);
  };
  const culprits = (rule: AnyRule, story: Story, known = beside) => culpritsOf(judgeBy([rule], story, known), rule);

  test('what works passes every rule', () => {
    const rules = [directorBypassed, directorNoRewrite, directorNotForwarding, directorResetsFlow, portReuseDelay, staleGatewayArp];
    expect(judgeBy(rules, served(), two).findings).toEqual([]);
  });

  test('a director that does not rewrite is found', () => {
    const story = served();
    story.tcp(client, vip).syn(...to(director, director));
    expect(culprits(directorNoRewrite, story)).toEqual([director.mac]);
  });

  test('a director that does not forward is found', () => {
    const story = served();
    for (let i = 0; i < 3; i++) story.tcp(client, vip).syn(...to(director));
    expect(culprits(directorNotForwarding, story)).toEqual([director.mac]);
  });

  test('what a director asks itself by way of the router is its own affair', () => {
    const story = served();
    for (let i = 0; i < 3; i++) story.tcp(director, vip).syn(director, gateway, director);
    expect(culprits(directorNotForwarding, story)).toEqual([]);
  });

  test('a director that resets connections is found', () => {
    const story = served();
    story
      .tcp(client, vip)
      .opens(to(director, rs1), [rs1, client])
      .data(...to(director))
      .reset(director, client);
    expect(culprits(directorResetsFlow, story)).toEqual([director.mac]);
  });

  test('a director that forwards only the second SYN from a port used before is found', () => {
    const story = served();
    const again = (isn: number) => story.tcp(client, vip, { clientPort: 5000, isn });
    again(1)
      .opens(to(director, rs1), [rs1, client])
      .fin(...to(director, rs1));
    const late = again(9999).syn(...to(director));
    story.wait(1000);
    late.opens(to(director, rs1), [rs1, client]);
    expect(culprits(portReuseDelay, story)).toEqual([director.mac]);
  });

  test('requests that the router gives to a real server are found', () => {
    const story = served();
    story.tcp(client, vip).opens(to(rs2), [rs2, client]);
    expect(culprits(directorBypassed, story)).toEqual([rs2.mac]);
  });

  test('a router that keeps on sending to the old director is found', () => {
    const story = adverts(served(), backup, 3, { version });
    for (let i = 0; i < 4; i++) {
      story.tcp(client, vip).syn(...to(director));
      adverts(story, backup, 2, { version });
    }
    const finding = onlyFinding(judgeBy([staleGatewayArp], story, two), staleGatewayArp);
    expect(finding).toMatchObject({ culprits: [{ mac: backup.mac }], count: 4 });
  });
});
