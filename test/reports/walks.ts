/** Packet walks made by hand. */
import type { TracePath, TraceRow } from '../../src/reports/trace.ts';
import { at } from './diagnoses.ts';

/** Client, director, real server, client: three hops of a healthy request. */
export function walk(client: string, vip: string): TracePath {
  const hop = (frame: number, microseconds: number, part: Partial<TraceRow>): TraceRow => ({
    frame,
    time: at(microseconds),
    sourceMac: '52:54:00:00:00:01',
    destinationMac: '52:54:00:29:b1:46',
    sourceIp: client,
    sourcePort: 41814,
    destinationIp: vip,
    destinationPort: 80,
    ttl: 64,
    flags: 'SYN',
    who: 'gateway → director',
    changed: '',
    ...part,
  });
  return {
    title: `${vip} 80/tcp: → gateway>director → director>rs1 ← rs1>gateway`,
    capture: 'mirror.pcap',
    flows: 3,
    rows: [
      hop(3, 550, {}),
      hop(6, 607, {
        sourceMac: '52:54:00:29:b1:46',
        destinationMac: '52:54:00:b0:61:3f',
        ttl: 63,
        who: 'director → rs1',
        changed: 'both MACs, TTL 64→63',
      }),
      hop(9, 8161, {
        sourceMac: '52:54:00:b0:61:3f',
        destinationMac: '52:54:00:00:00:01',
        sourceIp: vip,
        sourcePort: 80,
        destinationIp: client,
        destinationPort: 41814,
        flags: 'SYN ACK',
        who: 'rs1 → gateway',
        changed: 'reply, past the director',
      }),
    ],
  };
}
