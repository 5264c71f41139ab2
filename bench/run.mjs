#!/usr/bin/env node
/**
 * Generates captures into a temporary folder, times whole processes on them in turns, lvs-doctor beside the programs that people use, and prints what they
 * took and which goals are met. See docs/performance.md.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, readSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { arch, cpus, platform, release, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { generateCapture, gzipCapture } from './generate.mjs';
import { judgeGoals } from './goals.mjs';
import { measureInTurns, memoryMethod, stopMeasuring } from './measure.mjs';
import { diagnose, installedPrograms } from './programs.mjs';
import { estimatedBytes, sections } from './sections.mjs';
import { amount, count, table } from './table.mjs';

const USAGE = `Usage: npm run bench -- [options]

  --quick          a tenth of the size; ends within a minute
  --packets <n>    packets of the largest capture (default 10000000; with --quick 1000000)
  --runs <n>       runs of each process, in turns; the median counts (default 3)
  --only <list>    sections, with commas: s, l, flows, flood, formats, startup
  --keep           leave the captures where they were generated, and say where
  --json <file>    everything measured as JSON
  --update <file>  put the tables between the lines <!-- bench --> and <!-- /bench --> of a Markdown file
  --help           this page
`;
const WORDED_PACKETS = 10_000_000;
const QUICK_PACKETS = 1_000_000;
const LEAST_PACKETS = 10_000;
/** After this long, --quick runs each command once, so that it ends within a minute. */
const QUICK_MS = 35_000;
const MARKERS = /(<!-- bench -->\n)[\s\S]*?(<!-- \/bench -->)/;

await main();

async function main() {
  let options;
  try {
    options = readOptions(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`bench: ${error.message}\n`);
    process.exitCode = 2;
    return;
  }
  if (options.help) {
    process.stdout.write(USAGE);
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'lvs-doctor-bench-'));
  const tidy = () => {
    stopMeasuring();
    if (!options.keep) rmSync(folder, { recursive: true, force: true });
  };
  process.on('exit', tidy);
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ]) {
    process.on(signal, () => process.exit(code));
  }
  try {
    await bench(options, folder);
  } catch (error) {
    say(error.message);
    process.exitCode = 2;
  }
  if (options.keep) say(`the captures are in ${folder}`);
}

async function bench(options, folder) {
  const chosen = Object.entries(sections(options.packets)).filter(([name]) => options.only.includes(name));
  const need = diskNeed(chosen, options.keep);
  const { bavail, bsize } = statfsSync(folder);
  if (need > bavail * bsize) {
    throw new Error(
      `${tmpdir()} has ${amount((bavail * bsize) / 1e9)} GB free, and ${amount(need / 1e9)} GB are needed; set TMPDIR or use --packets.`,
    );
  }
  const { versions, missing } = installedPrograms();
  const method = memoryMethod(folder);
  const deadline = options.quick ? performance.now() + QUICK_MS : Number.POSITIVE_INFINITY;
  const results = [];
  const numbers = {};
  for (const [name, section] of chosen) {
    const captures = await makeCaptures(section, folder);
    const ofSection = [];
    for (const group of section.groups({ file: (capture) => join(folder, capture), versions })) {
      const runs = Math.max(options.runs, section.runs ?? 0);
      say(`timing ${group.title}: ${group.entries.length} commands, ${runs} runs`);
      const measured = await measureInTurns(group.entries, { runs, folder, method, deadline });
      ofSection.push(...measured.map((result) => ({ section: name, group: group.title, ...result, ...captures.get(result.capture) })));
    }
    Object.assign(numbers, section.numbers(ofSection));
    results.push(...ofSection);
    if (!options.keep) for (const capture of captures.keys()) rmSync(join(folder, capture), { force: true });
  }
  numbers['any/rss'] = greatestPeak(results);
  const goals = judgeGoals(numbers);
  const text = [
    machine(versions),
    ...missing.map((program) => `${program} is not installed here and was left out.`),
    ...(method === 'none' ? ['Peak memory cannot be learned on this system.'] : []),
    ...(options.packets === WORDED_PACKETS ? [] : [sizeNote(options.packets)]),
    `Median of ${options.runs} runs in turns, the first line of a part before each of the others (start-up: of ${Math.max(options.runs, 9)}; a command that takes over 15 s${options.quick ? ', or whose turn comes late' : ''}: one). Ratio: time against that first line.`,
    '',
    resultTable(results),
    '',
    goalTable(goals, options.packets),
  ].join('\n');
  process.stdout.write(`${text}\n`);
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(asJson(options, versions, results, goals), null, 2)}\n`);
  if (options.update !== undefined) writeFileSync(options.update, withTables(readFileSync(options.update, 'utf8'), text));
}

/** Generates the captures of a section, reads them into the page cache, and proves once that the tool reads every frame of them. */
async function makeCaptures(section, folder) {
  const made = new Map();
  for (const { name, gzipOf, ...spec } of section.captures) {
    const path = join(folder, name);
    say(`generating ${name}: ${count(spec.packets)} packets`);
    if (gzipOf === undefined) {
      const { packets, bytes } = await generateCapture(path, spec);
      made.set(name, { packets, bytes });
    } else {
      made.set(name, { packets: made.get(gzipOf).packets, bytes: await gzipCapture(join(folder, gzipOf), path) });
    }
    readThrough(path);
    const [program, ...args] = diagnose(path);
    const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', maxBuffer: 1 << 28 });
    const frames = stdout?.startsWith('{') ? JSON.parse(stdout).captures[0].frames : undefined;
    const { packets } = made.get(name);
    if (frames !== packets) {
      throw new Error(
        `lvs-doctor read ${frames ?? 'no'} frames of the ${packets} in ${name} and ended with ${status}: ${stderr.trim().slice(-500)}`,
      );
    }
  }
  return made;
}

function readThrough(path) {
  const buffer = Buffer.allocUnsafe(1 << 20);
  const fd = openSync(path, 'r');
  while (readSync(fd, buffer) > 0);
  closeSync(fd);
}

/** Bytes on disk at the most crowded moment. */
function diskNeed(chosen, keep) {
  const sizes = chosen.map(([, { captures }]) => captures.reduce((sum, spec) => sum + estimatedBytes(spec), 0));
  return keep ? sizes.reduce((sum, size) => sum + size, 0) : Math.max(...sizes);
}

/** Megabytes of the tool's largest run; null where memory was not learned. */
function greatestPeak(results) {
  const peaks = results.filter(({ id, rss }) => id !== undefined && rss !== null).map(({ rss }) => rss / 1e6);
  return peaks.length === 0 ? null : Math.max(...peaks);
}

function resultTable(results) {
  const rows = [];
  let part;
  let reference;
  for (const result of results) {
    const { group, what, packets, bytes, seconds, rss, capture } = result;
    if (group !== part) {
      part = group;
      reference = seconds;
      const mean = packets === undefined ? '' : `: ${count(packets)} packets, ${amount(bytes / packets)} B each`;
      rows.push([
        `**${group}${results.filter((other) => other.group === group).every((other) => other.capture === capture) ? mean : ''}**`,
        '',
        '',
        '',
        '',
        '',
      ]);
    }
    rows.push([
      what.includes('|') ? what.replaceAll('|', '\\|') : what,
      amount(seconds),
      packets === undefined ? '–' : count(packets / seconds),
      packets === undefined ? '–' : amount(bytes / 1e6 / seconds),
      rss === null ? '–' : amount(rss / 1e6),
      `${amount(seconds / reference)} ×`,
    ]);
  }
  return table(['what', 'seconds', 'packets/s', 'MB/s', 'peak MB', 'ratio'], rows);
}

function goalTable(goals, packets) {
  const sign = { most: '≤', least: '≥' };
  return table(
    [
      'goal',
      'must',
      'aim',
      packets === WORDED_PACKETS ? 'measured' : `measured at ${amount((packets / WORDED_PACKETS) * 100)} % of the size`,
      'verdict',
    ],
    goals.map(({ goal, unit, at, must, aim, measured, verdict }) => [
      goal,
      `${sign[at]} ${must} ${unit}`,
      aim === undefined ? '–' : `${sign[at]} ${aim} ${unit}`,
      amount(measured, measured === null ? '' : unit),
      verdict,
    ]),
  );
}

function machine(versions) {
  const [cpu] = cpus();
  const memory = `${amount(totalmem() / 1e9)} GB`;
  const programs = [`Node.js ${process.version}`, ...versions.values()].join('; ');
  return `${cpus().length} × ${cpu?.model.trim() ?? 'unknown processor'}, ${memory}, ${platform()} ${release()} ${arch()}; ${programs}. ${new Date().toISOString().slice(0, 10)}.`;
}

function sizeNote(packets) {
  return `Sizes are ${amount((packets / WORDED_PACKETS) * 100)} % of those that the goals name: start-up weighs more, and flows are fewer.`;
}

function asJson(options, versions, results, goals) {
  return {
    date: new Date().toISOString(),
    machine: {
      cpu: cpus()[0]?.model ?? null,
      cores: cpus().length,
      memoryBytes: totalmem(),
      system: `${platform()} ${release()} ${arch()}`,
    },
    versions: { node: process.version, ...Object.fromEntries(versions) },
    options: { packets: options.packets, runs: options.runs, only: options.only },
    results: results.map(({ section, group, what, capture, packets, bytes, seconds, rss, runs }) => ({
      section,
      group,
      what,
      capture: capture ?? null,
      packets: packets ?? null,
      captureBytes: bytes ?? null,
      seconds,
      peakRssBytes: rss,
      runs,
    })),
    goals: goals.map(({ key, goal, unit, at, must, aim, measured, verdict }) => ({
      key,
      goal,
      unit,
      at,
      must,
      aim: aim ?? null,
      measured,
      verdict,
    })),
  };
}

/** The page with these tables between its markers. */
function withTables(page, text) {
  return page.replace(MARKERS, (_, begin, end) => `${begin}\n${text}\n\n${end}`);
}

function readOptions(args) {
  const { values } = parseArgs({
    args,
    options: {
      quick: { type: 'boolean', default: false },
      packets: { type: 'string' },
      runs: { type: 'string', default: '3' },
      only: { type: 'string' },
      keep: { type: 'boolean', default: false },
      json: { type: 'string' },
      update: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  const names = Object.keys(sections(QUICK_PACKETS));
  const only = values.only?.split(',') ?? names;
  const strange = only.find((name) => !names.includes(name));
  if (strange !== undefined) throw new Error(`--only knows ${names.join(', ')}, not '${strange}'.`);
  const packets = values.packets === undefined ? (values.quick ? QUICK_PACKETS : WORDED_PACKETS) : Number(values.packets);
  if (!Number.isInteger(packets) || packets < LEAST_PACKETS) {
    throw new Error(`--packets takes a whole number from ${LEAST_PACKETS}, not '${values.packets}'.`);
  }
  const runs = Number(values.runs);
  if (!Number.isInteger(runs) || runs < 1) throw new Error(`--runs takes a whole number from 1, not '${values.runs}'.`);
  if (values.update !== undefined && !MARKERS.test(readFileSync(values.update, 'utf8'))) {
    throw new Error(`${values.update} has no lines <!-- bench --> and <!-- /bench --> to put the tables between.`);
  }
  return { ...values, only, packets, runs };
}

function say(line) {
  process.stderr.write(`bench: ${line}\n`);
}
