/** A file that tells about the cluster: its kind is recognised by its content. */
import { UsageError } from '../../usage-error.ts';
import { isClusterYamlLine, parseClusterYaml } from './cluster-yaml.ts';
import { type Given, NOTHING_GIVEN } from './given.ts';
import { isIpvsadmListLine, parseIpvsadmList } from './ipvsadm-list.ts';
import { isIpvsadmCommand, parseIpvsadmSave } from './ipvsadm-save.ts';
import { isKeepalivedLine, parseKeepalivedConf } from './keepalived-conf.ts';
import type { IncludeReader } from './keepalived-lines.ts';
import { mergeGiven } from './merge-given.ts';
import { isNeighbourLine, parseNeighbours } from './neighbours.ts';
import { printedPath } from './printed.ts';

/** Larger than any configuration, in characters. */
const LARGEST_FILE = 10_000_000;
/** The kind shows in the first lines that are neither empty nor comments; a shell prompt and the like may stand before them. */
const LINES_LOOKED_AT = 2000;

const EXPECTED =
  'a cluster.yaml, or the output of "ipvsadm-save -n", "ipvsadm -Ln", "ip neigh" or "arp -an", or a keepalived.conf is expected';

/**
 * What a file says of the cluster, checked against itself.
 * @param name the file's name as the user gave it, for messages.
 * @param readInclude reads what a keepalived.conf includes; without it a note says that it is not followed.
 * @throws UsageError naming the file and, where there is one, the line.
 */
export function parseGiven(name: string, text: string, readInclude: IncludeReader | null = null): Given {
  const file = printedPath(name);
  if (text.length > LARGEST_FILE) {
    throw new UsageError(`${file}: this file has ${text.length} characters, more than any configuration has; ${EXPECTED}.`);
  }
  if (text.includes('\0')) {
    throw new UsageError(`${file}: this is no text file; ${EXPECTED}, and a capture is given as an argument of its own.`);
  }
  const clean = text.startsWith('\ufeff') ? text.slice(1) : text;
  return mergeGiven([parseByKind(name, clean, readInclude)]);
}

function parseByKind(name: string, text: string, readInclude: IncludeReader | null): Given {
  const isYamlByName = /\.ya?ml$/i.test(name);
  let looked = 0;
  for (const line of text.split(/\r\n|\r|\n/)) {
    const start = line.slice(0, 400);
    if (isKeepalivedLine(start)) return parseKeepalivedConf(name, text, readInclude);
    if (start.trim() === '' || start.trim().startsWith('#')) continue;
    looked++;
    if (looked > LINES_LOOKED_AT) break;
    if (!isYamlByName) {
      if (isIpvsadmCommand(start)) return parseIpvsadmSave(name, text);
      if (isIpvsadmListLine(start)) return parseIpvsadmList(name, text);
      if (isNeighbourLine(start)) return parseNeighbours(name, text);
    }
    if (isClusterYamlLine(start)) return parseClusterYaml(name, text);
  }
  if (isYamlByName) return parseClusterYaml(name, text);
  if (looked === 0 && text.trim() !== '') return { ...NOTHING_GIVEN, sources: [name] };
  const what = looked === 0 ? 'this file is empty' : 'this file is of no kind that tells about a cluster';
  throw new UsageError(`${printedPath(name)}: ${what}; ${EXPECTED}.`);
}
