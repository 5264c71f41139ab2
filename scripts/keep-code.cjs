// Diagnoses captures, and keeps the code that V8 made meanwhile of a bundle: node scripts/keep-code.cjs BUNDLE CAPTURE...
const { writeFileSync } = require('node:fs');
const v8 = require('node:v8');
const { codeFileOf, compile, load } = require('../bin/load.js');

// V8 takes code only with the options with which it was made: those of a process that has just begun.
v8.setFlagsFromString = () => {};

// Each run listens for errors of it anew.
process.stdout.setMaxListeners(0);

const [bundle, ...captures] = process.argv.slice(2);
const script = compile(bundle);
const { main } = load(bundle, script);
keep();

async function keep() {
  for (const capture of captures) {
    for (const format of ['text', 'json']) await main(['node', 'lvs-doctor', 'diagnose', capture, '-f', format]);
    if (process.exitCode === 2) return;
  }
  writeFileSync(codeFileOf(bundle), script.createCachedData());
  // That a capture shows a fault is no failure here.
  process.exitCode = 0;
}
