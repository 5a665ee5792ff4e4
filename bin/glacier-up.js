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
// To tell the version the program need not be loaded.
const [word, ...others] = process.argv.slice(2);
if (others.length === 0 && (word === '--version' || word === '-V')) {
  process.stdout.write(`${require('../dist/cli/version.js').version()}\n`);
} else {
  require('../dist/cli/start.js').start();
}
