/** Which process holds a lock, told apart from a later one with the same number. */
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { errnoOf } from './errno.js';

export interface ProcessIdentity {
  readonly host: string;
  /** Where its number means something: two containers of one host may bear one name. '' where there is no such thing. */
  readonly pidNamespace: string;
  /** Changes at every boot; '' where the system does not tell. */
  readonly bootId: string;
  readonly pid: number;
  /** In the system's own notation; '' where it does not tell. */
  readonly startTime: string;
}

let own: ProcessIdentity | undefined;

/** Found out once: a run with many files takes many locks. */
export function thisProcess(): ProcessIdentity {
  own ??= findOwn();
  return own;
}

function findOwn(): ProcessIdentity {
  const startTime = startTimeOf(process.pid);
  return {
    host: hostname(),
    pidNamespace: pidNamespace(),
    bootId: bootId(),
    pid: process.pid,
    startTime: typeof startTime === 'string' ? startTime : '',
  };
}

/**
 * Whether the process is alive; null when that cannot be told from here: it runs on another host, in another container,
 * or is hidden.
 * @throws the failed system call when looking failed: a process that could not be looked at is not dead
 */
export function isAlive(holder: ProcessIdentity, self: ProcessIdentity): boolean | null {
  if (holder.host !== self.host) return null;
  if (holder.bootId !== self.bootId) return false;
  if (holder.pidNamespace !== self.pidNamespace) return null;
  const startTime = startTimeOf(holder.pid);
  if (startTime === gone) return false;
  if (startTime === hidden) return holder.startTime === '' ? true : null;
  return holder.startTime === '' || startTime === holder.startTime;
}

/** A value that changes at every start of the machine, and only then; '' where the system does not tell. */
export function bootId(): string {
  try {
    if (process.platform === 'linux') return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    // Not kern.boottime, which moves when the clock is set.
    return run('sysctl', ['-n', 'kern.bootsessionuuid'], process.env).trim();
  } catch {
    return '';
  }
}

function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}

/** There is no process of that number, or only what is left of one (a zombie). */
const gone = Symbol('gone');
/** There is one, and the system does not show it: no /proc, or one mounted with hidepid. */
const hidden = Symbol('hidden');

function startTimeOf(pid: number): string | typeof gone | typeof hidden {
  if (process.platform !== 'linux') return startTimeFromPs(pid);
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch (error) {
    if (!['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes(errnoOf(error) ?? '')) throw error;
    return isSignalable(pid) ? hidden : gone;
  }
  // The command's name stands in parentheses and may itself hold any of them; fields go on after the last one.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const state = fields[0];
  // proc(5): field 22, starttime; the first field after the name is the third.
  return state === 'Z' || state === 'X' ? gone : (fields[19] ?? gone);
}

function isSignalable(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errnoOf(error) !== 'ESRCH';
  }
}

/** `ps` writes local time in the language of the user, and two runs may have different ones. */
function startTimeFromPs(pid: number): string | typeof gone | typeof hidden {
  const env = { PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };
  const words = ['-o', 'state=,lstart=', '-p', String(pid)];
  let text: string;
  try {
    text = run('ps', words, env).trim();
  } catch (error) {
    // ps exits 1 when there is no such process.
    if (!(error instanceof Error && 'status' in error && error.status === 1)) throw error;
    return isSignalable(pid) ? hidden : gone;
  }
  const [, state, startTime] = /^(\S+)\s+(.+)$/.exec(text) ?? [];
  return state === undefined || startTime === undefined || state.startsWith('Z') ? gone : startTime;
}

/** @throws the error of a program that fails, with its `status` */
function run(program: string, words: string[], env: NodeJS.ProcessEnv): string {
  // Loaded where a program is needed, which on Linux is nowhere: it loads Node's network modules.
  const { execFileSync } = process.getBuiltinModule('node:child_process');
  return execFileSync(program, words, { encoding: 'utf8', env, stdio: 'pipe' });
}
