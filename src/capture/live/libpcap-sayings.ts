/** What libpcap says when it cannot open an interface, read into what helps; npm's pcap and cap pass its sentences on, and so does tcpdump. */
import type { UsageError } from '../../usage-error.ts';
import { CannotCapture, notPermitted } from './cannot-capture.ts';
import { filterNotUnderstood } from './compile-with-tcpdump.ts';
import { interfaceIsDown, noSuchInterface } from './interfaces.ts';
import type { BackendRequest } from './live-source.ts';

/** @param program the file that captures, as a shell word */
export function explainLibpcap(saying: string, { interface: name, filter }: BackendRequest, program: string): UsageError | CannotCapture {
  if (/permission|not permitted/i.test(saying)) return notPermitted(program);
  if (/no such device/i.test(saying)) return noSuchInterface(name);
  if (/is not up|network is down/i.test(saying)) return interfaceIsDown(name);
  if (
    filter !== null &&
    /parse filter|syntax error|unknown host|illegal|expression|unknown (port|network|ether|protocol)|invalid|not supported/i.test(saying)
  ) {
    return filterNotUnderstood(filter, saying);
  }
  return new CannotCapture(`libpcap says: ${saying.replace(/\.$/, '')}`, 'use another --backend');
}

/** node itself, as the program that captures. */
export const NODE_PROGRAM = '"$(readlink -f "$(which node)")"';
