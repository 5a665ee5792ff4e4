/** Which process holds a lock, told apart from a later one with the same number. */
import { type ExecFileSyncOptionsWithStringEncoding, execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

export interface ProcessIdentity {
  host: string;
  /** Where its number means something: two containers of one host may bear one name. '' where there is no such thing. */
  pidNamespace: string;
  /** Changes at every boot; '' where the system does not tell. */
  bootId: string;
  pid: number;
  /** In the system's own notation; '' where it does not tell. */
  startTime: string;
}

/** A system that lacks the program or what it asks for is no news to the user. */
const silently: ExecFileSyncOptionsWithStringEncoding = {
  encoding: 'utf8',
  stdio: ['ignore', 'pipe', 'ignore'],
};

export function thisProcess(): ProcessIdentity {
  return {
    host: hostname(),
    pidNamespace: pidNamespace(),
    bootId: bootId(),
    pid: process.pid,
    startTime: startTimeOf(process.pid) ?? '',
  };
}

/** Whether the process is alive; null when it runs on another host, or in another container, where one cannot look. */
export function isAlive(holder: ProcessIdentity, self: ProcessIdentity): boolean | null {
  if (holder.host !== self.host) return null;
  if (holder.bootId !== self.bootId) return false;
  if (holder.pidNamespace !== self.pidNamespace) return null;
  return startTimeOf(holder.pid) === holder.startTime;
}

function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}

function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    try {
      return execFileSync('sysctl', ['-n', 'kern.boottime'], silently).trim();
    } catch {
      return '';
    }
  }
}

/** When a process started; null when there is none with that number. A zombie counts as none. */
function startTimeOf(pid: number): string | null {
  if (process.platform !== 'linux') return startTimeFromPs(pid);
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command's name stands in parentheses and may itself hold any of them; fields go on after the last one.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const state = fields[0];
    // proc(5): field 22, starttime; the first field after the name is the third.
    return state === 'Z' || state === 'X' ? null : (fields[19] ?? null);
  } catch {
    return null;
  }
}

function startTimeFromPs(pid: number): string | null {
  try {
    const text = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], silently).trim();
    return text === '' ? null : text;
  } catch {
    return null;
  }
}
