/** strace: which system calls the program makes, and what happens when the n-th of them fails. */
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { constants } from 'node:os';
import type { Machine, Outcome, RunOptions } from './machine.js';

export const canTrace = spawnSync('strace', ['-qq', '-o', '/dev/null', 'true']).status === 0;

/** One system call as strace wrote it down. */
export interface TracedCall {
  /** 0 when only the main thread was followed. */
  thread: number;
  name: string;
  /** Arguments and result; descriptors stand with what they lead to (`3</etc/hosts>`). */
  text: string;
  isInjected: boolean;
}

export interface Trace {
  outcome: Outcome;
  calls: TracedCall[];
}

export interface TraceOptions extends RunOptions {
  calls: readonly string[];
  /** For example `write:error=EIO:when=3`. strace counts by thread: with several, the third of each one fails. */
  inject?: string;
  /** Calls on this file alone, by name or by descriptor. */
  path?: string;
  /** All threads, or the main thread alone. */
  threads: 'all' | 'main';
  /** How much of each text argument is written down. */
  textBytes?: number;
}

/**
 * With --seccomp-bpf the program stops at the calls that are traced alone, and not at all others. It needs `-f`; and under it
 * strace 6.1 fails calls, but sends no signal.
 */
export function stopsFor(inject = ''): string[] {
  return inject.includes('signal=') ? [] : ['--seccomp-bpf'];
}

/** Runs the program under strace. */
export async function trace(
  machine: Machine,
  words: readonly string[],
  { calls, inject, path, threads, textBytes = 256, ...options }: TraceOptions,
): Promise<Trace> {
  const log = `${machine.folder}.strace`;
  const follow = threads === 'all' ? ['-f', ...stopsFor(inject)] : [];
  const prefix = ['strace', ...follow, '-qq', '-yy', '-s', String(textBytes), '-o', log];
  if (path !== undefined) prefix.push('-P', path);
  prefix.push('-e', `trace=${calls.join(',')}`, ...(inject === undefined ? [] : ['-e', `inject=${inject}`]));
  try {
    const outcome = await machine.run(words, { ...options, prefix });
    return { outcome, calls: parseTrace(readFileSync(log, 'latin1'), threads === 'all') };
  } finally {
    rmSync(log, { force: true });
  }
}

/** A call that another thread's interrupts stands on two lines: the first one tells what it was about. */
function parseTrace(text: string, hasThreads: boolean): TracedCall[] {
  const calls: TracedCall[] = [];
  const unfinished = new Map<number, TracedCall>();
  for (const line of text.split('\n')) {
    const [, pid = '0', rest = ''] = (hasThreads ? /^(\d+) +(.*)$/ : /^()(.*)$/).exec(line) ?? [];
    const thread = Number(pid);
    const isInjected = rest.includes('(INJECTED)');
    const begun = /^(\w+)\((.*)$/.exec(rest);
    if (begun) {
      const call = { thread, name: begun[1] ?? '', text: begun[2] ?? '', isInjected };
      calls.push(call);
      if (call.text.endsWith('<unfinished ...>')) unfinished.set(thread, call);
    } else if (rest.startsWith('<... ')) {
      const call = unfinished.get(thread);
      if (call) {
        call.text += rest;
        call.isInjected ||= isInjected;
      }
    }
  }
  return calls;
}

/** Whether the call touches the file system under `folder`, the network, standard output or standard error. */
export function touches({ name, text }: TracedCall, folder: string): boolean {
  const target = text.replace(/^AT_FDCWD<[^>]*>/, '');
  return target.includes(folder) || (name.startsWith('write') && /^(1<|2<|\d+<TCP)/.test(target));
}

/** Where the n-th call of a thread touched something: what a sweep has to try. */
export function turnsThatTouch(calls: readonly TracedCall[], name: string, folder: string): number[] {
  const made = new Map<number, number>();
  const turns = new Set<number>();
  for (const call of calls) {
    if (call.name !== name) continue;
    const turn = (made.get(call.thread) ?? 0) + 1;
    made.set(call.thread, turn);
    if (touches(call, folder)) turns.add(turn);
  }
  return [...turns].sort((a, b) => a - b);
}

/**
 * Node ends itself when its own wake-up calls fail (an eventfd, a pipe to itself), which no disk brings about; and with
 * the number of the error, before any of the program is loaded, when it cannot read the configuration of OpenSSL.
 * @returns signals and exit codes
 */
export function deathsAllowed({ calls }: Trace, fault: string, { folder }: Machine): (string | number)[] {
  if (fault === 'KILL') return ['SIGKILL'];
  const hits = calls.filter((call) => call.isInjected && !touches(call, folder));
  const ofOpenSsl = hits.some(({ text }) => text.includes('/openssl.cnf"'));
  const errno = Object.entries(constants.errno).find(([name]) => name === fault)?.[1];
  return [...(hits.length > 0 ? ['SIGABRT'] : []), ...(ofOpenSsl && errno !== undefined ? [errno] : [])];
}
