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
 * Numbers never start again: letting go leaves the file, marked free. That is what makes taking over safe: a slow
 * contender can only make a number that has been passed already, and sees it when it looks again.
 */

interface Lock extends ProcessIdentity {
  readonly token: string;
  readonly free?: true;
}

/** A holder on another machine or in another container shows that it lives by touching its lock. */
const TOUCH_EVERY_MS = 60_000;
const SILENT_FOR_MS = 30 * 60_000;
const LOOK_AGAIN_MS = 200;

export interface FolderLock {
  readonly token: string;
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
    if ('token' in taken) return taken;
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
    const highest = (await lockNumbers(folder)).at(-1) ?? 0;
    const current = highest > 0 ? await readLock(join(folder, String(highest))) : undefined;
    if (highest > 0 && !current) continue; // Swept by a later holder; look again.
    if (current && (await isHeld(join(folder, String(highest)), current, own))) {
      return { holder: describe(current, own) };
    }
    const lock: Lock = { ...own, token: newToken() };
    const path = join(folder, String(highest + 1));
    if (!(await makeLock(folder, path, lock))) continue;
    const numbers = await lockNumbers(folder);
    if (numbers.at(-1) !== highest + 1) {
      // The number had been made, and passed, before.
      await rm(path, { force: true });
      continue;
    }
    for (const number of numbers)
      if (number < highest) await rm(join(folder, String(number)), { force: true });
    return heldLock(folder, path, lock);
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

function heldLock(folder: string, path: string, lock: Lock): FolderLock {
  const touching = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => undefined);
  }, TOUCH_EVERY_MS);
  touching.unref();
  return {
    token: lock.token,
    async release() {
      clearInterval(touching);
      const current = await readLock(path);
      if (current?.token !== lock.token) return;
      const draft = join(folder, `draft-${lock.token}`);
      await writeFile(draft, JSON.stringify({ ...lock, free: true }), { mode: 0o600 });
      await rename(draft, path);
    },
  };
}

async function isHeld(path: string, lock: Lock, own: ProcessIdentity): Promise<boolean> {
  if (lock.free) return false;
  const alive = await isAlive(lock, own);
  if (alive !== undefined) return alive;
  const touchedAtMs = await stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
  return Date.now() - touchedAtMs < SILENT_FOR_MS;
}

async function lockNumbers(folder: string): Promise<number[]> {
  const names = await readdir(folder);
  return names
    .filter((name) => /^\d{1,15}$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);
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
