/** Diagnoses made by hand: what the reports are tested with. */
import type { Culprit, Diagnosis, EvidenceItem, Finding, RealServerSummary, Verdict } from '../../src/diagnosis.ts';

export const VIP = '192.168.1.100';

/** A time `microseconds` after the first frame of the captures below. */
export function at(microseconds: number): string {
  const seconds = Math.floor(microseconds / 1e6);
  return `2026-11-20T08:52:${String(1 + seconds).padStart(2, '0')}.${String((microseconds % 1e6) * 1000).padStart(9, '0')}Z`;
}

export function realServer(part: Partial<RealServerSummary>): RealServerSummary {
  return {
    name: null,
    ips: ['192.168.1.10'],
    macs: ['52:54:00:b0:61:3f'],
    requests: 3,
    answered: 3,
    refused: 0,
    silent: 0,
    bypassed: 0,
    source: 'observed',
    clues: ['gets copies of requests from 52:54:00:29:b1:46 and answers them'],
    ...part,
  };
}

export function evidence(frame: number, says: string, shows: EvidenceItem['shows'] = 'fault'): EvidenceItem {
  return { capture: 'mirror.pcap', frame, time: at(frame * 1234), shows, says };
}

export function culprit(number: number): Culprit {
  return { role: 'realServer', name: null, ip: `192.168.1.${9 + number}`, mac: `52:54:00:b0:61:${(0x3e + number).toString(16)}` };
}

/** Real server `number` (from 1) answers ARP for the VIP. */
export function answersArp(number: number, part: Partial<Finding> = {}): Finding {
  const who = culprit(number);
  return {
    id: `rs-answers-arp/${VIP}/${who.mac}`,
    rule: 'rs-answers-arp',
    code: 'LVS101',
    severity: 'critical',
    confidence: 'confirmed',
    message: `${who.ip} (${who.mac}) answers ARP requests for ${VIP}, 5 times.`,
    vip: VIP,
    culprits: [who],
    count: 5,
    unit: 'frames',
    first: at(1234),
    last: at(2_104_000),
    state: 'active',
    causedBy: [],
    evidence: [
      evidence(1, `ARP request from 192.168.1.1: who has ${VIP}?`, 'cause'),
      evidence(1 + number, `ARP reply to 192.168.1.1: ${VIP} is at ${who.mac}`),
    ],
    remedy: {
      why: `A real server must not answer ARP for ${VIP}: arp_ignore=1 makes it answer for the addresses of the receiving interface only, and the VIP stands on lo.`,
      steps: [
        {
          on: who.ip ?? '',
          commands: [
            'sysctl -w net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2',
            `ip addr add ${VIP}/32 dev lo`,
            "printf 'net.ipv4.conf.all.arp_ignore=1\\nnet.ipv4.conf.all.arp_announce=2\\n' > /etc/sysctl.d/90-lvs-dr.conf",
          ],
        },
        { on: '192.168.1.1', commands: [`ip neigh flush to ${VIP}`] },
        { on: '192.168.1.2', commands: [`arping -U -c 3 -I eth0 ${VIP}`] },
      ],
    },
    ...part,
  };
}

/** What follows from it: clients reach real server `number` past the director. */
export function bypassed(number: number, part: Partial<Finding> = {}): Finding {
  const who = culprit(number);
  return {
    ...answersArp(number),
    id: `director-bypassed/${VIP}/${who.mac}`,
    rule: 'director-bypassed',
    code: 'LVS104',
    confidence: 'probable',
    message: `9 new requests to ${VIP} go from 192.168.1.1 straight to ${who.ip} (${who.mac}) and never pass the director.`,
    count: 9,
    unit: 'requests',
    causedBy: [`rs-answers-arp/${VIP}/${who.mac}`],
    evidence: [6, 15, 24].map((frame) => evidence(frame, `SYN 198.51.100.7:41814 > ${VIP}:80, 52:54:00:00:00:01 > ${who.mac}`)),
    remedy: { why: '', steps: [{ on: '192.168.1.1', commands: [`ip neigh flush to ${VIP}`] }] },
    ...part,
  };
}

export function verdict(rule: string, subject: string, reason: string | null = null, capture: string | null = null): Verdict {
  return { rule, code: 'LVS302', vip: VIP, subject, verdict: reason === null ? 'passed' : 'not judged', reason, capture };
}

export function diagnosis(part: Partial<Diagnosis> = {}): Diagnosis {
  return {
    schema: 'lvs-doctor/diagnosis@1',
    tool: { name: 'lvs-doctor', version: '0.1.0' },
    verdict: 'clean',
    summary: `Direct routing of ${VIP} works: 9 requests through one director to 3 real servers, all answered.`,
    captures: [
      {
        name: 'mirror.pcap',
        point: 'mirror',
        format: 'pcap',
        linkType: 'ethernet',
        frames: 115,
        bytes: 10186,
        first: at(0),
        last: at(2_604_000),
        cutOff: false,
        dropped: null,
        clockOffset: null,
      },
    ],
    cluster: {
      vips: [
        {
          ip: VIP,
          services: ['80/tcp'],
          mode: 'dr',
          source: 'observed',
          clues: ['copies of its requests leave 52:54:00:29:b1:46 unchanged'],
        },
      ],
      directors: [
        {
          name: null,
          ips: ['192.168.1.2'],
          macs: ['52:54:00:29:b1:46'],
          vips: [VIP],
          from: at(0),
          until: null,
          source: 'observed',
          clues: [`answers ARP for ${VIP}`, 'sends copies of requests to 3 machines'],
        },
      ],
      realServers: [1, 2, 3].map((number) => realServer({ ips: [culprit(number).ip ?? ''], macs: [culprit(number).mac ?? ''] })),
      gateways: [
        {
          name: null,
          ips: ['192.168.1.1'],
          macs: ['52:54:00:00:00:01'],
          source: 'observed',
          clues: ['carries 4 addresses of other networks'],
        },
      ],
      clients: { count: 4, onLink: 0 },
    },
    findings: [],
    verdicts: [],
    notices: [],
    paths: [
      {
        vip: VIP,
        service: '80/tcp',
        path: ['→ client>director', '→ director>192.168.1.10', '← 192.168.1.10>client'],
        flows: 3,
        frames: [3, 6, 9],
      },
    ],
    limits: { flowsForgotten: 0, pathsOverflowed: 0, edgesOverflowed: 0, claimsForgotten: 0, sendersNotJudged: 0 },
    ...part,
  };
}

const RULES = ['rs-announces-vip', 'gateway-arp-flip', 'director-no-rewrite', 'reply-wrong-source'];

export const HEALTHY = diagnosis({
  verdicts: [
    ...RULES.flatMap((rule) => [1, 2, 3].map((number) => verdict(rule, culprit(number).ip ?? ''))),
    verdict('director-no-rewrite', '192.168.1.2'),
    verdict('rs-answers-arp', '192.168.1.10'),
  ],
});

export const ONE_FAULT = diagnosis({
  verdict: 'fault',
  summary: `Real server 192.168.1.10 answers ARP for ${VIP}.`,
  findings: [answersArp(1)],
  verdicts: [2, 3].map((number) => verdict('rs-answers-arp', culprit(number).ip ?? '')),
});

export const MANY = diagnosis({
  verdict: 'fault',
  summary: `3 real servers answer ARP for ${VIP}, and all 9 requests go past the director straight to 192.168.1.12.`,
  cluster: {
    ...diagnosis().cluster,
    realServers: [1, 2, 3].map((number) =>
      realServer({
        ips: [culprit(number).ip ?? ''],
        macs: [culprit(number).mac ?? ''],
        requests: number === 3 ? 9 : 0,
        answered: number === 3 ? 9 : 0,
        bypassed: number === 3 ? 9 : 0,
      }),
    ),
  },
  findings: [answersArp(1), answersArp(2, { confidence: 'probable' }), bypassed(3), answersArp(3)],
  notices: [{ code: 'LVS909', notice: 'file-cut-off', message: 'mirror.pcap ends inside frame 116; everything before it is judged.' }],
  verdicts: [
    ...RULES.flatMap((rule) => [1, 2, 3].map((number) => verdict(rule, culprit(number).ip ?? ''))),
    ...[1, 2].flatMap((number) =>
      ['rs-no-reply', 'rs-refuses'].map((rule) =>
        verdict(
          rule,
          culprit(number).ip ?? '',
          'no request reaches it',
          `on 192.168.1.${9 + number}: tcpdump -i eth0 -s 128 -w rs.pcap 'arp or host ${VIP}'`,
        ),
      ),
    ),
    verdict('director-not-forwarding', '192.168.1.2', 'no request reaches the director'),
  ],
});

export const CANNOT_TELL = diagnosis({
  verdict: 'cannot tell',
  summary: 'No LVS cluster is recognised in 12 frames of rs.pcap: no address is served through another machine.',
  cluster: { vips: [], directors: [], realServers: [], gateways: [], clients: { count: 0, onLink: 0 } },
  notices: [
    { code: 'LVS901', notice: 'no-destination-mac', message: 'The capture was taken with -i any: frames have no destination MAC.' },
  ],
  paths: [],
});

const V6 = '2001:db8:8::100';
const LONG = '2001:db8:1234:5678:9abc:def0:1234:5678';

export const IPV6 = diagnosis({
  verdict: 'fault',
  summary: `Real server 2001:db8:8::11 answers neighbour solicitations for ${V6}.`,
  cluster: {
    vips: [{ ip: V6, services: ['80/tcp'], mode: 'dr', source: 'guessed', clues: [] }],
    directors: [
      {
        name: 'lvs1',
        ips: ['2001:db8:8::2', 'fe80::f816:3eff:fec0:126f'],
        macs: ['fa:16:3e:c0:12:6f'],
        vips: [V6],
        from: null,
        until: null,
        source: 'given',
        clues: [],
      },
    ],
    realServers: [
      realServer({ name: 'web1', ips: ['2001:db8:8::11'], macs: ['fa:16:3e:8c:13:fa'], silent: null, answered: 0 }),
      realServer({ ips: [LONG], macs: ['fa:16:3e:8c:13:fb'] }),
    ],
    gateways: [],
    clients: { count: 1, onLink: 1 },
  },
  findings: [
    answersArp(1, {
      id: `rs-answers-nd/${V6}/fa:16:3e:8c:13:fa`,
      rule: 'rs-answers-nd',
      code: 'LVS109',
      vip: V6,
      message: `web1 (fa:16:3e:8c:13:fa) advertises ${V6} with the override flag to ${LONG}.`,
      culprits: [{ role: 'realServer', name: 'web1', ip: '2001:db8:8::11', mac: 'fa:16:3e:8c:13:fa' }],
      evidence: Array.from({ length: 30 }, (_, i) =>
        evidence(2 * i + 1, `neighbour advertisement: ${V6} is at fa:16:3e:8c:13:fa, solicited, override, to ${LONG}`),
      ),
      remedy: {
        why: 'On lo the address is neither answered nor announced.',
        steps: [
          {
            on: '2001:db8:8::11',
            commands: [
              `ip -6 addr add ${V6}/128 dev lo preferred_lft 0`,
              `ip -6 addr del ${V6}/64 dev eth0  # it stays reachable through lo, and nobody hears of it`,
            ],
          },
        ],
      },
    }),
  ],
  paths: [],
});

const HOSTILE_NAME = 'evil\u001b[31m\u202etxt.pcap; rm -rf $HOME\n';

export const HOSTILE = diagnosis({
  verdict: 'fault',
  summary: 'x\u001b]0;pwned\u0007 answers\u2066 for the VIP.',
  captures: [{ ...diagnosis().captures[0]!, name: HOSTILE_NAME, point: 'rs\u009b1', cutOff: true, dropped: 3 }],
  findings: [
    answersArp(1, {
      message: 'rs\u001b[2J1 answers.\r\nCLEAN: nothing is wrong',
      culprits: [{ role: 'realServer', name: 'web\u202e1', ip: '192.168.1.10', mac: null }],
      evidence: [{ ...evidence(7, 'ARP\u0007 reply'), capture: HOSTILE_NAME }],
      remedy: { why: 'why\u200b', steps: [{ on: 'web\u202e1', commands: ['echo \u001b[0m done'] }] },
    }),
  ],
});
