/** Counts what a program asks of the kernel. */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cleanEnvironment, glacierUpPath, need, run } from './programs.mjs';

/**
 * Runs the shipped program under strace.
 * @param calls system calls to look at
 * @returns the lines of those calls, descriptors with their paths, calls that another thread cut in two joined
 */
export async function traced(args, calls, { folder, env = cleanEnvironment(folder) }) {
  need('strace');
  const tracePath = join(folder, `trace-${process.pid}`);
  const words = ['-f', '-y', '--seccomp-bpf', '-e', `trace=${calls.join(',')}`, '-o', tracePath];
  await run('strace', [...words, process.execPath, glacierUpPath, ...args], { folder, env, counted: false });
  const lines = joined(readFileSync(tracePath, 'utf8').split('\n'));
  rmSync(tracePath);
  return lines;
}

function joined(lines) {
  const begun = new Map();
  const whole = [];
  for (const line of lines) {
    const [, pid, rest] = /^(\d+) +(.*)$/.exec(line) ?? [];
    if (rest === undefined) continue;
    const unfinished = /^(.*) <unfinished \.\.\.>$/.exec(rest);
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(rest);
    if (unfinished) begun.set(pid, unfinished[1]);
    else if (resumed) whole.push((begun.get(pid) ?? '') + resumed[1]);
    else whole.push(rest);
  }
  return whole;
}

/** What a call returned, where that is a count of bytes. */
export const returned = (line) => Math.max(0, Number(/= (\d+)$/.exec(line)?.[1] ?? 0));
