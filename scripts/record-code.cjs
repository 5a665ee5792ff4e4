/** `node scripts/record-code.cjs WORDS`: runs a command line, and lays the code cache of each file that it loads beside it. */
const { writeFileSync } = require('node:fs');
const { join } = require('node:path');
const v8 = require('node:v8');
const { codeCachePath, loadProgram, sealCache } = require('../dist/cli/code-cache.js');

// V8 takes a cache only under the flags it was made with: those that the program sets when it is loaded are not yet set then.
v8.setFlagsFromString = () => {};

const scripts = [];
process.on('exit', () => {
  for (const { path, script, source } of scripts) {
    writeFileSync(codeCachePath(path), sealCache(script.createCachedData(), source));
  }
});
const start = join(__dirname, '../dist/cli/start.js');
loadProgram(start, require, (path, script, source) => scripts.push({ path, script, source })).start();
