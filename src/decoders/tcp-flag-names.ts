/** TCP flags as people write them (RFC 9293 section 3.1). */
import { TcpFlag } from './packet-codes.ts';

const NAMES: readonly (readonly [bit: number, name: string])[] = [
  [TcpFlag.syn, 'SYN'],
  [TcpFlag.fin, 'FIN'],
  [TcpFlag.rst, 'RST'],
  [TcpFlag.psh, 'PSH'],
  [TcpFlag.ack, 'ACK'],
  [TcpFlag.urg, 'URG'],
];

/** `SYN ACK`; empty when none of the six is set. */
export function tcpFlagNames(flags: number): string {
  return NAMES.filter(([bit]) => (flags & bit) !== 0)
    .map(([, name]) => name)
    .join(' ');
}
