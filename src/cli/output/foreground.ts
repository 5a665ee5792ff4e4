/** Whether the terminal is ours at the moment, or the shell's, which runs us in the background. */
import { readFileSync } from 'node:fs';

/** Asking `ps` takes milliseconds, so that its answer is used for a while. */
const psAnswerMs = 2000;
let asked: { atMs: number; isForeground: boolean } | undefined;

/** True where the system does not tell. */
export function isInForeground(): boolean {
  try {
    return process.platform === 'linux'
      ? isForegroundIn(readFileSync('/proc/self/stat', 'latin1'))
      : isForegroundInPs();
  } catch {
    return true;
  }
}

/** @param stat of a process, as proc(5) describes `/proc/PID/stat` */
export function isForegroundIn(stat: string): boolean {
  // After the name come state, parent, process group, session, terminal, and the terminal's foreground group.
  const [, , group, , , foreground] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // No terminal (-1), or a group outside of our container (0).
  return group === foreground || Number(foreground) <= 0;
}

function isForegroundInPs(): boolean {
  const atMs = performance.now();
  if (asked && atMs - asked.atMs < psAnswerMs) return asked.isForeground;
  // Loaded where it is needed: it loads Node's network modules.
  const { execFileSync } = process.getBuiltinModule('node:child_process');
  const state = execFileSync('ps', ['-o', 'stat=', '-p', String(process.pid)], { encoding: 'utf8' });
  asked = { atMs, isForeground: state.includes('+') };
  return asked.isForeground;
}
