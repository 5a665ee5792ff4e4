import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeFolder } from '../../os/durable.js';
import { type Lock, LockHeldError, takeLock } from '../../os/lock.js';
import type { LockHolder } from '../../os/lock-holder.js';
import { sweepLocks } from '../../os/sweep-locks.js';
import { VaultServerError } from '../server-error.js';

/** What has the folder open: a server that stays until it is stopped, or one beside a command, which ends with it. */
export type FolderRole = 'serve' | 'command';

export interface WaitForFolder {
  readonly signal?: AbortSignal;
  /** How long to wait for a holder of this role; without end when not given. */
  readonly waitMs?: (role: FolderRole) => number;
  readonly onWaiting?: (holder: string) => void;
}

const clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: (waitMs: number, signal: AbortSignal) => sleep(waitMs, undefined, { signal }),
  after: (waitMs: number, act: () => void) => {
    const timer = setTimeout(act, waitMs).unref();
    return () => clearTimeout(timer);
  },
};

/**
 * One server a folder. Takes the folder for this server; with `wait`, when its holder is done with it, otherwise at once or
 * not at all.
 * @throws VaultServerError `folder-in-use`; the failed system call
 */
export async function lockFolder(dir: string, role: FolderRole, wait?: WaitForFolder): Promise<Lock> {
  const folder = join(dir, 'lock');
  makeFolder(folder);
  sweepLocks(folder, Date.now());
  const {
    signal = new AbortController().signal,
    onWaiting,
    waitMs = () => Number.POSITIVE_INFINITY,
  } = wait ?? {};
  return takeLock(join(folder, 'server.lock'), {
    clock,
    signal,
    role,
    waitMs: (holder) => (wait ? waitMs(roleOf(holder)) : 0),
    onWaiting: (holder) => onWaiting?.(nameOf(holder)),
  }).catch((error: unknown) => {
    if (!(error instanceof LockHeldError)) throw error;
    throw new VaultServerError('folder-in-use', `${dir} is in use by ${nameOf(error.holder)}`, {
      cause: error,
    });
  });
}

function roleOf({ role }: LockHolder): FolderRole {
  return role === 'serve' ? 'serve' : 'command';
}

function nameOf(holder: LockHolder): string {
  const { pid, host, since } = holder;
  const what = roleOf(holder) === 'serve' ? 'glacier-up serve, process' : 'process';
  return `${what} ${pid} on ${host}, since ${since}`;
}
