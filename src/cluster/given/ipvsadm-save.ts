/**
 * `ipvsadm-save -n` (the same as `ipvsadm -S -n`): one command a line, as ipvsadm(8) would read it back.
 *
 *   -A <service> -s SCHED [-p SECONDS [-M MASK]] [--pe NAME] [-o] [-b FLAGS]
 *   -a <service> -r RIP:PORT [-g|-i|-m] [-w WEIGHT] [--tun-type TYPE …]
 *   <service>: -t|-u|--sctp-service VIP:PORT, or -f MARK [-6]
 *
 * Setup scripts made of `ipvsadm …` lines are read as well. A real server on the director itself prints -g like any other.
 */
import { readEndpoint, readNumber } from './endpoint.ts';
import type { Given, GivenTarget } from './given.ts';
import { type IpvsAddress, IpvsTable } from './ipvs-table.ts';
import { errorAt, type Place } from './place.ts';
import { quoted } from './printed.ts';
import { linesOf } from './text-lines.ts';

/** Short for each option; those that change nothing that the wire shows have an empty meaning. */
const OPTIONS: Readonly<Record<string, { readonly means: string; readonly takes: 0 | 1 | 'optional' }>> = {
  '-A': { means: 'add-service', takes: 0 },
  '--add-service': { means: 'add-service', takes: 0 },
  '-a': { means: 'add-server', takes: 0 },
  '--add-server': { means: 'add-server', takes: 0 },
  '-C': { means: 'clear', takes: 0 },
  '--clear': { means: 'clear', takes: 0 },
  '-t': { means: 'tcp', takes: 1 },
  '--tcp-service': { means: 'tcp', takes: 1 },
  '-u': { means: 'udp', takes: 1 },
  '--udp-service': { means: 'udp', takes: 1 },
  '--sctp-service': { means: 'sctp', takes: 1 },
  '-f': { means: 'mark', takes: 1 },
  '--fwmark-service': { means: 'mark', takes: 1 },
  '-6': { means: 'ipv6', takes: 0 },
  '--ipv6': { means: 'ipv6', takes: 0 },
  '-p': { means: 'persistent', takes: 'optional' },
  '--persistent': { means: 'persistent', takes: 'optional' },
  '-o': { means: 'ops', takes: 0 },
  '--ops': { means: 'ops', takes: 0 },
  ops: { means: 'ops', takes: 0 },
  '-r': { means: 'real', takes: 1 },
  '--real-server': { means: 'real', takes: 1 },
  '-g': { means: 'dr', takes: 0 },
  '--gatewaying': { means: 'dr', takes: 0 },
  '-m': { means: 'nat', takes: 0 },
  '--masquerading': { means: 'nat', takes: 0 },
  '-i': { means: 'tun', takes: 0 },
  '--ipip': { means: 'tun', takes: 0 },
  '-w': { means: 'weight', takes: 1 },
  '--weight': { means: 'weight', takes: 1 },
  '-s': { means: '', takes: 1 },
  '--scheduler': { means: '', takes: 1 },
  '-M': { means: '', takes: 1 },
  '--netmask': { means: '', takes: 1 },
  '-b': { means: '', takes: 1 },
  '--sched-flags': { means: '', takes: 1 },
  '--pe': { means: '', takes: 1 },
  pe: { means: '', takes: 1 },
  '-x': { means: '', takes: 1 },
  '--u-threshold': { means: '', takes: 1 },
  '-y': { means: '', takes: 1 },
  '--l-threshold': { means: '', takes: 1 },
  '--tun-type': { means: '', takes: 1 },
  '--tun-port': { means: '', takes: 1 },
  '--tun-nocsum': { means: '', takes: 0 },
  '--tun-csum': { means: '', takes: 0 },
  '--tun-remcsum': { means: '', takes: 0 },
  '-n': { means: '', takes: 0 },
  '--numeric': { means: '', takes: 0 },
};

/** Commands that say nothing of services: timeouts, counters, the sync daemon. */
const OTHER_COMMANDS = /^(-Z|--zero|--set|--start-daemon|--stop-daemon|-L|-l|--list|-S|--save|-h|--help)$/;

/** Seconds of `-p` without a value, by ipvsadm(8). */
const DEFAULT_PERSISTENCE = 300;

/** Whether a line could stand in such a file: `-A …`, `-a …`, with or without the command's name before it. */
export function isIpvsadmCommand(line: string): boolean {
  return /^\s*(?:(?:sudo\s+)?\S*ipvsadm\s+)?(?:-[AaCEeDd]|--(?:add|edit|delete)-(?:service|server)|--clear)(?:\s|$)/.test(line);
}

/** @throws UsageError naming file and line. */
export function parseIpvsadmSave(file: string, text: string): Given {
  const table = new IpvsTable();
  for (const { number, text: line } of linesOf(file, text)) {
    const words = line.trim().split(/\s+/);
    if (words[0] === '' || words[0]?.startsWith('#')) continue;
    if (words[0] === 'sudo') words.shift();
    if (words[0]?.endsWith('ipvsadm')) words.shift();
    if (OTHER_COMMANDS.test(words[0] ?? '')) continue;
    addCommand(table, words, { file, line: number });
  }
  return table.toGiven(file);
}

function addCommand(table: IpvsTable, words: readonly string[], place: Place): void {
  const options = readOptions(words, place);
  if (options.has('clear')) {
    table.clear();
    return;
  }
  const address = readService(options, place);
  if (options.has('add-service')) {
    const persistent = options.get('persistent');
    const seconds = persistent === '' ? DEFAULT_PERSISTENCE : persistent;
    table.addService({
      address,
      persistentSeconds: seconds === undefined ? null : readNumber(String(seconds), 2 ** 31, place, 'the persistence timeout'),
      onePacket: options.has('ops'),
      place,
    });
    return;
  }
  const real = options.get('real');
  if (real === undefined) throw errorAt(place, 'this line adds a real server but has no "-r RIP:PORT"; complete or delete it.');
  const endpoint = readEndpoint(real, place);
  const weight = options.get('weight');
  table.addTarget(address, {
    ip: endpoint.ip,
    port: endpoint.port ?? ('port' in address ? address.port : 0),
    weight: weight === undefined ? 1 : readNumber(weight, 2 ** 31, place, 'the weight'),
    mode: modeOf(options, place),
    isLocal: false,
    place,
  });
}

function modeOf(options: ReadonlyMap<string, string>, place: Place): GivenTarget['mode'] {
  const modes = (['dr', 'nat', 'tun'] as const).filter((mode) => options.has(mode));
  if (modes.length > 1) throw errorAt(place, 'this line has more than one forwarding method; keep one of -g, -m and -i.');
  return modes[0] ?? 'dr'; // ipvsadm's own default is gatewaying
}

function readOptions(words: readonly string[], place: Place): Map<string, string> {
  const options = new Map<string, string>();
  for (let i = 0; i < words.length; i++) {
    const [name = '', attached] = splitAttached(words[i] ?? '');
    const option = Object.hasOwn(OPTIONS, name) ? OPTIONS[name] : undefined;
    if (option === undefined)
      throw errorAt(place, `${quoted(name)} is no option of "ipvsadm-save -n" that can be read here; give its output unchanged.`);
    let value = attached ?? '';
    const next = words[i + 1];
    if (attached === undefined && option.takes !== 0 && next !== undefined && (option.takes === 1 || /^\d/.test(next))) {
      value = next;
      i++;
    }
    if (option.takes === 1 && value === '')
      throw errorAt(place, `the option ${name} has no value; give the output of "ipvsadm-save -n" unchanged.`);
    options.set(option.means, value);
  }
  if (options.has('clear') || options.has('add-service') !== options.has('add-server')) return options;
  throw errorAt(place, 'this line neither adds a service (-A) nor a real server (-a); give the output of "ipvsadm-save -n" unchanged.');
}

/** `--weight=1` as name and value; anything else as a name alone. */
function splitAttached(word: string): [string, string?] {
  const equals = word.startsWith('--') ? word.indexOf('=') : -1;
  return equals < 0 ? [word] : [word.slice(0, equals), word.slice(equals + 1)];
}

function readService(options: ReadonlyMap<string, string>, place: Place): IpvsAddress {
  const named = (['tcp', 'udp', 'sctp', 'mark'] as const).filter((kind) => options.has(kind));
  const [kind] = named;
  if (kind === undefined || named.length > 1) {
    throw errorAt(
      place,
      'this line does not name exactly one service (-t, -u, --sctp-service or -f); give the output of "ipvsadm-save -n" unchanged.',
    );
  }
  const value = options.get(kind) ?? '';
  if (kind === 'mark') return { mark: readNumber(value, 0xffffffff, place, 'the firewall mark'), version: options.has('ipv6') ? 6 : 4 };
  const { ip, port } = readEndpoint(value, place);
  return { protocol: kind, ip, port: port ?? 0 };
}
