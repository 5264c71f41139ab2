/** How to see that all is cured: for each fault what to run where and what must be seen, then the same capture again and its comparison. */
import type { Culprit, Diagnosis } from '../diagnosis.ts';
import { CURES } from './cures.ts';
import { type Command, foldCommands } from './loops.ts';
import { shellQuote } from './shell.ts';
import type { Story } from './text/stories.ts';

export interface Check {
  /** The story that it is for. */
  readonly story: Story;
  /** The machines to be mended, where it is run on these; else a place in words. */
  readonly on: readonly Culprit[] | string;
  readonly commands: readonly Command[];
  /** Which VIPs the commands are for, where there are too many for all; else null. */
  readonly sample: string | null;
  /** What must be seen; commands in it stand between backticks. */
  readonly see: string;
}

/** Culprits of one story whose commands are shown; those of the others are the same. */
const MOST_CULPRITS = 3;
/** VIPs of one story that are looked at; the capture that is taken again shows all. */
const MOST_VIPS = 8;
/** Captures to be taken again that are shown. */
const MOST_CAPTURES = 12;
/** Characters of a point's name in a command. */
const NAME = 80;

export function checksOf(stories: readonly Story[]): Check[] {
  return stories.flatMap((story): Check[] => {
    const cure = CURES[story.rule];
    if (cure === undefined) return [];
    const { vips, findings } = story;
    const all = new Map(findings.flatMap(({ culprits }) => culprits).map((who) => [who.mac ?? who.ip ?? who.name, who]));
    const culprits = Array.from(all.values()).slice(0, MOST_CULPRITS);
    const commands = (vips.length === 0 ? ['VIP'] : vips.slice(0, MOST_VIPS)).flatMap((vip) => {
      const command = (vip.includes(':') ? cure.run6 : undefined) ?? cure.run;
      const commandFor = (who: Culprit | null) => command.replaceAll('VIP', vip).replaceAll('CULPRIT', who?.ip ?? 'ITS-IP');
      return (culprits.length === 0 ? [null] : culprits).map((who) => ({ command: commandFor(who), vip, culprit: null }));
    });
    const sample = vips.length > MOST_VIPS ? `the first ${MOST_VIPS} of ${vips.length} VIPs` : null;
    return [{ story, on: cure.on === 'CULPRIT' ? culprits : cure.on, commands: foldCommands(commands), sample, see: cure.see }];
  });
}

/** Commands that capture once more and compare. */
export function captureAgain({ captures }: Diagnosis): string[] {
  const shown = captures.slice(0, MOST_CAPTURES);
  const names = shown.map((_, i) => (captures.length === 1 ? 'after.pcap' : `after-${i + 1}.pcap`));
  const again = shown.map(({ point }, i) => (point === null ? '' : `${shellQuote(point.slice(0, NAME))}=`) + names[i]);
  return [
    ...names.map((name) => `tcpdump -i eth0 -s 128 -w ${name}`),
    `lvs-doctor diagnose ${again.join(' ')} -f json -o after.json`,
    'lvs-doctor diff before.json after.json',
  ];
}

/** What to mind with these commands; commands in it stand between backticks. */
export function captureAgainText({ captures, cluster }: Diagnosis): string {
  const isGiven = [...cluster.vips, ...cluster.directors, ...cluster.realServers].some(({ source }) => source === 'given');
  return `Then capture once more where the capture was taken${captures.length === 1 ? '' : 's were'}, while new connections are opened, and compare${isGiven ? '; give diagnose the same roles' : ''}. \`before.json\` is this diagnosis, saved with \`-f json\`. Each finding must be told as healed: one that the second capture cannot show is not.`;
}
