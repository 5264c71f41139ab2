/** The remedies of the text report, by host: hosts that need the same commands stand together, and no command stands twice. */
import { type Command, type CommandFor, commandLines, foldCommands, withoutAddress } from '../loops.ts';
import { printable } from '../printable.ts';
import { wrap } from '../wrap.ts';
import { toldInFull } from './findings.ts';
import type { Story } from './stories.ts';
import { addressText, listText, type Style } from './style.ts';

/** What is more than these is counted, unless verbose. */
const MOST = { whys: 4, hosts: 12, groups: 12, stories: 12 };

export function remedyLines(stories: readonly Story[], style: Style): string[] {
  const most = style.verbose ? NO_BOUNDS : MOST;
  const lines = whysOf(toldInFull(stories, style), most.whys).flatMap(({ numbers, why }) =>
    wrap(printable(why), style.width, `${listText(numbers.map(String))}. `.padEnd(3), '   '),
  );
  const groups = groupsOf(stories);
  for (const group of groups.slice(0, most.groups)) {
    const numbers = Array.from(group.stories)
      .sort((a, b) => a - b)
      .map(String);
    const hosts = group.hosts.map((host) => addressText(host, style));
    const head = `On ${listText(hosts, most.hosts)} (mends ${listText(numbers, most.stories)}):`;
    lines.push(...(lines.length === 0 ? [] : ['']), ...wrap(head, style.width, '', '   ').map((line) => style.chalk.bold(line)));
    for (const command of group.commands) {
      lines.push(...commandLines(command, { ...style, width: style.width - 3 }).map((line) => style.chalk.cyan(`   ${line}`)));
    }
  }
  const more = groups.slice(most.groups).reduce((sum, { hosts }) => sum + hosts.length, 0);
  if (more > 0) lines.push('', `Commands for ${more} more hosts: -v shows all.`);
  return lines;
}

const NO_BOUNDS: typeof MOST = {
  whys: Number.POSITIVE_INFINITY,
  hosts: Number.POSITIVE_INFINITY,
  groups: Number.POSITIVE_INFINITY,
  stories: Number.POSITIVE_INFINITY,
};

/** Why it mends, and the numbers of the stories that it mends. */
export interface Why {
  readonly numbers: readonly number[];
  readonly why: string;
}

/** So many stories that say the same of other VIPs say it one by one. */
const FEW = 3;

/** Each sentence once a story, and at most so many of it. What is the same but for its VIP is told of the first one. */
export function whysOf(stories: readonly Story[], most: number): Why[] {
  const all = stories.flatMap((story) => sentencesOf(story).slice(0, most));
  return all.flatMap((one): Why[] => {
    const alike = all.filter(({ template }) => template === one.template);
    if (alike.length <= FEW) return [{ numbers: [one.number], why: forAll(one.why, one.vips) }];
    const vips = new Set(alike.flatMap((other) => Array.from(other.vips)));
    return alike[0] === one ? [{ numbers: alike.map(({ number }) => number), why: forAll(one.why, vips) }] : [];
  });
}

interface Sentence {
  readonly number: number;
  readonly why: string;
  /** Without its VIP. */
  readonly template: string;
  /** Of which it is said. */
  readonly vips: Set<string>;
}

function sentencesOf({ number, findings }: Story): Sentence[] {
  const sentences = new Map<string, Sentence>();
  for (const { remedy, vip } of findings) {
    if (remedy.why === '') continue;
    const template = vip === null ? remedy.why : withoutAddress(remedy.why, vip, 'VIP');
    const sentence = sentences.get(template) ?? { number, why: remedy.why, template, vips: new Set() };
    if (vip !== null && template !== remedy.why) sentence.vips.add(vip);
    sentences.set(template, sentence);
  }
  return Array.from(sentences.values());
}

function forAll(why: string, vips: ReadonlySet<string>): string {
  const [, second] = vips;
  return second === undefined ? why : `${why} The same holds for ${vips.size === 2 ? second : `${vips.size - 1} more VIPs`}.`;
}

/** Hosts that need the same commands. */
export interface Group {
  readonly hosts: string[];
  readonly commands: readonly Command[];
  readonly stories: Set<number>;
}

/** Every command once a host, in the order of the stories that need it; those that differ by an address alone as a loop. */
export function groupsOf(stories: readonly Story[]): Group[] {
  const byHost = new Map<string, { commands: CommandFor[]; stories: Set<number> }>();
  for (const { number, findings } of stories) {
    for (const { vip, culprits, remedy } of findings) {
      const culprit = culprits.length === 1 ? (culprits[0]?.ip ?? null) : null;
      for (const { on, commands } of remedy.steps) {
        const host = byHost.get(on) ?? { commands: [], stories: new Set() };
        byHost.set(on, host);
        for (const command of commands) host.commands.push({ command, vip, culprit });
        host.stories.add(number);
      }
    }
  }
  const groups = new Map<string, Group>();
  for (const [on, host] of byHost) {
    const commands = foldCommands(host.commands);
    const key = JSON.stringify(commands);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { hosts: [on], commands, stories: host.stories });
    else {
      group.hosts.push(on);
      for (const number of host.stories) group.stories.add(number);
    }
  }
  return Array.from(groups.values());
}
