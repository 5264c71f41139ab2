/**
 * The diagnosis as Markdown, for the incident ticket that another team believes and acts on: the verdict first, who is to be mended, what
 * happens with the frames that show it, what to type where, how to see that it is cured, and what this capture says nothing about.
 * It is made of headings, tables, lists and fences alone, which GitHub, GitLab and Jira all understand; of HTML, such as `<details>`,
 * Jira would show the tags. It is bounded, whatever the diagnosis holds.
 */
import type { Culprit, Diagnosis, EvidenceItem, Finding, Verdict } from '../diagnosis.ts';
import { type Command, commandLines } from './loops.ts';
import { code, fenced, prose, table } from './markdown/inline.ts';
import { ticket } from './markdown/ticket.ts';
import { printableCommand, shellQuote } from './shell.ts';
import { type OtherServers, othersText, serversTold } from './text/many.ts';
import { groupsOf, whysOf } from './text/remedies.ts';
import { causesOf, confidenceOf, examplesOf, type Story, severityOf, storiesOf, tellingFirst } from './text/stories.ts';
import { addressText, countText, listText, ROLE_WORDS, type Style, styleOf, vipsText } from './text/style.ts';
import { type NotJudged, notJudgedGroups } from './text/verdicts.ts';
import { clock, duration, since } from './time.ts';
import { captureAgain, captureAgainText, checksOf } from './verification.ts';

const NAME = 80;
const COMMAND = 500;
/** Columns of a command before it is continued in the next line; a ticket scrolls sideways only if it must. */
const WIDTH = 100;
/** What is more than these is counted. */
const MOST = {
  ...{ culprits: 12, servers: 12, stories: 8, messages: 1, alike: 3, frames: 12, hosts: 8, commands: 8, whys: 2, cures: 6, notices: 8 },
  // Captures that were read, captures that would decide more, and rules that they would decide.
  ...{ read: 12, captures: 2, rules: 12 },
};

/** The report, ending in a line break. */
export function renderMarkdown(diagnosis: Diagnosis): string {
  const style = styleOf(diagnosis, { color: false, width: WIDTH });
  const stories = storiesOf(diagnosis);
  const told = stories.slice(0, MOST.stories);
  const faults = told.filter(({ findings }) => findings.some(({ severity }) => severity !== 'info'));
  return ticket([
    { title: null, lines: [`## ${diagnosis.verdict.toUpperCase()}: ${prose(diagnosis.summary)}`, '', ...readLines(diagnosis)] },
    { title: 'Who is to be mended', lines: culpritLines(faults) },
    { title: 'What became of requests', lines: serverLines(diagnosis) },
    { title: 'What happens', lines: [...storyLines(stories, told), ...frameLines(diagnosis, told)] },
    { title: 'What mends it', lines: remedyLines(faults, style) },
    { title: 'How to verify the cure', lines: cureLines(diagnosis, faults) },
    { title: 'Mind', lines: noticeLines(diagnosis) },
    { title: 'Not judged', lines: notJudgedLines(diagnosis, style) },
  ]);
}

/** What was read, and how much of it could be judged. */
function readLines(diagnosis: Diagnosis): string[] {
  const captures = diagnosis.captures.map(({ name, point, frames, first, last }) => {
    const length = duration(first, last);
    const when = first === null ? '' : `${length === '' || frames < 2 ? '' : ` in ${length}`} from ${clock(first)}`;
    return `${code(name, NAME)}: ${countText(frames, 'frames')}${when}${point === null ? '' : `, point: ${prose(point, NAME)}`}`;
  });
  const rules = (...verdicts: Verdict['verdict'][]) =>
    new Set(diagnosis.verdicts.filter(({ verdict }) => verdicts.includes(verdict)).map(({ rule }) => rule));
  const found = rules('found');
  const passed = Array.from(rules('passed')).filter((rule) => !found.has(rule)).length;
  const judged = `${countText(passed, 'rules')} passed, ${countText(rules('not judged').size, 'rules')} could not be judged for every machine`;
  return [`${listText(captures, 6)}. By lvs-doctor ${prose(diagnosis.tool.version, NAME)}: ${judged}.`];
}

function machine({ role, name, ip, mac }: Culprit): string {
  const addresses = [ip, mac].filter((address) => address !== null).map((address) => code(address, NAME));
  const called = name === null ? addresses.join(' ') : `**${prose(name, NAME)}** ${addresses.join(' ')}`;
  return `${ROLE_WORDS[role]} ${called}`.trim();
}

function culpritLines(stories: readonly Story[]): string[] {
  const faults = new Map<string, Map<string, { count: number; unit: string }>>();
  for (const { number, findings } of stories) {
    for (const { rule, count, unit, culprits } of findings) {
      for (const who of culprits.map(machine)) {
        const own = faults.get(who) ?? new Map<string, { count: number; unit: string }>();
        const story = `${number}. ${rule}`;
        faults.set(who, own.set(story, { count: count + (own.get(story)?.count ?? 0), unit }));
      }
    }
  }
  if (faults.size === 0) return stories.length === 0 ? [] : ['No machine can be named.'];
  const rows = Array.from(faults, ([who, of]) => [
    who,
    listText(
      Array.from(of, ([story, { count, unit }]) => `${story} (${countText(count, unit)})`),
      MOST.stories,
    ),
  ]);
  return cut(table(['machine', 'fault, and what was seen of it'], rows.slice(0, MOST.culprits)), rows.length - MOST.culprits, 'machines');
}

function noticeLines({ notices }: Diagnosis): string[] {
  const lines = notices.slice(0, MOST.notices).map(({ code: number, message }) => `- ${number}: ${prose(message)}`);
  return cut(lines, notices.length - MOST.notices, 'notices');
}

/** Adds how many more there are. */
function cut(lines: readonly string[], more: number, unit: string): string[] {
  return more > 0 ? [...lines, '', `And ${countText(more, unit)} more, in the full report.`] : [...lines];
}

/** Real servers with their requests, as the text report has them; none where nothing reached any. */
function serverLines(diagnosis: Diagnosis): string[] {
  const { cluster } = diagnosis;
  const realServers = cluster.realServers.filter(({ requests }) => requests > 0);
  if (realServers.length === 0) return [];
  const { told, others } = serversTold({ ...diagnosis, cluster: { ...cluster, realServers } }, MOST.servers);
  const row = (who: string, { requests, answered, refused, silent, bypassed }: Omit<OtherServers, 'count' | 'troubled'>) => {
    // Where answers are out of sight, a count of zero would read as a fault.
    const unseen = (count: number) => (silent === null && count === 0 ? '?' : String(count));
    return [who, String(requests), unseen(answered), unseen(refused), silent === null ? '?' : String(silent), String(bypassed)];
  };
  const rows = told.map((server) => {
    const who = machine({ role: 'realServer', name: server.name, ip: server.ips[0] ?? null, mac: server.macs[0] ?? null });
    return row(who.replace(/^real server /, ''), server);
  });
  const head = ['real server', 'requests', 'answered', 'refused', 'silent', 'past the director'];
  return table(head, others === null ? rows : [...rows, row(othersText(others), others)]);
}

/** From cause to effect. */
function storyLines(all: readonly Story[], told: readonly Story[]): string[] {
  const lines = told.flatMap((story) => {
    const { number, rule, code: ruleCode, vips, findings } = story;
    const causes = causesOf(all, story).map((cause) => String(cause.number));
    const because = causes.length === 0 ? '' : `, because of ${listText(causes, MOST.stories)}`;
    const about = vips.length < 2 ? '' : ` for ${prose(vipsText(vips))}`;
    const head = `${number}. **${rule}** (${ruleCode}, ${severityOf(findings)}, ${confidenceOf(findings)})${about}${because}:`;
    const messages = examplesOf(story, MOST.messages).map(messageOf);
    const more = findings.length - messages.length;
    return [`${head} ${messages.join(' ')}${more > 0 ? ` And ${more} more like it.` : ''}`];
  });
  return cut(lines, all.length - told.length, 'findings');
}

function messageOf({ message, state }: Finding): string {
  const after = { active: '', quiet: ' Not seen again since.', resolved: ' Healthy again since.' }[state];
  return prose(message) + after;
}

/** One table of the frames of all stories in the order of time, and the command that shows them. */
function frameLines(diagnosis: Diagnosis, stories: readonly Story[]): string[] {
  const shown = framesOf(stories);
  const several = diagnosis.captures.length > 1;
  const captures = new Map(diagnosis.captures.map((capture) => [capture.name, capture]));
  return Array.from(captures.values()).flatMap((capture) => {
    const frames = shown.filter(({ item }) => item.capture === capture.name);
    if (frames.length === 0) return [];
    const rows = frames.map(({ item, numbers }) => [
      String(item.frame),
      since(capture.first, item.time),
      numbers.join(', '),
      (item.shows === 'fault' ? '' : `${item.shows}: `) + prose(item.says),
    ]);
    const numbers = frames.map(({ item }) => item.frame).sort((a, b) => a - b);
    const filter = `'frame.number in {${numbers.join(', ')}}'`;
    const show = capture.name === '-' ? filter : `tshark -r ${shellQuote(capture.name)} -Y ${filter}`;
    return [
      '',
      ...(several ? [`In ${code(capture.name, NAME)}:`, ''] : []),
      ...table(['frame', 'since start', 'of', 'what it shows'], rows),
      '',
      ...fenced([printableCommand(show, COMMAND)], 'sh'),
    ];
  });
}

/** Each frame once with the stories that it proves: the first ones of each finding, in turn, so that every culprit is shown by one; of very many findings, some stand for all. */
function framesOf(stories: readonly Story[]): { item: EvidenceItem; numbers: number[] }[] {
  const taken = new Map<string, { item: EvidenceItem; numbers: number[] }>();
  const queues = stories.flatMap((story) => {
    const isMany = story.vips.length > 1 || story.findings.length > MOST.culprits;
    const shown = isMany ? examplesOf(story, MOST.alike) : story.findings;
    return shown.map(({ evidence }) => ({ number: story.number, evidence: isMany ? tellingFirst(evidence) : evidence }));
  });
  for (let rank = 0; rank < Math.max(0, ...queues.map(({ evidence }) => evidence.length)); rank++) {
    for (const { number, evidence } of queues) {
      const item = evidence[rank];
      if (item === undefined) continue;
      const key = `${item.frame} ${item.capture}`;
      const known = taken.get(key);
      if (known === undefined && taken.size < MOST.frames) taken.set(key, { item, numbers: [number] });
      else if (known !== undefined && !known.numbers.includes(number)) known.numbers.push(number);
    }
  }
  return Array.from(taken.values()).sort((a, b) =>
    a.item.time === b.item.time ? a.item.frame - b.item.frame : a.item.time < b.item.time ? -1 : 1,
  );
}

function remedyLines(stories: readonly Story[], style: Style): string[] {
  const whys = whysOf(stories, MOST.whys).map(({ numbers, why }) => `- For ${listText(numbers.map(String))}: ${prose(why)}`);
  const groups = groupsOf(stories);
  const lines = groups.slice(0, MOST.hosts).flatMap(({ hosts, commands, stories: mended }) => {
    const numbers = listText(
      Array.from(mended)
        .sort((a, b) => a - b)
        .map(String),
    );
    return [
      '',
      `On ${listText(
        hosts.map((host) => prose(addressText(host, style), NAME)),
        6,
      )} (for ${numbers}):`,
      '',
      ...fenced([...commands.slice(0, MOST.commands).flatMap(shellLines), ...moreCommands(commands.length - MOST.commands)], 'sh'),
    ];
  });
  return cut([...whys, ...lines], groups.length - MOST.hosts, 'hosts');
}

function moreCommands(more: number): string[] {
  return more > 0 ? [`# and ${countText(more, 'commands')} more, in the full report`] : [];
}

function shellLines(command: Command): string[] {
  return commandLines(command, { width: WIDTH, longest: COMMAND });
}

/** Per rule what to run and to see; then the same capture again, and its comparison with this one. */
function cureLines(diagnosis: Diagnosis, stories: readonly Story[]): string[] {
  if (stories.length === 0) return [];
  const lines = checksOf(stories.slice(0, MOST.cures)).flatMap(({ story, on, commands, sample, see }) => {
    const where = typeof on === 'string' ? on : listText(on.map((who) => prose(who.name ?? who.ip ?? who.mac ?? 'it', NAME)));
    return [
      `For ${story.number}, on ${where === '' ? 'the machine concerned' : where} must be seen${sample === null ? '' : `, here for ${sample}`}: ${see}.`,
      '',
      ...fenced(commands.flatMap(shellLines), 'sh'),
      '',
    ];
  });
  return [...lines, captureAgainText(diagnosis), '', ...fenced(captureAgain(diagnosis), 'sh')];
}

/** The capture that would decide most, with its command; others with where to take them. */
function notJudgedLines(diagnosis: Diagnosis, style: Style): string[] {
  const groups = notJudgedGroups(diagnosis);
  const rules = ({ verdicts }: NotJudged) => listText(Array.from(new Set(verdicts.map(({ rule }) => rule))), MOST.rules);
  const decided = groups.filter(({ command }) => command !== null).sort((a, b) => b.verdicts.length - a.verdicts.length);
  const lines = decided
    .slice(0, MOST.captures)
    .flatMap((group, i) => [
      ...(i === 0 ? [] : ['']),
      `Decided by a capture${whereText(group, style)}: ${rules(group)}.`,
      '',
      ...fenced(shellLines(group.command ?? ''), 'sh'),
    ]);
  const undecided = groups.find(({ command }) => command === null);
  if (undecided !== undefined) lines.push(...(lines.length === 0 ? [] : ['']), `Nothing in these frames decides: ${rules(undecided)}.`);
  return cut(lines, decided.length - MOST.captures, 'captures');
}

function whereText({ hosts, blanks }: NotJudged, style: Style): string {
  const names = hosts.map((host) => prose(addressText(host, style), NAME));
  return `${names.length === 0 ? '' : ` on ${listText(names, 4)}`}${blanks === null ? '' : `, each with ${prose(blanks)}`}`;
}
