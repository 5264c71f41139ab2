/** The house itself: what every rule must have, and which room may enter which. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CURES } from '../src/reports/cures.ts';
import { RULES } from '../src/rules/index.ts';
import { casesIn, truthOf } from './support/fixtures.ts';

const ROOT = join(import.meta.dirname, '..');
/** Every source file, from the root of the project. */
const SOURCES = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => `src/${file}`);
const HEADINGS = ['What it means', 'Why it breaks direct routing', 'How to mend it', 'When it is harmless', 'Limits', 'Sources'];

describe.each(RULES.map((rule) => [rule.name, rule] as const))('%s', (name) => {
  test('is the file of the rule', () => {
    expect(existsSync(join(ROOT, 'src/rules', `${name}.ts`))).toBe(true);
  });

  test('has a page with all its headings', () => {
    const page = readFileSync(join(ROOT, 'docs/rules', `${name}.md`), 'utf8');
    expect([...page.matchAll(/^## (.+)$/gm)].map((m) => m[1])).toEqual(HEADINGS);
  });

  test('has a test', () => {
    expect(existsSync(join(ROOT, 'test/rules', `${name}.test.ts`))).toBe(true);
  });

  test('has a way to see that it is cured', () => {
    expect(CURES[name]).toBeDefined();
  });

  test('has a capture of a real cluster that shows it, or may', () => {
    expect([...fixtures(name), ...elsewhere(name)]).not.toEqual([]);
  });
});

/** Cases whose truth expects the rule, or allows it beside what it expects. */
function fixtures(rule: string): string[] {
  return casesIn().filter((name) => {
    const { expect: expected = [], may = [] } = truthOf(name);
    return [...expected, ...may].some((e) => (typeof e === 'string' ? e : e.fault) === rule);
  });
}

/** Rules that no real capture of this project shows, with the reason. */
const WITHOUT_CAPTURE: Readonly<Record<string, string>> = {
  'director-receive-offload': 'the network namespaces of the captures have no hardware that merges segments',
};

function elsewhere(rule: string): string[] {
  const reason = WITHOUT_CAPTURE[rule];
  return reason === undefined ? [] : [reason];
}

describe('codes and names', () => {
  test('each rule has a code of its own, of three digits', () => {
    const codes = RULES.map((rule) => rule.code);
    expect(codes.filter((code, i) => !/^LVS\d{3}$/.test(code) || codes.indexOf(code) !== i)).toEqual([]);
  });

  test('each rule has a name of its own', () => {
    expect(new Set(RULES.map((rule) => rule.name)).size).toBe(RULES.length);
  });

  test('the catalogue is in the order of the codes', () => {
    expect(RULES.map((rule) => rule.code)).toEqual(RULES.map((rule) => rule.code).sort());
  });

  test('each page is that of a rule, the index, or the one of all notices', () => {
    const pages = readdirSync(join(ROOT, 'docs/rules')).map((page) => page.replace(/\.md$/, ''));
    const names = new Set(RULES.map((rule) => rule.name));
    expect(pages.filter((page) => !names.has(page) && page !== 'notices' && page !== 'README')).toEqual([]);
  });

  test('each cure is that of a rule', () => {
    const names = new Set(RULES.map((rule) => rule.name));
    expect(Object.keys(CURES).filter((rule) => !names.has(rule))).toEqual([]);
  });

  test('a rule that is said to have no capture has none', () => {
    expect(Object.keys(WITHOUT_CAPTURE).filter((rule) => fixtures(rule).length > 0)).toEqual([]);
  });
});

/** Every import of every source file: the file, and what it imports, both from the root of the project. */
const IMPORTS: { readonly file: string; readonly target: string }[] = SOURCES.flatMap((file) => {
  const source = readFileSync(join(ROOT, file), 'utf8');
  const found = [...source.matchAll(/^(?:import|export)\b[^;]*?\bfrom '([^']+)'|\bimport\('([^']+)'\)|^import '([^']+)'/gms)];
  return found.map((m) => {
    const target = (m[1] ?? m[2] ?? m[3])!;
    return { file, target: target.startsWith('.') ? relative(ROOT, join(ROOT, file, '..', target)) : target };
  });
});

/** The imports of a room that lead to none of these places. */
function strays(room: string, ...allowed: string[]): string[] {
  return IMPORTS.filter(({ file }) => file.startsWith(room))
    .filter(({ target }) => ![room, ...allowed].some((place) => target.startsWith(place)))
    .map(({ file, target }) => `${file} imports ${target}`);
}

describe('rooms', () => {
  test('imports are read from the sources at all', () => {
    expect(IMPORTS).toContainEqual({ file: 'src/diagnose.ts', target: 'src/rules/judge.ts' });
    expect(IMPORTS.some(({ file, target }) => file.startsWith('src/cli/') && target === 'src/diagnose.ts')).toBe(true);
    expect(IMPORTS.length).toBeGreaterThan(300);
  });

  test.each(['decoders', 'correlation', 'cluster', 'rules', 'reports'])(
    'src/%s imports nothing of Node: it runs in a browser too',
    (room) => {
      const ofNode = IMPORTS.filter(({ file, target }) => file.startsWith(`src/${room}/`) && target.startsWith('node:'));
      expect(ofNode).toEqual([]);
    },
  );

  const frame = 'src/capture/frame.ts';
  const hotPath = 'src/hot-path/';
  const error = 'src/usage-error.ts';
  const address = 'src/decoders/address.ts';
  const nearestWord = 'src/nearest-word.ts';
  const thousands = 'src/thousands.ts';
  const contracts = ['src/diagnosis.ts', 'src/diff.ts', 'src/capture-plan.ts'];
  test.each([
    ['src/hot-path/', ['node:fs', 'src/package-file.ts', error]],
    ['src/capture/', ['node:', 'fzstd', error, address, nearestWord, hotPath]],
    ['src/decoders/', [frame]],
    ['src/points/', ['node:path', 'src/capture/', 'src/correlation/', 'src/decoders/', 'src/cluster/', 'src/diagnosis.ts', error]],
    ['src/correlation/', [frame, 'src/decoders/', hotPath]],
    ['src/cluster/given/', [address, error, nearestWord, 'yaml']],
    ['src/cluster/', ['src/correlation/', 'src/decoders/', frame, ...contracts, error, nearestWord, 'yaml']],
    ['src/rules/', ['src/cluster/', 'src/correlation/', address, frame, 'src/diagnosis.ts', thousands]],
    ['src/tickets/', ['node:', 'undici', 'src/diagnosis.ts', error, 'src/reports/printable.ts', 'src/thousands.ts']],
    ['src/reports/', [...contracts, 'src/decoders/', frame, thousands, 'chalk', 'cli-table3', 'yaml']],
    [
      'src/anonymize/',
      ['node:crypto', 'src/capture/', 'src/cluster/given/given.ts', 'src/cluster/tcpdump.ts', 'src/diagnosis.ts', address],
    ],
  ])('%s imports only what is below it', (room, allowed) => {
    expect(strays(room, ...allowed)).toEqual([]);
  });

  test('nobody below the command line imports it', () => {
    expect(IMPORTS.filter(({ file, target }) => target.startsWith('src/cli/') && !file.startsWith('src/cli/'))).toEqual([]);
  });

  test('only the command line prints and exits', () => {
    const loud = SOURCES.filter((file) => !file.startsWith('src/cli/')).filter((file) =>
      /\bprocess\.(exit\b|exitCode|stdout|stderr)|\bconsole\./.test(readFileSync(join(ROOT, file), 'utf8')),
    );
    expect(loud).toEqual([]);
  });

  test('no rule imports another rule', () => {
    const rules = new Set(RULES.map((rule) => `src/rules/${rule.name}.ts`));
    expect(IMPORTS.filter(({ file, target }) => rules.has(file) && rules.has(target))).toEqual([]);
  });

  test('the launcher only starts what was built', () => {
    const launcher = readFileSync(join(ROOT, 'bin/lvs-doctor.js'), 'utf8');
    expect([...launcher.matchAll(/require\('([^']+)'\)|'(\.\.[^']+)'/g)].map((m) => m[1] ?? m[2])).toEqual([
      'node:path',
      './load.js',
      '../dist/core.cjs',
    ]);
    expect(launcher.trim().split('\n').length).toBeLessThanOrEqual(5);
  });

  test('what is built imports its own files, Node.js and the packages that are installed with it, and nothing else', () => {
    const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    const files = readdirSync(join(ROOT, 'dist'));
    const imported = files
      .filter((file) => file.endsWith('.cjs'))
      .flatMap((file) =>
        [...readFileSync(join(ROOT, 'dist', file), 'utf8').matchAll(/\b(?:require|import)\("([^"]+)"\)/g)].map((m) => m[1]!),
      );
    expect(imported).toContain('yaml');
    expect(readFileSync(join(ROOT, 'dist/core.cjs'), 'utf8')).not.toMatch(/\bimport\(/);
    expect(files).toContain('LICENSES');
    const others = imported.filter((name) => !isBuiltin(name) && !files.includes(name.replace('./', '')));
    // cli-table3 does without its colours.
    const optional = ['@colors'];
    expect(others.map((name) => name.split('/')[0]!).filter((name) => !(name in dependencies) && !optional.includes(name))).toEqual([]);
  });
});
