/** The commands that are measured: the tool, and what people use today where it is installed. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const LAUNCHER = fileURLToPath(new URL('../bin/lvs-doctor.js', import.meta.url));

/** Exit codes of a diagnosis that was made: clean, found, cannot tell. That it was made is checked before. */
const DIAGNOSED = [0, 1, 2];

/** The command of a diagnosis of one file, all rules on, as JSON. */
export function diagnose(file) {
  return [process.execPath, LAUNCHER, 'diagnose', file, '-f', 'json'];
}

/** An entry to measure: lvs-doctor on a file. */
export function tool(file, what = 'lvs-doctor diagnose') {
  return { what, command: diagnose(file), exits: DIAGNOSED };
}

/** An entry to measure: lvs-doctor on a file that comes through a pipe. */
export function toolOnPipe(file, what) {
  return { what, command: diagnose('-'), stdin: file, exits: DIAGNOSED };
}

/** An entry to measure: Node.js that does nothing. */
export function bareNode() {
  return { what: 'node -e 0', command: [process.execPath, '-e', '0'] };
}

/** The same as this place has Node.js started, if it has certificates parsed each time: what is measured is started without. */
export function nodeOfThisPlace() {
  const { NODE_EXTRA_CA_CERTS } = process.env;
  return NODE_EXTRA_CA_CERTS
    ? [{ ...bareNode(), what: 'node -e 0, with NODE_EXTRA_CA_CERTS as here', variables: { NODE_EXTRA_CA_CERTS } }]
    : [];
}

const OTHERS = {
  'tcpdump -w': { what: 'tcpdump -r F -w /dev/null', args: (file) => ['tcpdump', '-r', file, '-w', '/dev/null'] },
  'tcpdump -e': { what: 'tcpdump -nn -e -r F', args: (file) => ['tcpdump', '-nn', '-e', '-r', file] },
  'tshark conv': { what: 'tshark -q -z conv,eth -r F', args: (file) => ['tshark', '-q', '-z', 'conv,eth', '-r', file] },
  'tshark arp': {
    what: 'tshark -Y arp.duplicate-address-detected -r F',
    args: (file) => ['tshark', '-Y', 'arp.duplicate-address-detected', '-r', file],
  },
  capinfos: { what: 'capinfos F', args: (file) => ['capinfos', file] },
};

/**
 * Which of the other programs are installed.
 * @returns {{ versions: Map<string, string>, missing: string[] }} first line of `--version` by program, and those that are not there
 */
export function installedPrograms() {
  const versions = new Map();
  const missing = [];
  for (const program of ['tcpdump', 'tshark', 'capinfos']) {
    const { status, stdout, stderr, error } = spawnSync(program, ['--version'], { encoding: 'utf8' });
    if (error === undefined && status === 0) versions.set(program, firstLine(`${stdout}\n${stderr}`));
    else missing.push(program);
  }
  return { versions, missing };
}

/**
 * Entries to measure: those of the named programs that are installed.
 * @param {string} file
 * @param {ReadonlyMap<string, string>} versions
 * @param {readonly (keyof typeof OTHERS)[]} names
 */
export function others(file, versions, names) {
  return names
    .map((name) => ({ what: OTHERS[name].what, command: OTHERS[name].args(file) }))
    .filter(({ command }) => versions.has(command[0]));
}

/** `Capinfos (Wireshark) 4.0.17 (Git …).` becomes `Capinfos 4.0.17`. */
function firstLine(text) {
  return text
    .trim()
    .split('\n')[0]
    .replace(/ \([^()]*\)|\.$/g, '');
}
