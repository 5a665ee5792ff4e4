#!/usr/bin/env sh
':' /*
# Node, as it starts, sets every signal back to its default, and with that forgets which ones it was told to ignore, as
# nohup tells it of SIGHUP and a script's "&" of SIGINT. A shell remembers: what is ignored when it starts is never
# trapped. So the shell finds out, tells Node, and becomes it.
ignored=
for signal in HUP INT; do
  heeded=
  trap 'heeded=yes' "$signal"
  kill "-$signal" "$$"
  trap - "$signal"
  [ "$heeded" ] || ignored="$ignored SIG$signal"
done
GLACIER_UP_IGNORED_SIGNALS=$ignored
export GLACIER_UP_IGNORED_SIGNALS
exec node "$0" "$@"
*/;
// Written so that Node 4 can still read it, without destructuring, and say which one is needed.
const version = process.versions.node;
const numbers = version.split('.').map(Number);
if (numbers[0] < 20 || (numbers[0] === 20 && numbers[1] < 19) || !process.getBuiltinModule) {
  const message = `Node ${version} is too old (${process.execPath})`;
  const hint = 'install Node 20.19, 22.3 or newer, or put it first in PATH';
  const error = { type: 'error', schema: 1, code: 'failed', exitCode: 1, message, hint };
  const isJson = process.argv.indexOf('--json') !== -1;
  process.stderr.write(isJson ? `${JSON.stringify(error)}\n` : `glacier-up: ${message}\nhint: ${hint}\n`);
  process.exitCode = 1;
} else {
  // Without a listener Node opens its debugger on SIGUSR1, and whoever connects to its port can read the credentials.
  process.on('SIGUSR1', () => {});
  // To tell the version the program need not be loaded.
  const words = process.argv.slice(2);
  if (words.length === 1 && (words[0] === '--version' || words[0] === '-V')) {
    process.stdout.write(`${require('../dist/cli/version.js').version()}\n`);
  } else {
    const start = require('node:path').join(__dirname, '../dist/cli/start.js');
    require('../dist/cli/code-cache.js').loadProgram(start, require).start();
  }
}
