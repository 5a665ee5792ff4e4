/** Runs `glacier-up treehash …` within the test, in a world of its own. */
import { EventEmitter } from 'node:events';
import { Readable } from 'node:stream';
import type { Context } from '../../src/cli/context.js';
import { type Ending, main } from '../../src/cli/main.js';
import type { Output } from '../../src/cli/output/output.js';
import { realClock } from '../../src/clock.js';
import { assertJsonContract } from './json-contract.js';
import { workers } from './workers.js';

export interface Run {
  stdout: string;
  stderr: string;
  ending: Ending;
}

export interface World {
  stdin?: NodeJS.ReadableStream;
  env?: Record<string, string>;
  stdout?: Output;
  /** Emits `SIGINT` and the like. */
  signals?: EventEmitter;
  hashingThreads?: number;
  workers?: Context['workers'];
}

/** @param args what follows `treehash` */
export async function treehash(args: readonly string[], world: World = {}): Promise<Run> {
  let stdout = '';
  let stderr = '';
  const context: Context = {
    stdin: world.stdin ?? Readable.from([]),
    stdout:
      world.stdout ??
      outputTo((text) => {
        stdout += text;
      }),
    stderr: outputTo((text) => {
      stderr += text;
    }),
    env: world.env ?? {},
    clock: realClock,
    signals: world.signals ?? new EventEmitter(),
    ignoredSignals: new Set(),
    hashingThreads: world.hashingThreads ?? 2,
    userId: process.getuid?.(),
    workers: world.workers ?? workers,
    kill: () => {},
  };
  const ending = await main(['treehash', ...args], context);
  assertJsonContract(args, context.env, stdout, stderr);
  return { stdout, stderr, ending };
}

/** An output that hands on what is written to it. */
export function outputTo(take: (text: string) => void): Output {
  return { write: (text) => take(text.toString()) };
}

/** JSON Lines, read. */
export function jsonLines(text: string): Record<string, unknown>[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
