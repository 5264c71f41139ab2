/**
 * LVS104: new requests go from a gateway or client straight to a real server.
 * The director neither balances nor counts them, and takes the machine out of service in vain.
 */
import type { Machine, Vip } from '../cluster/cluster.ts';
import type { Ip, Mac } from '../cluster/observations.ts';
import { thousands } from '../thousands.ts';
import { captureOnGateway } from './capture-command.ts';
import { directRequests } from './direct-requests.ts';
import { announce, forget, silence } from './remedies.ts';
import { arrivalAt, flowsOn, isSeenFromStart, sightingsOf } from './requests.ts';
import { type Case, type Evidence, isGuessed, type Rule, realServersOf } from './rule.ts';
import { count, endpoint, hopSays, hostOf, NO_DESTINATIONS, whoIs } from './wording.ts';

interface Data {
  readonly ip: Ip;
  readonly who: string;
  readonly host: string;
  readonly sender: Mac;
  readonly senderHost: string;
  readonly flows: number;
  readonly total: number;
  readonly firstFrame: number;
}

const MAX_SHOWN = 3;

export const directorBypassed: Rule<Data> = {
  code: 'LVS104',
  name: 'director-bypassed',
  severity: 'critical',
  summary: 'New requests go straight to a real server, past the director.',
  headline: (who, ip) => `requests to ${ip} go straight to ${who}`,

  subjects: (c) => realServersOf(c),

  check(c, s) {
    const { machine, vip } = s as { machine: Machine; vip: Vip };
    const direct = directRequests(c, vip, machine);
    const flows = flowsOn(direct);
    const total = flowsOn(c.o.pathsTo(s.ip).filter(isSeenFromStart));
    // A router of the LAN may have brought the request on: what is cited is the hop to the real server.
    const seen = sightingsOf(direct, (path) => arrivalAt(c, vip, machine, path));
    const first = seen[0];
    if (first === undefined) return [];
    const evidence: Evidence[] = seen.slice(0, MAX_SHOWN).map(({ path, example, step, at }) => ({
      at,
      shows: 'fault',
      says: hopSays(
        `${path.protocol === 'tcp' ? 'SYN' : 'first datagram'} ${endpoint(example.client, example.clientPort)} > ${endpoint(s.ip, example.serverPort)}`,
        step.source,
        step.destination,
      ),
    }));
    return [
      {
        data: {
          ip: s.ip,
          who: whoIs(machine, first.step.destination),
          host: hostOf(machine, 'the real server'),
          sender: first.step.source,
          senderHost: hostOf(c.cluster.machineOf(first.step.source), 'the sender'),
          flows,
          total,
          firstFrame: first.at.frame,
        },
        culprits: [machine],
        confidence: isGuessed(vip, machine) || handsOn(c, machine, s.ip) ? 'possible' : 'confirmed',
        count: flows,
        unit: 'requests',
        first: first.at,
        last: seen.at(-1)!.at,
        evidence,
      },
    ];
  },

  blind(c, s) {
    const machine = s.machine!;
    const missing = (reason: string) => ({ reason, capture: captureOnGateway(c, s.ip) });
    if (!c.sight.hasDestinations) return missing(NO_DESTINATIONS);
    if (machine.macs.length === 0) return missing('its MAC is not known: no frame shows it, and none was given');
    if (!c.o.pathsTo(s.ip).some(isSeenFromStart)) return missing(`no new request to ${s.ip} is in this capture`);
    const seen = c.o.sendersTo(s.ip).every((mac) => machine.macs.some((to) => c.sight.sees(mac, to)));
    return seen ? null : missing('requests that went straight to it would not pass this capture point');
  },

  message(d) {
    return `${count(d.flows, 'new request')} of ${thousands(d.total)} to ${d.ip} went from ${d.sender} straight to ${d.who}, not through a director; the first in frame ${d.firstFrame}.`;
  },

  remedy(d) {
    return {
      why: `Whoever sends believes that ${d.ip} is at the real server, or was told so by a static entry. Silence the real server about the VIP, then let the sender learn the director's MAC again.`,
      steps: [silence(d.host, d.ip), forget(d.senderHost, d.ip), announce(d.ip)],
    };
  },
};

/** Whether a machine hands requests on to another one, which answers: it may be the director of those that it answers itself. */
function handsOn(c: Case, machine: Machine, ip: Ip): boolean {
  const isOwn = (mac: Mac) => machine.macs.includes(mac);
  return c.o
    .pathsTouching(machine.macs, ip)
    .some(({ toward, from }) => toward.some((hop) => isOwn(hop.source)) && from.some((hop) => !isOwn(hop.source)));
}
