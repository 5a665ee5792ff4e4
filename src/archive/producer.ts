/** What an archive from a pipe comes from: a command run here, or the writer of our standard input. */
import { spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import type { Readable } from 'node:stream';
import type { Clock } from '../clock.js';
import { GlacierUpError } from '../errors.js';
import { type ByteSource, sourceOf } from './byte-source.js';
import { openChildPipe } from './named-pipe.js';
import { stopChild } from './stop-child.js';

export interface Producer {
  readonly source: ByteSource;
  /**
   * Called once the stream has ended: whether that was the end of the archive, or of a producer that died.
   * @throws GlacierUpError `producer-failed`
   */
  assertEnded(): Promise<void>;
  /** Stops what still runs, and lets go of the stream. */
  stop(): Promise<void>;
}

/** A pipe tells only that it ended; whether its writer was done, nobody can know. */
export function pipedProducer(stream: Readable): Producer {
  const source = sourceOf(stream);
  return {
    source,
    assertEnded: async () => {},
    stop: async () => {
      // A pipe that is still open would keep this process waiting for its writer.
      source.destroy();
    },
  };
}

/**
 * Runs the words of a command. Its standard input and its messages are those of this process, and so is its terminal:
 * it may ask for a password.
 * @param words from `shellWords`
 * @param pipePath where its standard output can be made a named pipe
 */
export function runProducer(
  [file, ...words]: [string, ...string[]],
  pipePath: string,
  clock: Clock,
): Producer {
  const pipe = openChildPipe(pipePath);
  const child = spawn(file, words, { stdio: ['inherit', pipe?.writeFd ?? 'pipe', 'inherit'] });
  const ended = new Promise<GlacierUpError | null>((resolve) => {
    child.on('error', (cause) => resolve(failed(`cannot be run: ${cause.message}`, { cause })));
    child.on('exit', (code, signal) => resolve(failureOf(code, signal)));
  });
  if (pipe) closeSync(pipe.writeFd);
  const source = pipe?.source ?? sourceOf(child.stdout as Readable);
  return {
    source,
    assertEnded: async () => {
      const failure = await ended;
      if (failure) throw failure;
    },
    stop: async () => {
      // The writer of the pipe ends by that, too.
      source.destroy();
      await stopChild(child, ended, clock);
    },
  };
}

/** How a shell reports a command that SIGPIPE ended: 128 + 13. */
const sigpipeStatus = 141;

function failureOf(code: number | null, signal: NodeJS.Signals | null): GlacierUpError | null {
  if (code === 0) return null;
  if (signal) return failed(`was ended by ${signal}`);
  if (code !== sigpipeStatus) return failed(`ended with status ${code}`);
  return failed(`ended with status ${code}: SIGPIPE ended a stage whose reader closed the pipe early`, {
    hint: 'if the reader has all that it wants, as "head" has, write { STAGE || [ $? = 141 ]; } | head',
  });
}

function failed(
  how: string,
  { hint = sameAgain, cause }: { hint?: string; cause?: unknown } = {},
): GlacierUpError {
  return new GlacierUpError('producer-failed', `the producer ${how}: what it wrote is no archive`, {
    hint,
    cause,
  });
}

const sameAgain = 'run the same command again: parts that are the same are not sent again';
