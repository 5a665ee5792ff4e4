/** A file that is restored, handed to a command of the user. */
import { spawn } from 'node:child_process';
import { stopChild } from '../../archive/stop-child.js';
import type { Clock } from '../../clock.js';
import { GlacierUpError } from '../../errors.js';
import type { RestoreItem } from './restore-item.js';

export interface HandOver {
  /** From `shellWords`. */
  words: [file: string, ...words: string[]];
  /** Of the command, beside what is said of the archive. */
  env: Record<string, string | undefined>;
}

/**
 * Runs the command for one file and waits for its end. Its output goes to our standard error, since ours is a result.
 * @param signal ends the command and all that it has started
 * @throws GlacierUpError `command-failed` unless it ends with status 0; the signal's reason
 */
export async function handOver(
  { words: [file, ...words], env }: HandOver,
  item: RestoreItem,
  path: string,
  { clock, signal }: { clock: Clock; signal: AbortSignal },
): Promise<void> {
  signal.throwIfAborted();
  const child = spawn(file, words, { stdio: ['ignore', 2, 2], env: { ...env, ...variablesOf(item, path) } });
  const ended = new Promise<string | null>((resolve) => {
    child.on('error', (cause) => resolve(`cannot be run: ${cause.message}`));
    child.on('exit', (code, killer) =>
      resolve(code === 0 ? null : killer ? `was ended by ${killer}` : `ended with status ${code}`),
    );
  });
  const stop = (): void => void stopChild(child, ended, clock);
  signal.addEventListener('abort', stop, { once: true });
  const failure = await ended;
  signal.removeEventListener('abort', stop);
  if (failure === null) return;
  signal.throwIfAborted();
  throw new GlacierUpError('command-failed', `the command of --each ${failure}`, {
    hint: 'its file is kept: run the same command again, which hands it over again',
  });
}

function variablesOf(item: RestoreItem, path: string): Record<string, string> {
  return {
    GLACIER_UP_FILE: path,
    GLACIER_UP_NAME: item.path,
    GLACIER_UP_ARCHIVE_ID: item.archiveId,
    GLACIER_UP_TREE_HASH: item.treeHash,
    GLACIER_UP_SIZE: String(item.sizeBytes),
    GLACIER_UP_MODIFIED_AT: item.modifiedAt ?? '',
  };
}
