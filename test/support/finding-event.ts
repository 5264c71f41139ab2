/** An event about a finding, for whoever is told of events. */
import type { Finding } from '../../src/diagnosis.ts';
import type { FindingEvent } from '../../src/live/live-event.ts';

/** A real server that answers ARP for the VIP. */
export function findingEvent(event: FindingEvent['event'], beside: Partial<Finding> = {}): FindingEvent {
  return {
    event,
    time: '2026-01-01T00:00:02.000000000Z',
    recurrences: 0,
    finding: {
      id: 'rs-answers-arp/192.168.1.100/02:00:00:00:00:0a',
      rule: 'rs-answers-arp',
      code: 'LVS101',
      severity: 'critical',
      confidence: 'confirmed',
      message: '192.168.1.10 answers ARP for 192.168.1.100.',
      vip: '192.168.1.100',
      culprits: [{ role: 'realServer', name: null, ip: '192.168.1.10', mac: '02:00:00:00:00:0a' }],
      count: 1,
      unit: 'frames',
      first: '2026-01-01T00:00:01.000000000Z',
      last: '2026-01-01T00:00:01.000000000Z',
      state: event === 'quiet' || event === 'resolved' ? event : 'active',
      causedBy: [],
      evidence: [],
      remedy: { why: 'A real server must be silent.', steps: [] },
      ...beside,
    },
  };
}
