/**
 * Parts of a stream, kept on disk until the service has confirmed them. A full disk is no failure: it is waited for
 * room, which parts on their way to the vault are about to give.
 */
import { close, constants, open, write } from 'node:fs';
import { readdir, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Clock } from '../clock.js';
import { errnoOf, GlacierUpError } from '../errors.js';
import { faultWords } from '../os/fault-words.js';

const openAsync = promisify(open);
const closeAsync = promisify(close);
const writeAsync = promisify(write);

export interface SpooledPart {
  readonly fd: number;
  /** Adds bytes at the end. @throws GlacierUpError `state-unusable` when the disk fails, or stays full for too long */
  append(bytes: Buffer): Promise<void>;
  /** Gives the file back: its descriptor may be another part's from now on. */
  release(): Promise<void>;
}

interface PartFile {
  readonly path: string;
  readonly fd: number;
}

export interface SpoolOptions {
  folder: string;
  /** Whose parts they are: the session's ID. */
  owner: string;
  clock: Clock;
  /** How long to wait for room that no part of this spool is about to give. */
  patienceMs: number;
  /** Told once each time that the disk is found full. */
  onFull: (message: string) => void;
}

const lookAgainMs = 250;
const fileName = /^glacier-up-([0-9a-f]{20})-\d+-(?:\d+|pipe)\.part$/;

/**
 * Parts of a pipe kept on disk until they are sent: files in one folder, made for one session and removed by it. The file of a
 * part that is sent is written over by a later one: pages and blocks that are there cost less than new ones.
 */
export class Spool {
  readonly #options: SpoolOptions;
  /** Parts written and not yet released: while there are any, room is on its way. */
  #heldParts = 0;
  #nextNumber = 0;
  readonly #spare: PartFile[] = [];
  /** Not once the disk was full: what is given back is room then. */
  #keepsFiles = true;

  constructor(options: SpoolOptions) {
    this.#options = options;
  }

  /**
   * Checks, before anything is sent, that parts can be kept here at all.
   * @throws GlacierUpError `state-unusable` when the folder is missing or could not hold a single part
   */
  async assertUsable(partSizeBytes: number): Promise<void> {
    const { folder } = this.#options;
    try {
      if (!(await stat(folder)).isDirectory()) throw Object.assign(new Error(), { code: 'ENOTDIR' });
      const { blocks, bsize } = await statfs(folder);
      if (blocks === 0 || blocks * bsize >= partSizeBytes) return;
      const message = `${folder}: its file system has ${blocks * bsize} bytes in all; a part of ${partSizeBytes} does not fit`;
      throw new GlacierUpError('state-unusable', message, {
        hint: 'give another --spool-dir, or a smaller --part-size',
      });
    } catch (error) {
      throw error instanceof GlacierUpError ? error : unusable(folder, error);
    }
  }

  /** Where a named pipe may be made; one that is left behind is swept like a part. */
  get pipePath(): string {
    return this.#path('pipe');
  }

  #path(which: number | 'pipe'): string {
    const { folder, owner } = this.#options;
    return join(folder, `glacier-up-${owner}-${process.pid}-${which}.part`);
  }

  /**
   * A new, empty part.
   * @param signal ends waiting for room
   */
  async newPart(signal: AbortSignal): Promise<SpooledPart> {
    this.#heldParts += 1;
    let isHeld = true;
    let sizeBytes = 0;
    const file = await this.#takeFile(signal).catch((error: unknown) => {
      this.#heldParts -= 1;
      throw error;
    });
    return {
      fd: file.fd,
      append: async (bytes) => {
        if (!isHeld) throw new Error('the part was given back');
        for (let written = 0; written < bytes.length; ) {
          // One write may store less than it was given, on a disk that is nearly full.
          const write = () =>
            writeAsync(file.fd, bytes, written, bytes.length - written, sizeBytes + written);
          written += (await this.#whenThereIsRoom(signal, write)).bytesWritten;
        }
        sizeBytes += bytes.length;
      },
      release: async () => {
        if (!isHeld) return;
        isHeld = false;
        if (this.#keepsFiles) this.#spare.push(file);
        else await removeFile(file);
        this.#heldParts -= 1;
      },
    };
  }

  /** Removes the files that no part is in any more; a part that is given back afterwards takes its file with it. */
  close(): Promise<void> {
    return this.#keepNoFiles();
  }

  async #takeFile(signal: AbortSignal): Promise<PartFile> {
    const spare = this.#spare.pop();
    if (spare) return spare;
    const path = this.#path(this.#nextNumber++);
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
    return { path, fd: await this.#whenThereIsRoom(signal, () => openAsync(path, flags, 0o600)) };
  }

  async #keepNoFiles(): Promise<void> {
    this.#keepsFiles = false;
    await Promise.all(this.#spare.splice(0).map(removeFile));
  }

  async #whenThereIsRoom<T>(signal: AbortSignal, action: () => Promise<T>): Promise<T> {
    const { folder, clock, patienceMs, onFull } = this.#options;
    let waitedMs = 0;
    for (let isTold = false; ; isTold = true) {
      signal.throwIfAborted();
      try {
        return await action();
      } catch (error) {
        if (!isFull(error)) throw unusable(folder, error);
        await this.#keepNoFiles();
        if (!isTold) onFull(`${folder} is full: reading goes on when there is room`);
        // The part being written is held, too: any other one is on its way, and will make room.
        if (this.#heldParts === 1 && waitedMs >= patienceMs) throw unusable(folder, error);
        await clock.sleep(lookAgainMs, signal);
        waitedMs = this.#heldParts === 1 ? waitedMs + lookAgainMs : 0;
      }
    }
  }
}

/**
 * Removes parts that a process left behind when it was killed.
 * @param isOrphan whether nobody is at work for this owner; asked once for each
 */
export async function sweepSpool(
  folder: string,
  isOrphan: (owner: string) => Promise<boolean>,
): Promise<void> {
  const verdicts = new Map<string, boolean>();
  for (const name of await namesIn(folder)) {
    const owner = fileName.exec(name)?.[1];
    if (owner === undefined) continue;
    const verdict = verdicts.get(owner) ?? (await isOrphan(owner));
    verdicts.set(owner, verdict);
    if (verdict) await rm(join(folder, name), { force: true });
  }
}

async function removeFile({ path, fd }: PartFile): Promise<void> {
  await rm(path, { force: true });
  await closeAsync(fd);
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    throw unusable(folder, error);
  }
}

function isFull(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT'].includes(errnoOf(error) ?? '');
}

function unusable(folder: string, cause: unknown): GlacierUpError {
  const reason = faultWords(cause, {
    ENOENT: 'no such folder',
    ENOTDIR: 'not a folder',
    ENOSPC: 'it is full, and no part is on its way that would make room',
    EDQUOT: 'the disk quota is used up, and no part is on its way that would make room',
  });
  return new GlacierUpError('state-unusable', `parts cannot be kept in ${folder}: ${reason}`, {
    hint: 'give another folder with --spool-dir, or make room; what is stored in the vault is kept',
    cause,
  });
}
