/** The capture plan as text: each command under its machine, with what it can decide. */
import { Chalk } from 'chalk';
import type { CapturePlan, FramesSeen, PlannedCapture } from '../capture-plan.ts';
import { printable } from './printable.ts';
import { filterLines, wrapCommand } from './shell.ts';
import { listText } from './text/style.ts';
import { wrap } from './wrap.ts';

export interface CapturePlanOptions {
  readonly color: boolean;
  readonly width: number;
  /** Every machine by itself; default false. */
  readonly verbose?: boolean;
}

/** So many machines that are alike have a command of their own; of more, one stands for all. */
const FEW = 3;
/** Machines that are named where one stands for all. */
const NAMED = 4;

/** The plan, ending in a line break. Commands can be copied as they stand: a filter that is too long goes on in the next line. */
export function renderCapturePlan(plan: CapturePlan, options: CapturePlanOptions): string {
  const chalk = new Chalk({ level: options.color ? 1 : 0 });
  const { width, verbose = false } = options;
  const colored = (commands: readonly string[]) => commands.map((line) => chalk.cyan(line));
  const [mirror, ...machines] = plan.captures;
  const lines: string[] = [];
  const addCapture = ([capture, ...others]: Alike) => {
    const roles = capture.points.join(' and ').replace('real-server', 'real server');
    const names = [capture, ...others].map(({ on }) => printable(on));
    const title =
      others.length === 0
        ? `On ${names[0]}${capture.on.includes(roles) ? '' : `, ${roles}`}:`
        : `On each of ${names.length} machines (${roles}), with its name for ${ITS_NAME} and its own address for ${ITS_IP}: ${listText(names, NAMED)}:`;
    const [first = '', ...rest] = wrap(title, width);
    lines.push(
      chalk.bold(first),
      ...rest,
      ...colored(captureLines(others.length === 0 ? capture : inGeneral([capture, ...others]), width)),
    );
    lines.push(
      ...listed('sees', [seenWords(capture)], width),
      ...listed('decides', capture.decides, width),
      ...listed('cannot', capture.cannot, width),
      '',
    );
  };
  lines.push('One capture is enough, where there is a mirror port:', '');
  if (mirror !== undefined) addCapture([mirror]);
  lines.push('Otherwise, on the machines themselves and at the same time:', '');
  const alike = verbose ? machines.map((capture): Alike => [capture]) : alikeOf(machines);
  alike.forEach(addCapture);
  const read = [...(mirror === undefined ? [] : [[mirror] as Alike]), ...alike].flatMap(([capture, ...others]) => [
    ...commandLines(plan.diagnose[plan.captures.indexOf(capture)] ?? '', width),
    ...(others.length === 0 ? [] : commandLines(`# and likewise for the ${others.length} others`, width)),
  ]);
  lines.push('Then, for each capture that was taken:', ...colored(read), '');
  for (const note of plan.notes) lines.push(...wrap(printable(note), width, '- '));
  return `${lines.join('\n')}\n`;
}

type Alike = readonly [PlannedCapture, ...PlannedCapture[]];

const ITS_NAME = 'ITS-NAME';
const ITS_IP = 'ITS-IP';

/** In their order; more than a few with the same roles together, where the first of them stands. */
function alikeOf(captures: readonly PlannedCapture[]): Alike[] {
  const sameRoles = (a: PlannedCapture, b: PlannedCapture) =>
    a.points.join() === b.points.join() && (a.filter === null) === (b.filter === null);
  return captures.flatMap((capture): Alike[] => {
    const same = captures.filter((other) => sameRoles(capture, other));
    if (same.length <= FEW) return [[capture]];
    return same[0] === capture ? [[capture, ...same.slice(1)]] : [];
  });
}

/** The capture of one of them without what is its own: the tests of its filter that not all have, and its file. */
function inGeneral(captures: Alike): PlannedCapture {
  const [first] = captures;
  const tests = captures.map(({ filter }) => filter?.split(' or ') ?? []);
  const common = tests[0]?.filter((test) => tests.every((other) => other.includes(test))) ?? [];
  const filter = first.filter === null ? null : [...common, `host ${ITS_IP}`].join(' or ');
  const command = first.command.slice(0, first.filter === null ? undefined : -` '${first.filter}'`.length);
  const file = `${ITS_NAME}.pcap`;
  return { ...first, file, filter, command: command.replace(first.file, file) + (filter === null ? '' : ` '${filter}'`) };
}

const LABEL = 11;

const FRAMES: Readonly<Record<FramesSeen, string>> = {
  broadcastArp: 'broadcast ARP, VRRP',
  arpReplies: 'unicast ARP replies',
  requestsBefore: 'requests before the director',
  requestsAfter: 'requests after the director',
  replies: 'replies to clients',
};

function seenWords({ sees }: PlannedCapture): string {
  const frames = Object.keys(FRAMES) as FramesSeen[];
  const whole = frames.filter((kind) => sees[kind] === 'yes').map((kind) => FRAMES[kind]);
  const own = frames.filter((kind) => sees[kind] === 'own').map((kind) => FRAMES[kind]);
  return [...whole, ...(own.length === 0 ? [] : [`its own ${own.join(', its own ')}`])].join(', ');
}

function listed(label: string, sentences: readonly string[], width: number): string[] {
  return sentences.flatMap((sentence, i) =>
    wrap(printable(sentence), width, (i === 0 ? `  ${label}` : '').padEnd(LABEL), ' '.repeat(LABEL)),
  );
}

/** Indented by four; a filter begins a line of its own. */
function captureLines({ command, filter }: PlannedCapture, width: number): string[] {
  if (filter === null) return commandLines(command, width);
  return [`    ${command.slice(0, -`'${filter}'`.length)}\\`, ...filterLines(filter, width - 4).map((line) => `    ${line}`)];
}

function commandLines(command: string, width: number): string[] {
  return wrapCommand(command, width - 4).map((line) => `    ${line}`);
}
