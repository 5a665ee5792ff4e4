/** The world outside, as the commands see it: the only place in `cli/` that touches the real one. */
import { constants } from 'node:os';
import { type Clock, realClock } from '../clock.js';
import { type StartThread, threadsOf } from '../os/thread.js';
import { defaultThreads } from './open/hashing-threads.js';
import type { Output } from './output/output.js';
import { wholeOutput } from './output/whole-output.js';

export type EndingSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

/** Where signals come from; `process` itself, or an emitter of a test. */
export interface SignalSource {
  on(signal: EndingSignal | 'SIGUSR2', listener: () => void): unknown;
  off(signal: EndingSignal | 'SIGUSR2', listener: () => void): unknown;
}

export interface Context {
  stdin: NodeJS.ReadableStream & { isTTY?: boolean | undefined };
  stdout: Output;
  stderr: Output;
  env: Record<string, string | undefined>;
  clock: Clock;
  signals: SignalSource;
  /** Those that were ignored when the process began, as nohup does with SIGHUP: they stay ignored. */
  ignoredSignals: ReadonlySet<EndingSignal>;
  /** How many threads hash, if no option says. */
  hashingThreads: number;
  userId: number | undefined;
  /** Starts a thread of each kind. */
  workers: { hash: StartThread; localVault: StartThread };
  /** Ends the process at once, by that signal or else with 128 + its number: what a second Ctrl-C asks for. */
  kill(signal: EndingSignal): void;
}

/** What `bin/glacier-up.js` has found out; nothing when Node was started in another way. It is not for our children. */
function takeIgnoredSignals(env: NodeJS.ProcessEnv): Set<EndingSignal> {
  const names = (env.GLACIER_UP_IGNORED_SIGNALS ?? '').split(' ');
  delete env.GLACIER_UP_IGNORED_SIGNALS;
  return new Set((['SIGINT', 'SIGHUP'] as const).filter((signal) => names.includes(signal)));
}

/** The context of a real process: its streams, environment, clock and threads. */
export function realContext(): Context {
  // A reader that goes away must not end an upload: what cannot be shown is dropped.
  process.stderr.on('error', () => {});
  // Libraries speak up on the console, in words that are neither ours nor JSON; what concerns the user the reporter tells.
  console.warn = () => {};
  return {
    // Made by Node when first looked at, and seldom needed.
    get stdin() {
      return process.stdin;
    },
    stdout: wholeOutput(1, () => process.stdout, realClock),
    stderr: process.stderr,
    env: process.env,
    clock: realClock,
    signals: process,
    ignoredSignals: takeIgnoredSignals(process.env),
    get hashingThreads() {
      return defaultThreads();
    },
    userId: process.getuid?.(),
    workers: {
      hash: threadsOf(new URL('../treehash/worker.js', import.meta.url)),
      localVault: threadsOf(new URL('../server/local/local-worker.js', import.meta.url)),
    },
    kill: (signal) => {
      process.removeAllListeners(signal);
      process.kill(process.pid, signal);
      // Still alive: for the first process of a container the kernel drops a signal that has no handler. What a shell
      // reports for a signal tells the container's runtime that this was no success.
      process.exit(128 + constants.signals[signal]);
    },
  };
}
