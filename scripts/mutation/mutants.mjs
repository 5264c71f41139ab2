/**
 * The small wrongs that can be done to a rule's source, all of them in one text, each behind its number: `if (isVirtual(mac)) return;`
 * becomes `if ($mutant === 17 ? false : (isVirtual(mac))) return;`. What is done:
 *
 * - a threshold (a number at the top of the file, or one that something is compared with) is moved up and down,
 * - a guard (`if (…) return`, `continue` or `break`; a choice whose other end is null or an empty list; a filter) is dropped,
 * - a term of `a && b` is taken for true, one of `a || b` for false.
 */
import { parseAst } from 'rolldown/parseAst';

/**
 * @typedef {object} Mutant
 * @property {number} number What wakes it.
 * @property {string} name What is done, in words that do not change with line numbers.
 * @property {number} line Line of the source, from 1.
 * @property {string} alone The source with this mutant for good and without the others.
 */

/**
 * A part of the source, and what is put around it.
 * @typedef {object} Wrap
 * @property {number} start
 * @property {number} end
 * @property {string} before
 * @property {string} after
 */

/** How much evidence is shown is a matter of reading, no threshold of a judgement. */
const SHOWN = /^MAX_(\w+_)?SHOWN$/;

/** Whole numbers up to this are counts: they are moved by one, all others by a quarter. */
const LARGEST_COUNT = 100;

/** So that the compiler does not see through them. */
const ALWAYS = '(true as boolean)';
const NEVER = '(false as boolean)';

const COMPARISONS = new Set(['<', '<=', '>', '>=']);
const LEAVES = new Set(['ReturnStatement', 'ContinueStatement', 'BreakStatement']);

/**
 * Puts all mutants of a source into it.
 * @param {string} source TypeScript
 * @param {number} first number of the first of them
 * @param {string} switchPath what to import mutation-switch.mjs from
 * @returns {{ source: string, mutants: Mutant[] }} the lines are where they were
 */
export function switched(source, first, switchPath) {
  const program = parseAst(source, { lang: 'ts' });
  const settable = [];
  const wrongs = [...wrongsIn(program, source)].sort((a, b) => a.start - b.start);
  for (const { id, declaration, init } of thresholdsIn(program)) {
    settable.push({ start: declaration.start, end: declaration.start + 'const'.length, before: 'let /* ', after: ' */' });
    settable.push({ start: init.start, end: init.end, before: `0; $onWake(() => { ${id.name} = `, after: '; })' });
  }
  const seen = new Map();
  const mutants = wrongs.map(({ what, start, end, instead }, i) => {
    const count = (seen.get(what) ?? 0) + 1;
    seen.set(what, count);
    return {
      number: first + i,
      name: count === 1 ? what : `${what} (${count})`,
      line: source.slice(0, start).split('\n').length,
      alone: source.slice(0, start) + instead + source.slice(end),
    };
  });
  const choices = wrongs.map(({ start, end, instead }, i) => ({
    start,
    end,
    before: `($mutant === ${first + i} ? ${instead} : (`,
    after: '))',
  }));
  const imports = `import { mutant as $mutant, onWake as $onWake } from ${JSON.stringify(switchPath)};`;
  return { source: `${imports} ${wrapped(source, [...settable, ...choices])}`, mutants };
}

/** `const NAME = 3;` at the top of a file. */
function* thresholdsIn(program) {
  for (const statement of program.body) {
    const declaration = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement;
    if (declaration?.type !== 'VariableDeclaration') continue;
    for (const { id, init } of declaration.declarations) if (isNumber(init) && !SHOWN.test(id.name)) yield { id, declaration, init };
  }
}

function* wrongsIn(program, source) {
  const text = (node) => source.slice(node.start, node.end);
  const instead = (node, code, what) => ({ start: node.start, end: node.end, instead: code, what });
  const moved = (node, name) => movesOf(text(node)).map((move) => instead(node, `(${text(node)}) ${move}`, `${name} ${move}`));

  for (const { id, init } of thresholdsIn(program)) yield* moved(init, id.name);
  for (const node of nodesIn(program)) {
    if (node.type === 'IfStatement' && node.alternate === null && isLeave(node.consequent) && node.test.operator !== '||') {
      yield instead(node.test, NEVER, `drop ${oneLine(text(node))}`);
    }
    if (node.type === 'ConditionalExpression' && node.test.type !== 'LogicalExpression') {
      if (isNothing(node.consequent)) yield instead(node.test, NEVER, `never nothing by ${oneLine(text(node.test))}`);
      else if (isNothing(node.alternate)) yield instead(node.test, ALWAYS, `never nothing but by ${oneLine(text(node.test))}`);
    }
    if (node.type === 'CallExpression' && node.callee.property?.name === 'filter') {
      yield instead(node.arguments[0], '() => true', `drop filter(${oneLine(text(node.arguments[0]))})`);
    }
    if (node.type === 'LogicalExpression' && node.operator !== '??') {
      const [neutral, code] = node.operator === '&&' ? ['true', ALWAYS] : ['false', NEVER];
      // Of a && b && c, which is (a && b) && c, a and b are told by the inner one.
      const terms = [node.left, node.right].filter((term) => term.operator !== node.operator);
      for (const term of terms) yield instead(term, code, `${neutral} for ${oneLine(text(term))} in a ${node.operator}`);
    }
    if (node.type === 'BinaryExpression' && COMPARISONS.has(node.operator)) {
      // What is compared with zero is there or not: that is no threshold.
      for (const side of [node.left, node.right]) if (isNumber(side) && text(side) !== '0') yield* moved(side, oneLine(text(node)) + ':');
    }
  }
}

/** How a number is moved. */
function movesOf(text) {
  const value = Number(text);
  return Number.isInteger(value) && Math.abs(value) <= LARGEST_COUNT ? ['+ 1', '- 1'] : ['* 1.25', '/ 1.25'];
}

function isNumber(node) {
  return node?.type === 'Literal' && typeof node.value === 'number';
}

function isLeave(node) {
  return LEAVES.has(node.type) || (node.type === 'BlockStatement' && node.body.length === 1 && LEAVES.has(node.body[0].type));
}

/** Null, or an empty list. */
function isNothing(node) {
  return (node.type === 'Literal' && node.value === null) || (node.type === 'ArrayExpression' && node.elements.length === 0);
}

/** A node and all below it, in order of the source. */
function* nodesIn(node) {
  if (typeof node.type === 'string') yield node;
  for (const child of Object.values(node)) if (typeof child === 'object' && child !== null) yield* nodesIn(child);
}

/**
 * The source with something put around parts of it; of two parts one lies in the other, or they do not touch.
 * @param {string} source
 * @param {Wrap[]} wraps of the same part, the outer one first
 */
function wrapped(source, wraps) {
  const open = [];
  let result = '';
  let at = 0;
  const copyTo = (end) => {
    result += source.slice(at, end);
    at = end;
  };
  const close = (until) => {
    while (open.length > 0 && open.at(-1).end <= until) {
      const { end, after } = open.pop();
      copyTo(end);
      result += after;
    }
  };
  for (const wrap of wraps.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    close(wrap.start);
    copyTo(wrap.start);
    result += wrap.before;
    open.push(wrap);
  }
  close(source.length);
  copyTo(source.length);
  return result;
}

function oneLine(text) {
  return text.replace(/\s+/g, ' ');
}
