/** The capture plan as text: each command under its machine, with what it can decide. */
import { Chalk } from 'chalk';
import type { CapturePlan, FramesSeen, PlannedCapture } from '../capture-plan.ts';
import { printable } from './printable.ts';
import { wrapCommand } from './shell.ts';
import { wrap } from './wrap.ts';

/** The plan, ending in a line break. Commands can be copied as they stand: a filter that is too long goes on in the next line. */
export function renderCapturePlan(plan: CapturePlan, options: { readonly color: boolean; readonly width: number }): string {
  const chalk = new Chalk({ level: options.color ? 1 : 0 });
  const { width } = options;
  const colored = (commands: readonly string[]) => commands.map((line) => chalk.cyan(line));
  const [mirror, ...machines] = plan.captures;
  const lines: string[] = [];
  const addCapture = (capture: PlannedCapture) => {
    const roles = capture.points.join(' and ').replace('real-server', 'real server');
    const [first = '', ...rest] = wrap(`On ${printable(capture.on)}${capture.on.includes(roles) ? '' : `, ${roles}`}:`, width);
    lines.push(chalk.bold(first), ...rest, ...colored(captureLines(capture, width)));
    lines.push(
      ...listed('sees', [seenWords(capture)], width),
      ...listed('decides', capture.decides, width),
      ...listed('cannot', capture.cannot, width),
      '',
    );
  };
  lines.push('One capture is enough, where there is a mirror port:', '');
  if (mirror !== undefined) addCapture(mirror);
  lines.push('Otherwise, on the machines themselves and at the same time:', '');
  machines.forEach(addCapture);
  lines.push('Then, for each capture that was taken:', ...colored(plan.diagnose.flatMap((command) => commandLines(command, width))), '');
  for (const note of plan.notes) lines.push(...wrap(printable(note), width, '- '));
  return `${lines.join('\n')}\n`;
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

/** Indented by four. A filter begins a line of its own and breaks between its tests: within quotes, a shell and tcpdump take a new line for a blank. */
function captureLines({ command, filter }: PlannedCapture, width: number): string[] {
  if (filter === null) return commandLines(command, width);
  const lines = [`    ${command.slice(0, -`'${filter}'`.length)}\\`];
  let line = "      '";
  filter.split(' or ').forEach((test, i) => {
    const more = i === 0 ? test : ` or ${test}`;
    if (line.length + more.length + 1 > width) {
      lines.push(line);
      line = `      ${more}`;
    } else line += more;
  });
  return [...lines, `${line}'`];
}

function commandLines(command: string, width: number): string[] {
  return wrapCommand(command, width - 4).map((line) => `    ${line}`);
}
