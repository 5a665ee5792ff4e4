/** Runs the command line in this process, with a home of its own and nothing of the developer's environment. */
import { EventEmitter } from 'node:events';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import type { Context, EndingSignal } from '../../src/cli/context.js';
import { type Ending, main } from '../../src/cli/main.js';
import { type Clock, realClock } from '../../src/clock.js';
import { assertJsonContract } from './json-contract.js';
import { workers } from './workers.js';

export interface CliOptions {
  /** Holds the home folder and the embedded vault. */
  folder: string;
  env?: Record<string, string>;
  /** Default: real time, but waiting takes none of it. */
  clock?: Clock;
  stdin?: string | Buffer | Readable;
  /** Gives stdout and stderr a terminal of this width. */
  columns?: number;
  signals?: EventEmitter;
  onStderr?: (text: string) => void;
}

export interface CliResult {
  code: number | null;
  signal: EndingSignal | null;
  stdout: string;
  stderr: string;
}

/** No file system of the tests keeps coarser times. */
const tickMs = 20;

/** Sleeps are counted as time passed and end at once, but for the shortest. */
export function hastyClock(): Clock {
  let sleptMs = 0;
  return {
    ...realClock,
    monotonicMs: () => performance.now() + sleptMs,
    sleep: async (waitMs, signal) => {
      signal?.throwIfAborted();
      sleptMs += waitMs;
      // The tick of a file system passes in real time only.
      if (waitMs <= tickMs) await new Promise((resolve) => setTimeout(resolve, waitMs));
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

export function makeContext(options: CliOptions): {
  context: Context;
  stdout: () => string;
  stderr: () => string;
} {
  const { folder, env = {}, stdin = '', columns } = options;
  const pieces = { stdout: '', stderr: '' };
  const output = (name: 'stdout' | 'stderr') => ({
    write: (text: string) => {
      pieces[name] += text;
      if (name === 'stderr') options.onStderr?.(text);
      return true;
    },
    isTTY: columns !== undefined,
    columns,
  });
  const input = stdin instanceof Readable ? stdin : new PassThrough().end(stdin);
  const context: Context = {
    stdin: Object.assign(input, { isTTY: columns !== undefined }) as Context['stdin'],
    stdout: output('stdout'),
    stderr: output('stderr'),
    env: { HOME: join(folder, 'home'), ...env },
    clock: options.clock ?? hastyClock(),
    signals: options.signals ?? new EventEmitter(),
    ignoredSignals: new Set(),
    hashingThreads: 2,
    userId: process.getuid?.(),
    workers,
    kill: () => {},
  };
  return { context, stdout: () => pieces.stdout, stderr: () => pieces.stderr };
}

/** Runs one command line. What it prints with `--json` must be as docs/json.schema.json says. */
export async function runCli(argv: readonly string[], options: CliOptions): Promise<CliResult> {
  const { context, stdout, stderr } = makeContext(options);
  const ending: Ending = await main(argv, context);
  assertJsonContract(argv, context.env, stdout(), stderr());
  return {
    code: 'code' in ending ? ending.code : null,
    signal: 'signal' in ending ? ending.signal : null,
    stdout: stdout(),
    stderr: stderr(),
  };
}
