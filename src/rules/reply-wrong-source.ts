/**
 * LVS301: a real server answers a client of the VIP from another address, its own.
 * The client asked the VIP and throws the answer away: TCP resets it, a connected UDP socket refuses it.
 */
import type { Machine, Vip } from '../cluster/cluster.ts';
import type { Example, FlowPath, Ip, Step } from '../cluster/observations.ts';
import { PathEvent } from '../correlation/paths.ts';
import { captureOn } from './capture-command.ts';
import { flowsOn, frameOf, type Sighting, sightingsOf } from './requests.ts';
import { type Case, type Evidence, isGuessed, type Rule, realServersOf } from './rule.ts';
import { count, endpoint, hopSays, hostOf, verb, whoIs } from './wording.ts';

interface Data {
  readonly ip: Ip;
  readonly port: number;
  readonly protocol: 'tcp' | 'udp';
  readonly who: string;
  readonly host: string;
  /** The address that it answered from. */
  readonly wrong: Ip | null;
  readonly flows: number;
  readonly requestFrame: number;
  readonly replyFrame: number;
  /** The client's refusal, if it shows. */
  readonly sealFrame: number | null;
}

const MAX_SHOWN = 2;

export const replyWrongSource: Rule<Data> = {
  code: 'LVS301',
  name: 'reply-wrong-source',
  severity: 'critical',
  summary: 'A real server answers a client of the VIP from another address.',
  headline: (who, ip, isOne) => `${who} ${verb(isOne, 'answers', 'answer')} clients of ${ip} from another address`,

  subjects: (c) => realServersOf(c),

  check(c, s) {
    const { machine, vip } = s as { machine: Machine; vip: Vip };
    const wrong = c.o.pathsTouching(machine.macs, s.ip).filter((path) => answerOf(machine, path) !== undefined);
    const flows = flowsOn(wrong);
    const seen = sightingsOf(wrong, (path) => answerOf(machine, path));
    const first = seen[0];
    if (first === undefined) return [];
    const shown = seen.slice(0, MAX_SHOWN).map((each) => tell(c, each));
    const tcp = first.path.protocol === 'tcp';
    const { sealFrame } = shown[0]!;
    return [
      {
        data: {
          ip: s.ip,
          port: first.example.serverPort,
          protocol: first.path.protocol,
          who: whoIs(machine, first.step.source),
          host: hostOf(machine, 'the real server'),
          wrong: shown[0]!.wrong,
          flows,
          requestFrame: frameOf(first, (step) => step === first.path.toward[0])!.frame,
          replyFrame: first.at.frame,
          sealFrame,
        },
        culprits: [machine],
        confidence: isGuessed(vip, machine) ? 'possible' : tcp || sealFrame !== null ? 'confirmed' : 'probable',
        count: flows,
        unit: 'flows',
        first: first.at,
        last: seen.at(-1)!.at,
        evidence: shown.flatMap((x) => x.evidence),
      },
    ];
  },

  blind(c, s) {
    const { machine } = s as { machine: Machine };
    const missing = (reason: string) => ({ reason, capture: captureOn(machine, s.ip, 'the real server') });
    if (machine.macs.length === 0) return missing('its MAC is not known: no frame shows it, and none was given');
    const answered = c.o.passagesOf(s.ip).some((p) => !p.toward && machine.macs.includes(p.source));
    if (answered) return null;
    if (!c.sight.seesAllFrom(machine)) return missing('its replies do not pass this capture point');
    return missing('it answers nothing in this capture');
  },

  message(d) {
    const answer = d.protocol === 'tcp' ? 'SYN-ACK' : 'datagram';
    const from = d.wrong === null ? 'another address' : `${d.wrong}:${d.port}`;
    const seal = d.sealFrame === null ? '' : ` The client refuses it in frame ${d.sealFrame}.`;
    return `${d.who} answers ${count(d.flows, 'flow')} to ${d.ip}:${d.port} from ${from}: the request in frame ${d.requestFrame} went to ${d.ip}, its answer (${answer}) in frame ${d.replyFrame} does not come from there.${seal}`;
  },

  remedy(d) {
    return {
      why: `The client asked ${d.ip} and accepts an answer only from there. The service must see the VIP as its own address and answer from it.`,
      steps: [
        {
          on: d.host,
          commands:
            d.protocol === 'udp'
              ? [
                  `ss -lunp 'sport = :${d.port}'   # a daemon bound to 0.0.0.0 or [::] lets the kernel choose the source`,
                  `# bind the daemon to ${d.ip}, or let it use IP_PKTINFO (unbound: interface-automatic: yes; BIND: listen-on { ${d.ip}; })`,
                ]
              : [
                  `ip -br addr show to ${d.ip}   # must be on lo: then a socket answers from it by itself`,
                  'nft list ruleset | grep -nE "snat|masquerade"; iptables-save -t nat | grep -nE "SNAT|MASQUERADE|DNAT|REDIRECT"   # a rule that rewrites the source or redirects the VIP',
                ],
        },
      ],
    };
  },
};

/** This real server's answer from another address, to a request that was seen before it. */
function answerOf(machine: Machine, path: FlowPath): Step | undefined {
  const wrong = path.steps.find((step) => step.event === PathEvent.answeredElsewhere && machine.macs.includes(step.source));
  const [request] = path.toward;
  const isSeen = wrong !== undefined && request !== undefined && path.steps.indexOf(request) < path.steps.indexOf(wrong);
  return isSeen ? wrong : undefined;
}

interface Told {
  readonly wrong: Ip | null;
  readonly sealFrame: number | null;
  readonly evidence: Evidence[];
}

/** One flow's story: the request, its hops, the answer from elsewhere, the client's refusal. */
function tell(c: Case, { path, example, step: wrong, at: reply }: Sighting): Told {
  const stray = strayFlow(c, reply.frame);
  const evidence: Evidence[] = [];
  const request = `${path.protocol === 'tcp' ? 'SYN' : 'datagram'} ${endpoint(example.client, example.clientPort)} > ${endpoint(path.server, example.serverPort)}`;
  path.steps.slice(0, path.steps.indexOf(wrong)).forEach((step, i) => {
    if (path.toward.includes(step))
      evidence.push({ at: example.frames[i]!, shows: 'cause', says: hopSays(request, step.source, step.destination) });
  });
  const answer = path.protocol === 'tcp' ? 'SYN-ACK' : 'answer';
  const from = stray === null ? 'another address' : endpoint(stray.path.server, stray.example.serverPort);
  evidence.push({
    at: reply,
    shows: 'fault',
    says: hopSays(
      `${answer} from ${from}, not from ${path.server}, to ${endpoint(example.client, example.clientPort)};`,
      wrong.source,
      wrong.destination,
    ),
  });
  const sealIndex = stray?.path.steps.findIndex((s) => s.event === PathEvent.clientReset || s.event === PathEvent.unreachable) ?? -1;
  const seal = stray?.example.frames[sealIndex];
  if (seal !== undefined) {
    const { path: refused } = stray!;
    const step = refused.steps[sealIndex]!;
    const word = step.event === PathEvent.clientReset ? 'reset' : 'ICMP port unreachable';
    evidence.push({
      at: seal,
      shows: 'effect',
      says: hopSays(`the client refuses it: ${word} to ${refused.server}`, step.source, step.destination),
    });
  }
  return { wrong: stray?.path.server ?? null, sealFrame: seal?.frame ?? null, evidence };
}

/** The flow that begins with the answer from elsewhere. */
function strayFlow(c: Case, frame: number): { path: FlowPath; example: Example } | null {
  for (const path of c.o.paths) {
    for (const example of path.examples) {
      if (example.frames[0]?.frame === frame) return { path, example };
    }
  }
  return null;
}
