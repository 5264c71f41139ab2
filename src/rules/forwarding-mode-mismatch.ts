/**
 * LVS206: the director forwards by NAT or through a tunnel.
 * Against the configuration that is a fault; without one it is a fact to know: the rules of direct routing judge nothing there.
 */
import type { Machine, Vip } from '../cluster/cluster.ts';
import { type FlowPath, type Ip, type Step, serviceName } from '../cluster/observations.ts';
import { PathEvent } from '../correlation/paths.ts';
import { captureOn } from './capture-command.ts';
import { flowsOn, sightingsOf, stepsAsEvidence } from './requests.ts';
import type { Case, Rule } from './rule.ts';
import { count, hostOf, NO_DESTINATIONS, whoIs } from './wording.ts';

interface Data {
  readonly ip: Ip;
  /** The real server's address that requests are seen to go to, where that is all that shows; else null. */
  readonly rewrittenTo: Ip | null;
  readonly who: string;
  readonly host: string;
  readonly mode: 'nat' | 'tun';
  /** What direct routing was expected by: the configuration, other flows of the same service, or nothing. */
  readonly against: 'configuration' | 'other flows' | null;
  readonly flows: number;
  readonly frame: number;
}

const MODE_WORDS = { nat: 'NAT (the destination address is rewritten)', tun: 'a tunnel (the request is encapsulated)' } as const;

export const forwardingModeMismatch: Rule<Data> = {
  code: 'LVS206',
  name: 'forwarding-mode-mismatch',
  severity: 'warning',
  summary: 'The director forwards by NAT or through a tunnel, not by direct routing.',
  headline: (who, ip) => `${who} forwards requests for ${ip} by NAT or tunnel`,

  *subjects(c) {
    for (const vip of c.cluster.vips) for (const { machine } of vip.directors) yield { ip: vip.ip, vip, machine };
  },

  check(c, s) {
    const { machine, vip } = s as { machine: Machine; vip: Vip };
    const configured = new Set(vip.given?.services.map((x) => x.mode).filter((m) => m !== null));
    const forwarded = c.o.pathsTouching(machine.macs, s.ip).filter((path) => forwardedBy(machine, path) !== undefined);
    const mixed = configured.size > 0 ? [] : ofServicesRoutedDirectly(c, vip, forwarded);
    const told = mixed.length > 0 ? mixed : forwarded;
    const paths = told.length > 0 || !configured.has('nat') ? told : translatedPaths(c, vip, machine);
    const first = sightingsOf(paths, (path) => forwardedBy(machine, path) ?? path.toward[0])[0];
    if (first === undefined) return [];
    const mode = first.step.event === PathEvent.towardInTunnel ? 'tun' : 'nat';
    const against = configured.size > 0 ? (configured.has(mode) ? null : 'configuration') : mixed.length > 0 ? 'other flows' : null;
    const flows = flowsOn(paths);
    const shown = stepsAsEvidence(first, (step) =>
      machine.macs.includes(step.source) && step.event !== PathEvent.from ? 'fault' : first.path.toward.includes(step) ? 'cause' : null,
    );
    return [
      {
        data: {
          ip: s.ip,
          rewrittenTo: first.path.server === s.ip ? null : first.path.server,
          who: whoIs(machine, first.step.source),
          host: hostOf(machine, 'the director'),
          mode,
          against,
          flows,
          frame: first.at.frame,
        },
        culprits: [machine],
        confidence: 'confirmed',
        ...(against === null ? { severity: 'info' as const } : {}),
        count: flows,
        unit: 'flows',
        first: shown[0]!.at,
        last: shown.at(-1)!.at,
        evidence: shown,
      },
    ];
  },

  blind(c, s) {
    const { machine } = s as { machine: Machine };
    const missing = (reason: string) => ({ reason, capture: captureOn(machine, s.ip, 'the director') });
    if (!c.sight.hasDestinations) return missing(NO_DESTINATIONS);
    const forwards = c.o.passagesOf(s.ip).some((p) => p.toward && machine.macs.includes(p.source));
    return forwards ? null : missing(`it sends no request for ${s.ip} on in this capture`);
  },

  message(d) {
    const but =
      d.against === null ? '' : d.against === 'configuration' ? '; the configuration says otherwise' : '; other flows are routed directly';
    const [what, to] = d.rewrittenTo === null ? [`requests for ${d.ip}`, ''] : ['requests', `, here to ${d.rewrittenTo}`];
    return `${d.who} forwards ${what} by ${MODE_WORDS[d.mode]}${to}: ${count(d.flows, 'flow')}, seen in frame ${d.frame}${but}.`;
  },

  remedy(d) {
    return {
      why: 'Only direct routing (-g, Route) hands the packet over unchanged; keepalived uses NAT where lb_kind is not set.',
      steps: [
        {
          on: d.host,
          commands: [
            `ipvsadm -Ln | grep -A8 '${d.ip}'   # Forward: Route, Masq or Tunnel`,
            'grep -n -e lb_kind -e lvs_method /etc/keepalived/keepalived.conf',
          ],
        },
      ],
    };
  },
};

/** The step by which a machine forwards a request through a tunnel, or else by NAT. */
function forwardedBy(machine: Machine, path: FlowPath): Step | undefined {
  const by = (event: PathEvent) => path.steps.find((x) => x.event === event && machine.macs.includes(x.source));
  return by(PathEvent.towardInTunnel) ?? by(PathEvent.translated);
}

/** Those of the paths for whose service a director also hands packets on as they are: services of one VIP may differ in mode. */
function ofServicesRoutedDirectly(c: Case, vip: Vip, paths: readonly FlowPath[]): FlowPath[] {
  const isDirect = (hop: Step) => hop.event === PathEvent.toward && c.cluster.isDirector(hop.source, vip);
  const direct = new Set(c.o.pathsTo(vip.ip).flatMap((path) => (path.toward.some(isDirect) ? serviceName(path) : [])));
  return paths.filter((path) => direct.has(serviceName(path)));
}

/** Seen from a real server behind NAT: clients' requests for its own address come from the director, and its answers go back there. */
function translatedPaths(c: Case, vip: Vip, machine: Machine): FlowPath[] {
  return vip.realServers
    .flatMap((role) => role.machine.ips.flatMap((ip) => c.o.pathsTouching(machine.macs, ip)))
    .filter(
      (path) =>
        machine.macs.includes(path.toward[0]?.source ?? '') &&
        machine.macs.includes(path.from[0]?.destination ?? '') &&
        path.examples.some((e) => !machine.ips.includes(e.client)),
    );
}
