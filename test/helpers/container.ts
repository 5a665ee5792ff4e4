/**
 * What a container runtime makes of a process, without one: process 1 of its own PID namespace, a read-only root, a user
 * without rights, volumes, and a memory limit where the machine's cgroups can be written. Needs root.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tempFolder } from './temp-folder.js';

const project = fileURLToPath(new URL('../..', import.meta.url));
export const containerPrograms = ['unshare', 'mount', 'chroot'];

export interface ContainerOptions {
  /** Folders of this machine by their path inside; written `{ path, readOnly }`. */
  volumes: Record<string, { path: string; readOnly?: boolean }>;
  env: Record<string, string>;
  user?: number;
  /** Further groups of the user, as `fsGroup` adds one. */
  groups?: readonly number[];
  umask?: string;
  /** The `cgroup.procs` of a cgroup that the process joins. */
  cgroup?: string | undefined;
}

export interface Contained {
  ended: Promise<{ status: number | null; stdout: string; stderr: string }>;
  /** Sends a signal to process 1, as the runtime does when it stops a container. */
  signal(name: NodeJS.Signals): void;
}

/** Runs `glacier-up` with these arguments as process 1. */
export function runInContainer(words: readonly string[], options: ContainerOptions): Contained {
  const { volumes, env, user = 1000, groups = [], umask = '022', cgroup } = options;
  const top = tempFolder();
  const binds = [
    ...['/bin', '/lib', '/lib64', '/usr', '/etc', '/dev'].map((path) => ({
      from: path,
      to: path,
      readOnly: true,
    })),
    { from: dirname(process.execPath), to: '/node', readOnly: true },
    { from: project, to: '/app', readOnly: true },
    ...Object.entries(volumes).map(([to, { path, readOnly = false }]) => ({ from: path, to, readOnly })),
  ];
  const mounts = binds.flatMap(({ from, to, readOnly }) => [
    `mkdir -p '${top}${to}' && mount --rbind '${from}' '${top}${to}'`,
    ...(readOnly ? [`mount -o remount,bind,ro '${top}${to}'`] : []),
  ]);
  const script = [
    'set -eu',
    ...(cgroup === undefined ? [] : [`echo $$ >'${cgroup}'`]),
    `mount -t tmpfs -o mode=755 none '${top}'`,
    ...mounts,
    `mkdir -p '${top}/proc' && mount -t proc proc '${top}/proc'`,
    `mount -o remount,ro '${top}'`,
    `umask ${umask}`,
    `cd /`,
    `exec chroot --userspec=${user}:${user} --groups='${groups.join(',')}' '${top}' /app/bin/glacier-up.js "$@"`,
  ].join('\n');
  const unshare = ['--mount', '--propagation', 'private', '--pid', '--fork', '--kill-child'];
  const child = spawn('unshare', [...unshare, 'sh', '-c', script, 'sh', ...words], {
    env: { HOME: '/', PATH: '/node:/usr/sbin:/usr/bin:/sbin:/bin', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return { ended: endOf(child), signal: (name) => process.kill(firstChild(child), name) };
}

async function endOf(
  child: ChildProcess,
): Promise<{ status: number | null; stdout: string; stderr: string }> {
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.on('data', (text) => {
      said[name] += text;
    });
  }
  const [status] = await once(child, 'close');
  return { status, ...said };
}

function firstChild({ pid }: ChildProcess): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim());
}

/** A cgroup with this memory limit; null where none can be made. */
export function memoryCgroup(
  limitBytes: number,
): { procs: string; peakBytes(): number; remove(): void } | null {
  for (const { top, limit, peak } of [
    { top: '/sys/fs/cgroup/memory', limit: 'memory.limit_in_bytes', peak: 'memory.max_usage_in_bytes' },
    { top: '/sys/fs/cgroup', limit: 'memory.max', peak: 'memory.peak' },
  ]) {
    try {
      const folder = mkdtempSync(join(top, 'glacier-up-test-'));
      try {
        writeFileSync(join(folder, limit), `${limitBytes}`);
        return {
          procs: join(folder, 'cgroup.procs'),
          peakBytes: () => Number(readFileSync(join(folder, peak), 'utf8')),
          remove: () => rmdirSync(folder),
        };
      } catch {
        rmdirSync(folder);
      }
    } catch {
      // Not this kind of cgroups, or not ours to write.
    }
  }
  return null;
}
