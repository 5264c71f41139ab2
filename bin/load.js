/**
 * Loads the program with the code that V8 made of it when it was built: compiling takes longer than to diagnose a thousand frames. V8 takes
 * that code only where it would make the same: in the same version, with the same options. Elsewhere, and where there is none, it compiles.
 */
const { existsSync, readFileSync, statSync } = require('node:fs');
const { dirname, resolve } = require('node:path');
const { Script } = require('node:vm');

/** As node:module exports it, which loads what ES modules need. */
const Module = module.constructor;

/** Where the code is that this Node.js made of a file. */
const codeFileOf = (file) => `${file}.${process.version}-${process.arch}.code`;

/** A file of CommonJS in ASCII, without import(), compiled or read as compiled before. */
function compile(file) {
  return new Script(Module.wrap(readFileSync(file, 'latin1')), {
    filename: file,
    cachedData: readCode(file),
  });
}

/** Code of a file that was not changed since; undefined when there is none. */
function readCode(file) {
  const codeFile = codeFileOf(file);
  const code = statSync(codeFile, { throwIfNoEntry: false });
  return code !== undefined && code.mtimeMs >= statSync(file).mtimeMs ? readFileSync(codeFile) : undefined;
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
