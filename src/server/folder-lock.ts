import { link, mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { newToken } from './ids.js';
import { isAlive, ownIdentity, type ProcessIdentity } from './process-identity.js';
import { VaultServerError } from './server-error.js';
import { alreadyExists, isMissing } from './store/durable.js';

/*
 * One server a folder. Locks are files numbered upwards, and the highest number holds. link() makes each exactly once
 * and whole, so of all who want to follow a dead holder (or one who has let go) one alone makes the next number.
 * Numbers never start again: letting go renames the file to
 * `<number>.free`, which needs no room on a full disk. That is what makes taking over safe: a slow
 * contender can only make a number that has been passed already, and sees it when it looks again.
 */

interface Lock extends ProcessIdentity {
  readonly token: string;
}

interface Numbered {
  readonly number: number;
  readonly path: string;
  readonly free: boolean;
}

const FREE = '.free';

/** A holder on another machine or in another container shows that it lives by touching its lock. */
const TOUCH_EVERY_MS = 60_000;
const SILENT_FOR_MS = 30 * 60_000;
const LOOK_AGAIN_MS = 200;

export interface FolderLock {
  release(): Promise<void>;
}

export interface WaitForFolder {
  readonly signal?: AbortSignal;
  readonly onWaiting?: (holder: string) => void;
}

/** Takes the folder for this server; with `wait`, when its holder is done with it, otherwise at once or not at all. */
export async function lockFolder(dir: string, wait?: WaitForFolder): Promise<FolderLock> {
  const folder = join(dir, 'lock');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const own = await ownIdentity();
  let toldAbout: string | undefined;
  for (;;) {
    wait?.signal?.throwIfAborted();
    const taken = await tryToTake(folder, own);
    if ('release' in taken) return taken;
    if (!wait) {
      throw new VaultServerError(
        'folder-in-use',
        `${dir} is in use by ${taken.holder}; stop that one first, or use another folder`,
      );
    }
    if (toldAbout !== taken.holder) wait.onWaiting?.(taken.holder);
    toldAbout = taken.holder;
    await sleep(LOOK_AGAIN_MS, undefined, wait.signal ? { signal: wait.signal } : undefined);
  }
}

async function tryToTake(folder: string, own: ProcessIdentity): Promise<FolderLock | { holder: string }> {
  for (;;) {
    const highest = (await locksIn(folder)).at(-1);
    if (highest && !highest.free) {
      const current = await readLock(highest.path);
      if (!current) continue; // Swept or let go in this very moment; look again.
      if (await isHeld(highest.path, current, own)) return { holder: describe(current, own) };
    }
    const number = (highest?.number ?? 0) + 1;
    const path = join(folder, String(number));
    if (!(await makeLock(folder, path, { ...own, token: newToken() }))) continue;
    const locks = await locksIn(folder);
    if (locks.at(-1)?.path !== path) {
      // The number had been made, and passed, before.
      await rm(path, { force: true });
      continue;
    }
    for (const lock of locks) if (lock.number < number - 1) await rm(lock.path, { force: true });
    return heldLock(path);
  }
}

/** Makes the lock file with its text in it from the first moment; false when the number is taken. */
async function makeLock(folder: string, path: string, lock: Lock): Promise<boolean> {
  const draft = join(folder, `draft-${lock.token}`);
  await writeFile(draft, JSON.stringify(lock), { flag: 'wx', mode: 0o600 });
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if (alreadyExists(error)) return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

function heldLock(path: string): FolderLock {
  const touching = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => undefined);
  }, TOUCH_EVERY_MS);
  touching.unref();
  return {
    async release() {
      clearInterval(touching);
      // Should it fail, the lock is that of a dead process soon.
      await rename(path, path + FREE).catch(() => undefined);
    },
  };
}

async function isHeld(path: string, lock: Lock, own: ProcessIdentity): Promise<boolean> {
  const alive = await isAlive(lock, own);
  if (alive !== undefined) return alive;
  const touchedAtMs = await stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    (error: unknown) => {
      if (isMissing(error)) return Number.NEGATIVE_INFINITY;
      throw error;
    },
  );
  return Date.now() - touchedAtMs < SILENT_FOR_MS;
}

/** The locks in the order of their numbers; of two with one number, the free one last. */
async function locksIn(folder: string): Promise<Numbered[]> {
  const locks: Numbered[] = [];
  for (const name of await readdir(folder)) {
    const fields = /^(\d{1,15})(\.free)?$/.exec(name);
    if (fields)
      locks.push({ number: Number(fields[1]), path: join(folder, name), free: fields[2] !== undefined });
  }
  return locks.sort((a, b) => a.number - b.number || Number(a.free) - Number(b.free));
}

async function readLock(path: string): Promise<Lock | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Lock;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw new VaultServerError(
      'folder-unusable',
      `${path} is damaged; if no server runs on the folder, delete it`,
      {
        cause: error,
      },
    );
  }
}

function describe(lock: Lock, own: ProcessIdentity): string {
  if (lock.home !== own.home) return `process ${lock.pid} on ${lock.home}`;
  return lock.pid === own.pid ? `another vault of this process (${lock.pid})` : `process ${lock.pid}`;
}
