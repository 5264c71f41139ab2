/**
 * LVS201: a director sends a request on without giving it a real server's MAC.
 * The frame goes back to the director, to its sender or to nobody; to the client that is silence.
 *
 * An unchanged frame looks like a mirror's duplicate. They are told apart by what else the mirror doubles: frames that the director
 * cannot have sent again.
 */
import type { Machine, Vip } from '../cluster/cluster.ts';
import type { Example, FlowPath, Ip, Mac, Step } from '../cluster/observations.ts';
import type { FrameRef } from '../correlation/frame-ref.ts';
import { Begun, PathEvent } from '../correlation/paths.ts';
import type { Confidence } from '../diagnosis.ts';
import { captureOn } from './capture-command.ts';
import { arrivalAt } from './requests.ts';
import { type Case, type Evidence, isGuessed, type Rule, type Subject } from './rule.ts';
import { count, endpoint, hopSays, hostOf, NO_DESTINATIONS, verb, whoIs } from './wording.ts';

interface Data {
  readonly ip: Ip;
  readonly who: string;
  readonly host: string;
  readonly flows: number;
  readonly arrivesFrame: number;
  readonly leavesFrame: number;
  /** What the frame that leaves has for destination. */
  readonly destination: 'its own MAC' | "the sender's MAC" | 'a group address' | 'both MACs unchanged';
}

interface Unwritten {
  readonly path: FlowPath;
  readonly arrives: number;
  readonly leaves: number;
  readonly destination: Data['destination'];
  readonly confidence: Confidence;
}

const MAX_SHOWN = 2;
/** A mirror that doubles does so with all frames between its ports: a quarter of all frames is far from chance and from all. */
const USUALLY = 0.25;

export const directorNoRewrite: Rule<Data> = {
  code: 'LVS201',
  name: 'director-no-rewrite',
  severity: 'critical',
  summary: "The director sends requests on without a real server's MAC.",
  headline: (who, ip, isOne) => `${who} ${verb(isOne, 'sends', 'send')} requests for ${ip} on without rewriting the destination MAC`,

  *subjects(c) {
    for (const vip of c.cluster.vips) {
      if (vip.mode === 'nat') continue;
      for (const { machine } of vip.directors) yield { ip: vip.ip, vip, machine };
    }
    // Of an address whose machines nobody knows, whoever answers for it and is asked may be a director that forwards nothing.
    for (const ip of unknownServices(c)) {
      for (const claim of c.o.about(ip)?.macs ?? []) {
        if (claim.counts.reply > 0) yield { ip, vip: null, machine: c.cluster.machineOf(claim.mac) };
      }
    }
  },

  check(c, s) {
    const machine = s.machine!;
    const compared = new Compared(c, s.ip, s.vip, machine);
    const unwritten = c.o
      .pathsTo(s.ip)
      .map((path) => readPath(c, s, machine, path, compared))
      .filter((u) => u !== null);
    const examples = unwritten
      .flatMap((u) => u.path.examples.map((example) => ({ ...u, example })))
      .filter((u) => u.example.frames[u.leaves] !== undefined)
      .sort((a, b) => a.example.frames[0]!.at - b.example.frames[0]!.at);
    const first = examples[0];
    if (first === undefined) return [];
    const flows = unwritten.reduce((sum, u) => sum + u.path.flows, 0);
    const evidence: Evidence[] = examples.slice(0, MAX_SHOWN).flatMap((u) => {
      const { example, path } = u;
      const what = `${path.protocol === 'tcp' ? 'SYN' : 'datagram'} ${endpoint(example.client, example.clientPort)} > ${endpoint(path.server, example.serverPort)}`;
      const comes = path.steps[u.arrives]!;
      const goes = path.steps[u.leaves]!;
      return [
        { at: example.frames[u.arrives]!, shows: 'cause' as const, says: hopSays(what, comes.source, comes.destination) },
        {
          at: example.frames[u.leaves]!,
          shows: 'fault' as const,
          says: hopSays(`the same again, ${u.destination === 'both MACs unchanged' ? 'unchanged,' : 'now'}`, goes.source, goes.destination),
        },
      ];
    });
    const last: FrameRef = examples.at(-1)!.example.frames[examples.at(-1)!.leaves]!;
    return [
      {
        data: {
          ip: s.ip,
          who: whoIs(machine, first.path.steps[first.arrives]!.destination),
          host: hostOf(machine, 'the director'),
          flows,
          arrivesFrame: first.example.frames[first.arrives]!.frame,
          leavesFrame: first.example.frames[first.leaves]!.frame,
          destination: first.destination,
        },
        culprits: [machine],
        confidence: s.vip !== null && isGuessed(s.vip, machine) ? 'possible' : bestOf(unwritten.map((u) => u.confidence)),
        count: flows,
        unit: 'flows',
        first: first.example.frames[first.arrives]!,
        last,
        evidence,
      },
    ];
  },

  blind(c, s) {
    const machine = s.machine!;
    const missing = (reason: string) => ({ reason, capture: captureOn(machine, s.ip, 'the director') });
    if (!c.sight.hasDestinations) return missing(NO_DESTINATIONS);
    if (!c.sight.seesAllFrom(machine)) return missing('what the director sends to real servers does not pass this capture point');
    const rewritten = c.o.pathsTo(s.ip).some((p) => p.begun <= Begun.datagram && p.toward.some((h) => machine.macs.includes(h.source)));
    return rewritten ? null : missing(`it sends no request for ${s.ip} on in this capture`);
  },

  message(d) {
    const how = d.destination === 'both MACs unchanged' ? 'with both MACs unchanged' : `to ${d.destination}`;
    return `${d.who} sends requests for ${d.ip} on without a real server's MAC: ${count(d.flows, 'flow')}; the request that arrives in frame ${d.arrivesFrame} leaves in frame ${d.leavesFrame} ${how}, and nothing else of it follows.`;
  },

  remedy(d) {
    return {
      why: 'Direct routing is the rewriting of the destination MAC: without it no real server gets the request.',
      steps: [
        {
          on: d.host,
          commands: [
            "nft list ruleset | grep -n -B2 -A2 'fwd to'   # each rule needs 'ether daddr set REAL-SERVER-MAC' (and 'ether saddr set' the director's own) before 'fwd to'",
            `ipvsadm -Ln | grep -A8 '${d.ip}'   # Forward must be Route`,
            "ip neigh show   # the real servers' entries must be REACHABLE or STALE, not FAILED, and hold their own MACs",
          ],
        },
      ],
    };
  },
};

/** With no cluster in sight all servers; else the VIPs that were given, but of which no machine was given or is seen at work. */
function unknownServices(c: Case): Iterable<Ip> {
  const { vips } = c.cluster;
  if (vips.length === 0) return c.o.servers;
  return vips.filter((vip) => vip.mode !== 'nat' && vip.directors.length === 0 && vip.realServers.length === 0).map(({ ip }) => ip);
}

function readPath(c: Case, s: Subject, machine: Machine, path: FlowPath, compared: Compared): Unwritten | null {
  if (path.begun > Begun.datagram || path.from.length > 0) return null;
  // A request that a real server or another director hands back goes in circles; that is another fault.
  const entry = s.vip === null ? path.toward[0] : arrivalAt(c, s.vip, machine, path);
  if (entry === undefined || !machine.macs.includes(entry.destination)) return null;
  // Who is handed requests of others may be handed its own: a real server that lacks the VIP and asks for it.
  if (compared.isHandedOthersToo(entry.source, path)) return null;
  const arrives = path.steps.indexOf(entry);
  const onward = path.toward.filter((hop) => machine.macs.includes(hop.source));
  const wrong = onward.find((hop) => wrongDestination(machine, entry, hop) !== null);
  if (onward.some((hop) => wrongDestination(machine, entry, hop) === null)) return null;
  if (wrong !== undefined) {
    return {
      path,
      arrives,
      leaves: path.steps.indexOf(wrong),
      destination: wrongDestination(machine, entry, wrong)!,
      confidence: 'confirmed',
    };
  }
  return readEcho(c, s, path, arrives, entry, compared);
}

/** What is wrong with the destination of a hop out of the director; null when it is another machine's MAC. */
function wrongDestination(machine: Machine, entry: Step, hop: Step): Data['destination'] | null {
  if (machine.macs.includes(hop.destination)) return 'its own MAC';
  if (hop.destination === entry.source) return "the sender's MAC";
  return (Number.parseInt(hop.destination.slice(0, 2), 16) & 1) === 1 ? 'a group address' : null;
}

/** The request again on the same hop, more often than the mirror doubles frames that the director cannot have sent. */
function readEcho(c: Case, s: Subject, path: FlowPath, arrives: number, entry: Step, compared: Compared): Unwritten | null {
  const again = path.steps.findIndex((step) => isAgain(step, PathEvent.echo, entry));
  if (again < 0 || (s.vip === null && hasSeveralOwners(c, s.ip))) return null;
  // A client that acknowledges an answer had one: what is seen twice is a later segment of it.
  if (path.steps.some(({ event }) => event === PathEvent.established)) return null;
  const thrice = path.steps.findIndex((step) => isAgain(step, PathEvent.echoAgain, entry));
  const usual = compared.usualSightings;
  const seen = thrice >= 0 ? 3 : 2;
  if (seen <= Math.max(usual ?? 0, compared.usualOnHop(entry))) return null;
  return {
    path,
    arrives,
    leaves: thrice >= 0 ? thrice : again,
    destination: 'both MACs unchanged',
    confidence: usual === null ? 'possible' : 'probable',
  };
}

function isAgain(step: Step, event: PathEvent, { source, destination }: Step): boolean {
  return step.event === event && step.source === source && step.destination === destination;
}

function hasSeveralOwners(c: Case, ip: Ip): boolean {
  return c.o.about(ip)!.macs.filter((m) => m.counts.reply > 0).length > 1;
}

/** Frames that are seen, and of these a second and a third time. */
class Sightings {
  once = 0;
  twice = 0;
  thrice = 0;

  add(once: number, twice: number, thrice: number): void {
    this.once += once;
    this.twice += twice;
    this.thrice += thrice;
  }

  /** How often most of them are seen: 1, 2 or 3. */
  get usual(): number {
    if (this.thrice > this.once * USUALLY) return 3;
    return this.twice > this.once * USUALLY ? 2 : 1;
  }
}

/** What a machine's requests are compared with. Each is found once, however many requests there are: a flood has a path for each frame. */
class Compared {
  readonly #c: Case;
  readonly #ip: Ip;
  readonly #vip: Vip | null;
  readonly #machine: Machine;
  readonly #handedOthersToo = new Map<Mac, boolean>();
  #onHops: Map<string, Sightings> | null = null;
  #usual: number | null | undefined;

  constructor(c: Case, ip: Ip, vip: Vip | null, machine: Machine) {
    this.#c = c;
    this.#ip = ip;
    this.#vip = vip;
    this.#machine = machine;
  }

  /** Whether a sender's requests are its own, and the machine hands it those of others, too, which it did not bring. */
  isHandedOthersToo(sender: Mac, own: FlowPath): boolean {
    const { ips } = this.#c.o.claimedBy(sender);
    const isOwn = ({ client }: Example) => ips.includes(client);
    if (!own.examples.every(isOwn)) return false;
    let isHanded = this.#handedOthersToo.get(sender);
    if (isHanded === undefined) {
      isHanded = this.#c.o
        .pathsTouching([sender], this.#ip)
        .some(
          ({ toward: [hop], examples }) => hop?.destination === sender && this.#machine.macs.includes(hop.source) && !examples.every(isOwn),
        );
      this.#handedOthersToo.set(sender, isHanded);
    }
    return isHanded;
  }

  /** How often the capture usually holds a frame that the machine cannot have sent again; null when it holds none to compare. */
  get usualSightings(): number | null {
    if (this.#usual !== undefined) return this.#usual;
    const { facts } = this.#c.o;
    const { once, twice, thrice } = facts.sightings;
    const sightings = new Sightings();
    for (let edge = 1; edge < facts.edges.count; edge++) {
      if (this.#machine.macs.includes(this.#c.o.macOf(facts.edges.destination[edge]!))) continue;
      sightings.add(once[edge] ?? 0, twice[edge] ?? 0, thrice[edge] ?? 0);
    }
    this.#usual = sightings.once === 0 ? null : sightings.usual;
    return this.#usual;
  }

  /** The same of requests on this hop that the machine does rewrite: a mirror of two ports doubles only what passes between them. */
  usualOnHop(hop: Step): number {
    this.#onHops ??= this.#readHops();
    return this.#onHops.get(keyOf(hop))?.usual ?? 1;
  }

  #readHops(): Map<string, Sightings> {
    const onHops = new Map<string, Sightings>();
    const { macs } = this.#machine;
    for (const path of this.#c.o.pathsTouching(macs, this.#ip)) {
      const entry = this.#vip === null ? path.toward[0] : arrivalAt(this.#c, this.#vip, this.#machine, path);
      if (path.begun > Begun.datagram || entry === undefined) continue;
      if (!path.toward.some((hop) => macs.includes(hop.source) && wrongDestination(this.#machine, entry, hop) === null)) continue;
      const sightings = onHops.get(keyOf(entry)) ?? new Sightings();
      onHops.set(keyOf(entry), sightings);
      const has = (event: PathEvent) => path.steps.some((step) => isAgain(step, event, entry));
      sightings.add(path.flows, has(PathEvent.echo) ? path.flows : 0, has(PathEvent.echoAgain) ? path.flows : 0);
    }
    return onHops;
  }
}

function keyOf({ source, destination }: Step): string {
  return `${source} ${destination}`;
}

function bestOf(confidences: readonly Confidence[]): Confidence {
  return confidences.includes('confirmed') ? 'confirmed' : confidences.includes('probable') ? 'probable' : 'possible';
}
