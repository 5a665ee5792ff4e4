/** The program as a process: what `bin/glacier-up.js` starts. */
import { realContext } from './context.js';
import { main } from './main.js';

/** Runs the process's own command line, and ends the process as `main` says. */
export async function start(): Promise<void> {
  // Node ends, and calls it success, when nothing is left that could still settle a promise.
  let hasEnded = false;
  process.once('exit', (code) => {
    if (hasEnded || code !== 0) return;
    process.stderr.write(
      'glacier-up: ended before its work did, which is a bug; run the same command again\n',
    );
    process.exitCode = 1;
  });
  const context = realContext();
  const ending = await main(process.argv.slice(2), context);
  hasEnded = true;
  if ('signal' in ending) {
    context.kill(ending.signal);
    return;
  }
  process.exitCode = ending.code;
  // Left to itself Node takes its heap apart before it ends, which takes longer than a small command. Standard output is
  // written already; on standard error a slow reader of a pipe can still be waited for.
  if (process.stderr.writableLength === 0) process.exit();
}
