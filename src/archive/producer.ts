/** What an archive from a pipe comes from: a command run here, or whatever writes into our standard input. */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { GlacierUpError } from '../errors.js';
import { descendantsOf } from './process-tree.js';

export interface Producer {
  readonly stream: Readable;
  /**
   * Called once the stream has ended: whether that was the end of the archive, or of a producer that died.
   * @throws GlacierUpError `producer-failed`
   */
  assertEnded(): Promise<void>;
  /** Stops whatever still runs, and lets go of the stream. */
  stop(): Promise<void>;
}

/** A command that ends after being asked to is waited for so long; then it is killed. */
const killAfterMs = 2000;

/** A pipe tells only that it ended; whether its writer was done, nobody can know. */
export function pipedProducer(stream: Readable): Producer {
  return {
    stream,
    assertEnded: async () => {},
    stop: async () => {
      // A pipe that is still open would keep this process waiting for its writer.
      stream.destroy();
    },
  };
}

/**
 * Runs `command` through the shell. Its standard input and its messages are those of this process, and so is its
 * terminal: it may ask for a password.
 */
export function runProducer(command: string): Producer {
  const child = spawn('/bin/sh', ['-c', command], { stdio: ['inherit', 'pipe', 'inherit'] });
  const ended = new Promise<GlacierUpError | null>((resolve) => {
    child.on('error', (cause) => resolve(failed(`cannot be run: ${cause.message}`, cause)));
    child.on('exit', (code, signal) => {
      if (code === 0) resolve(null);
      else resolve(failed(signal ? `was ended by ${signal}` : `ended with status ${code}`));
    });
  });
  return {
    stream: child.stdout,
    assertEnded: async () => {
      const failure = await ended;
      if (failure) throw failure;
    },
    stop: async () => {
      // Whatever writes into the pipe ends by that, too.
      child.stdout.destroy();
      if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
      const processes = [child.pid, ...descendantsOf(child.pid)];
      end(child, processes, 'SIGTERM');
      const timer = setTimeout(() => end(child, processes, 'SIGKILL'), killAfterMs);
      await ended;
      clearTimeout(timer);
    },
  };
}

/** The shell may be waiting for what it started: they are all asked. */
function end(child: ChildProcess, [, ...others]: number[], signal: 'SIGTERM' | 'SIGKILL'): void {
  child.kill(signal);
  for (const pid of others) {
    try {
      process.kill(pid, signal);
    } catch {
      // It has ended by itself.
    }
  }
}

function failed(how: string, cause?: unknown): GlacierUpError {
  return new GlacierUpError('producer-failed', `the producer ${how}: what it wrote is no archive`, {
    hint: 'run the same command again: parts that are the same are not sent again',
    cause,
  });
}
