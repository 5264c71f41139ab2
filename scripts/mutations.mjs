/**
 * The small wrongs that can be done to a rule's source: a threshold doubled or halved, a guard dropped, a condition's term taken for
 * granted. Found in the text, with strings and comments masked; types are not looked at, since the tests run without them.
 */

/**
 * @typedef {object} Mutation
 * @property {string} name What is done, in words that do not change with line numbers.
 * @property {number} order 0 for a threshold, 1 for a guard, 2 for a term.
 * @property {number} line Line of the source, from 1.
 * @property {string} source The whole mutated source.
 */

/** How much evidence is shown is a matter of reading, no threshold of a judgement. */
const SHOWN = /^MAX_(\w+_)?SHOWN$/;

/** What the compiler demands of whoever reads from an array or a map: no guard of a rule. */
const NARROWS = /^\w+(\.\w+)* [=!]== undefined$/;

/**
 * All mutations of a source.
 * @param {string} source TypeScript as this project writes it
 * @returns {Mutation[]} in order of the source, thresholds first
 */
export function mutationsOf(source) {
  const code = masked(source);
  const found = [thresholds(code), guards(source, code), terms(source, code)].flatMap((kind, order) =>
    [...kind].map((m) => ({ ...m, order })),
  );
  const seen = new Map();
  return found.map(({ what, start, end, text, order }) => {
    const count = (seen.get(what) ?? 0) + 1;
    seen.set(what, count);
    return {
      name: count === 1 ? what : `${what} (${count})`,
      order,
      line: source.slice(0, start).split('\n').length,
      source: source.slice(0, start) + text + source.slice(end),
    };
  });
}

/** `const NAME = 3;` at the top of a file. */
function* thresholds(code) {
  for (const match of code.matchAll(/^(?:export )?const ([A-Z][A-Z0-9_]*) = ([-\d._e* ]+);$/gm)) {
    const [, name, value] = match;
    if (SHOWN.test(name)) continue;
    const start = match.index + match[0].indexOf(' = ') + 3;
    for (const factor of ['* 2', '/ 2'])
      yield { what: `${name} ${factor}`, start, end: start + value.length, text: `(${value}) ${factor}` };
  }
}

/** `if (…) continue;` and `if (…) return …;` without braces and else. Where one of several terms suffices, each is tried by itself. */
function* guards(source, code) {
  for (const match of code.matchAll(/\bif \(/g)) {
    const open = match.index + 3;
    const close = closing(code, open);
    const leaves = /^\s*(?:continue|break|return\b[^;]*);/.exec(code.slice(close + 1));
    const condition = code.slice(open + 1, close);
    if (leaves === null || condition.includes('||') || NARROWS.test(condition)) continue;
    const end = close + 1 + leaves[0].length;
    if (/^\s*else\b/.test(code.slice(end))) continue;
    yield { what: `drop ${oneLine(source.slice(match.index, end))}`, start: match.index, end, text: '' };
  }
}

/** Each term of `a && b` taken for true, each of `a || b` for false. */
function* terms(source, code) {
  for (const [operator, neutral] of [
    ['&&', 'true'],
    ['||', 'false'],
  ]) {
    const done = new Set();
    for (let at = code.indexOf(operator); at >= 0; at = code.indexOf(operator, at + 2)) {
      for (const [start, end] of [termBefore(code, at), termAfter(code, at + 2)]) {
        const text = source.slice(start, end).trim();
        if (text === '' || done.has(start) || NARROWS.test(text)) continue;
        done.add(start);
        const from = start + source.slice(start, end).indexOf(text);
        yield { what: `${neutral} for ${oneLine(text)} in a ${operator}`, start: from, end: from + text.length, text: neutral };
      }
    }
  }
}

const OPENING = '([{';
const CLOSING = ')]}';

/** The term that ends at an operator: back to where its parenthesis, statement or an operator that binds less begins. */
function termBefore(code, operator) {
  let at = operator;
  for (let depth = 0; at > 0; at--) {
    const c = code[at - 1];
    if (CLOSING.includes(c)) depth++;
    else if (OPENING.includes(c) && depth-- === 0) break;
    else if (depth === 0 && isEnd(code, at - 1)) break;
  }
  const keyword = /^\s*(?:if \(.*\) )?(?:return|yield)\b/.exec(code.slice(at, operator));
  return [at + (keyword?.[0].length ?? 0), operator];
}

/** The term that begins after an operator. */
function termAfter(code, start) {
  let at = start;
  for (let depth = 0; at < code.length; at++) {
    const c = code[at];
    if (OPENING.includes(c)) depth++;
    else if (CLOSING.includes(c) && depth-- === 0) break;
    else if (depth === 0 && isEnd(code, at)) break;
  }
  return [start, at];
}

/** Whether a character at the depth of a term stands outside of it. */
function isEnd(code, at) {
  const c = code[at];
  const pair = code.slice(at, at + 2);
  const before = code[at - 1];
  if (c === ',' || c === ';') return true;
  if (pair === '&&' || pair === '||' || pair === '=>') return true;
  if ((c === '&' || c === '|') && before === c) return true;
  if (c === '>' && before === '=') return true;
  // ?. and ?? are parts of a term; a type's colon does not occur in one.
  if (c === '?') return pair !== '?.' && pair !== '??' && before !== '?';
  if (c === ':') return true;
  return c === '=' && !'=!<>'.includes(before) && code[at + 1] !== '=' && code[at + 1] !== '>';
}

/** Index of the parenthesis that closes the one at `open`. */
function closing(code, open) {
  let depth = 0;
  for (let at = open; at < code.length; at++) {
    if (code[at] === '(') depth++;
    else if (code[at] === ')' && --depth === 0) return at;
  }
  return code.length;
}

/** The source with the contents of comments, strings, templates and regular expressions blanked, each as long as it was. */
function masked(source) {
  const blank = (text) => text.replace(/[^\n]/g, '_');
  return source.replace(
    /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`|(?<=[(,=:!&|] ?)\/(?![*/ ])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[gimsuy]*/g,
    (text) => (text.startsWith("''") ? text : text[0] + blank(text.slice(1, -1)) + text.at(-1)),
  );
}

function oneLine(text) {
  return text.replace(/\s+/g, ' ');
}
