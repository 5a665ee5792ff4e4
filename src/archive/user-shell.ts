/**
 * The shell that runs commands of the user. POSIX shells report only the status of the last command of a pipeline:
 * `pg_dump | gzip` succeeds with 20 bytes when `pg_dump` does not exist. So a shell is used in which every stage counts.
 */
import { spawnSync } from 'node:child_process';
import { GlacierUpError } from '../errors.js';

/**
 * Bash without anything from the environment that could change what the command does or prints (`-p`: BASH_ENV,
 * SHELLOPTS, exported functions); else `sh`, which knows `pipefail` since POSIX.1-2024, and in many systems longer.
 */
const strictShells = [
  ['bash', '-p', '-o', 'pipefail'],
  ['sh', '-o', 'pipefail'],
];
/** Ends with this status only where the failure of the first stage counts. */
const proof = '(exit 77) | :';
const proofStatus = 77;

/**
 * The words that run `command` in a shell where any failing stage of a pipeline fails the command.
 * @param ignoredSignals stay ignored in the command, as for every program that nohup starts; Node would reset them
 * @throws GlacierUpError `usage` when no shell here can do that and the command may need it
 */
export function shellWords(
  command: string,
  ignoredSignals: ReadonlySet<'SIGINT' | 'SIGTERM' | 'SIGHUP'>,
): [file: string, ...words: string[]] {
  const shell = strictShells.find(isStrict);
  if (!shell && mayBePipeline(command)) {
    throw new GlacierUpError('usage', 'no shell on this machine notices a stage of a pipeline that fails', {
      hint: 'install bash, or put the pipeline into a script that checks each of its stages',
    });
  }
  const words = [...(shell ?? ['sh']), '-c', '--', command];
  if (ignoredSignals.size === 0) return words as [string, ...string[]];
  const names = [...ignoredSignals].map((signal) => signal.slice('SIG'.length));
  return ['sh', '-c', `trap '' ${names.join(' ')}; exec "$@"`, 'sh', ...words];
}

function isStrict([file = '', ...options]: readonly string[]): boolean {
  return spawnSync(file, [...options, '-c', '--', proof], { stdio: 'ignore' }).status === proofStatus;
}

/** Rather too often than once too seldom: a `|` in quotes counts, and so does text that the shell finds elsewhere. */
function mayBePipeline(command: string): boolean {
  return command.replaceAll('||', '').includes('|') || /(^|[\s;&({`])(eval|source|\.)\s/.test(command);
}
