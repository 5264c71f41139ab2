/** The remedies of the text report, by host: hosts that need the same commands stand together, and no command stands twice. */
import { printable } from '../printable.ts';
import { printableCommand, wrapCommand } from '../shell.ts';
import { wrap } from '../wrap.ts';
import type { Story } from './stories.ts';
import { addressText, listText, type Style } from './style.ts';

export function remedyLines(stories: readonly Story[], style: Style): string[] {
  const lines: string[] = [];
  for (const story of stories) {
    for (const why of new Set(story.findings.map((finding) => printable(finding.remedy.why)))) {
      if (why !== '') lines.push(...wrap(why, style.width, `${story.number}. `.padEnd(3)));
    }
  }
  for (const group of groupsOf(stories)) {
    const numbers = Array.from(group.stories)
      .sort((a, b) => a - b)
      .map(String);
    const head = `On ${listText(group.hosts.map((host) => addressText(host, style)))} (mends ${listText(numbers)}):`;
    lines.push(...(lines.length === 0 ? [] : ['']), ...wrap(head, style.width, '', '   ').map((line) => style.chalk.bold(line)));
    for (const command of group.commands) {
      lines.push(...wrapCommand(printableCommand(command), style.width - 3).map((line) => style.chalk.cyan(`   ${line}`)));
    }
  }
  return lines;
}

/** Hosts that need the same commands. */
export interface Group {
  readonly hosts: string[];
  readonly commands: readonly string[];
  readonly stories: Set<number>;
}

/** Every command once a host, in the order of the stories that need it. */
export function groupsOf(stories: readonly Story[]): Group[] {
  const byHost = new Map<string, { commands: Set<string>; stories: Set<number> }>();
  for (const story of stories) {
    for (const step of story.findings.flatMap((finding) => finding.remedy.steps)) {
      const host = byHost.get(step.on) ?? { commands: new Set(), stories: new Set() };
      byHost.set(step.on, host);
      for (const command of step.commands) host.commands.add(command);
      host.stories.add(story.number);
    }
  }
  const groups = new Map<string, Group>();
  for (const [on, host] of byHost) {
    const key = JSON.stringify(Array.from(host.commands));
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { hosts: [on], commands: Array.from(host.commands), stories: host.stories });
    else {
      group.hosts.push(on);
      for (const number of host.stories) group.stories.add(number);
    }
  }
  return Array.from(groups.values());
}
