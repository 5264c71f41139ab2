/**
 * Loads the program with the code that V8 made of it when it was built: compiling takes longer than to diagnose a thousand frames. V8 takes
 * that code only where it would make the same: in the same version, with the same options. Elsewhere, and where there is none, it compiles.
 */
const { closeSync, existsSync, openSync, readSync, statSync } = require('node:fs');
const { dirname, resolve } = require('node:path');
const { Script } = require('node:vm');

/** As node:module exports it, which loads what ES modules need. */
const Module = module.constructor;

/** Where the code is that this Node.js made of a file. */
const codeFileOf = (file) => `${file}.${process.version}-${process.arch}.code`;

/** What makes a function of CommonJS. */
const HEAD = '(function (exports, require, module, __filename, __dirname) { ';
const TAIL = '\n});';

/**
 * A file of CommonJS in ASCII, without import(), compiled or read as compiled before. One buffer holds the text with what makes a function of it, and then
 * the code: to touch a page of memory for the first time takes longer than to copy it.
 */
function compile(file) {
  const { size, mtimeMs } = statSync(file);
  const codeFile = codeFileOf(file);
  const code = statSync(codeFile, { throwIfNoEntry: false });
  const hasCode = code !== undefined && code.mtimeMs >= mtimeMs;
  const buffer = Buffer.allocUnsafeSlow(Math.max(HEAD.length + size + TAIL.length, hasCode ? code.size : 0));
  const end = buffer.write(HEAD, 'latin1') + readInto(buffer.subarray(HEAD.length), file, size);
  const source = buffer.latin1Slice(0, end + buffer.write(TAIL, end, 'latin1'));
  return new Script(source, {
    filename: file,
    cachedData: hasCode ? buffer.subarray(0, readInto(buffer, codeFile, code.size)) : undefined,
  });
}

/** Reads as much of a file, or what there is of it, and says how many bytes. */
function readInto(buffer, file, size) {
  const descriptor = openSync(file);
  let length = 0;
  try {
    while (length < size) {
      const count = readSync(descriptor, buffer, length, size - length);
      if (count === 0) break;
      length += count;
    }
  } finally {
    closeSync(descriptor);
  }
  return length;
}

/** Runs a file as `require` does, and returns what it exports. Ends with a sentence where nothing was built. */
function load(file, script = existsSync(file) ? compile(file) : notBuilt(file)) {
  const module = new Module(file);
  module.filename = file;
  require.cache[file] = module;
  script.runInThisContext()(module.exports, Module.createRequire(file), module, file, dirname(file));
  return module.exports;
}

function notBuilt(file) {
  process.stderr.write(
    `lvs-doctor: ${file} is missing: it is built by 'npm ci', without --omit=dev, in ${resolve(dirname(file), '..')}.\n`,
  );
  process.exit(2);
}

module.exports = { codeFileOf, compile, load };
