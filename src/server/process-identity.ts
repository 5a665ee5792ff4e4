import { execFile } from 'node:child_process';
import { readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Tells one process from every other, also from a later one that was given the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startedAt: string;
  readonly bootId: string;
  /** Machine, and container where there is one: process numbers mean nothing outside of it. */
  readonly home: string;
}

export async function ownIdentity(): Promise<ProcessIdentity> {
  const [startedAt, bootId, home] = await Promise.all([startTime(process.pid), readBootId(), readHome()]);
  return { pid: process.pid, startedAt: startedAt ?? 'unknown', bootId, home };
}

/** Whether the process still runs, as far as it can be told from here; undefined when it cannot. */
export async function isAlive(other: ProcessIdentity, own: ProcessIdentity): Promise<boolean | undefined> {
  if (other.home !== own.home) return undefined;
  if (other.bootId !== own.bootId) return false;
  try {
    process.kill(other.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  return (await startTime(other.pid)) === other.startedAt;
}

async function startTime(pid: number): Promise<string | undefined> {
  try {
    if (process.platform === 'linux') {
      const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
      // Field 22; the second one, the name, is in brackets and may hold blanks itself.
      return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    }
    const { stdout } = await run('ps', ['-o', 'lstart=', '-p', String(pid)], { env: { LC_ALL: 'C' } });
    return stdout.trim();
  } catch {
    return undefined;
  }
}

/** Changes with every start of the machine. */
export async function readBootId(): Promise<string> {
  try {
    if (process.platform === 'linux')
      return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
    return (await run('sysctl', ['-n', 'kern.bootsessionuuid'])).stdout.trim();
  } catch {
    return 'unknown';
  }
}

async function readHome(): Promise<string> {
  const container = await readlink('/proc/self/ns/pid').catch(() => '');
  return `${hostname()} ${container}`.trim();
}
