/** Who can send a frame can name any MAC in it. What is said of a machine by others must not make it the culprit. */
import { describe, expect, test } from 'vitest';
import { adverts } from '../support/failover.ts';
import { connect, healthy } from '../support/healthy.ts';
import { caseOf, given, judgeAll, MIRROR } from '../support/judged.ts';
import { host, lan, type Story, type Version } from '../support/story.ts';

const EVERYBODY = { name: 'everybody', mac: 'ff:ff:ff:ff:ff:ff', ip: '255.255.255.255' };
const ALL_NODES = { name: 'all nodes', mac: '33:33:00:00:00:01', ip: 'ff02::1' };

describe.each([4, 6] as const satisfies Version[])('a forger (IPv%i)', (version) => {
  const { vip, gateway, director, rs1, rs2, rs3 } = lan(version);
  const forger = host('forger', 66, version);
  const roles = given({ vips: [vip], directors: [director], realServers: [rs1, rs2, rs3], gateways: [gateway] });
  const judged = (story: Story) => [judgeAll(story, MIRROR), judgeAll(story, { ...MIRROR, given: roles })];
  const culprits = (story: Story) => judged(story).map(({ findings }) => findings.map((f) => [f.rule, f.culprits.map((c) => c.mac)]));

  test('who answers that the VIP is at a real server is named, not the real server', () => {
    const story = healthy({ version }).whoHas(gateway, vip).isAt(forger, vip, gateway, rs1.mac).isAt(director, vip, gateway);
    for (const found of culprits(story)) {
      expect(found).toEqual([
        ['vip-arp-race', [forger.mac]],
        ['arp-sender-mac-mismatch', [forger.mac]],
      ]);
    }
    const mismatch = judged(story)[0]!.findings[1]!;
    expect(mismatch.message).toContain(
      `in 1 frame sent from ${forger.mac}, first in frame ${story.frame - 1}; ${rs1.mac} is another machine's.`,
    );
    expect(mismatch.evidence[0]!.says).toContain(`${vip} is at ${rs1.mac}, in a frame from ${forger.mac}`);
  });

  test('who announces that the VIP is at a real server is named', () => {
    const story = healthy({ version }).isAt(forger, vip, version === 4 ? EVERYBODY : ALL_NODES, rs1.mac);
    for (const found of culprits(story)) expect(found).toEqual([['arp-sender-mac-mismatch', [forger.mac]]]);
  });

  test('whose message moved the gateway’s entry to a real server is to be mended, not the real server', () => {
    const story = healthy({ version }).isAt(forger, vip, version === 4 ? EVERYBODY : ALL_NODES, rs1.mac);
    const told = story.frame;
    story.tcp(lan(version).remote, vip).opens([gateway, rs1], [rs1, gateway]);
    for (const { findings } of judged(story)) {
      const flip = findings.find((f) => f.rule === 'gateway-arp-flip')!;
      expect(flip.culprits.map((c) => c.mac)).toEqual([forger.mac]);
      expect(flip.message).toContain(`in frame ${told}, which ${forger.mac} sent.`);
      expect(JSON.stringify(flip.remedy)).not.toContain('arp_ignore');
      expect(findings.map((f) => f.rule)).not.toContain('rs-announces-vip');
    }
  });

  test('what a machine says itself is not hidden by what others say of it', () => {
    const story = healthy({ version });
    const many = version === 4 ? EVERYBODY : ALL_NODES;
    for (let i = 0; i < 40; i++) story.isAt(forger, vip, many, rs1.mac);
    story.whoHas(gateway, vip).isAt(rs1, vip, gateway);
    for (let i = 0; i < 40; i++) story.isAt(forger, vip, many, rs1.mac);
    const rule = version === 4 ? 'rs-answers-arp' : 'rs-answers-nd';
    for (const { findings } of judged(story)) {
      expect(findings.find((f) => f.rule === rule)).toMatchObject({ count: 1, culprits: [{ mac: rs1.mac }] });
    }
  });

  test('two real servers that a forger says to claim their addresses in turn do not', () => {
    const story = healthy({ version });
    const many = version === 4 ? EVERYBODY : ALL_NODES;
    for (let i = 0; i < 6; i++) story.wait(1000).isAt(forger, rs1.ip, many, rs2.mac).announces(rs1, rs1.ip);
    for (const found of culprits(story)) expect(found.map(([rule]) => rule)).not.toContain('duplicate-ip');
  });

  test('who advertises the VIP by VRRP is taken for a director, and the clues say why', () => {
    const story = adverts(healthy({ version }), forger, 3, { version });
    connect(story, rs1, { version });
    const [vipFound] = caseOf(story, MIRROR).cluster.vips;
    const role = vipFound!.directors.find((d) => d.machine.macs.includes(forger.mac))!;
    expect(role.source).toBe('declared');
    expect(role.clues[0]).toMatch(/^sends VRRP adverts for /);
  });
});
