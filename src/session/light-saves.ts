/**
 * Sessions of small files, of which many are saved every second. Until an upload is about to be completed, little is lost
 * with its session, and it is saved without a flush: a killed process loses nothing by that. From then on it must last:
 * those that come together share the flush of their folder.
 */
import { randomUUID } from 'node:crypto';
import { closeSync, renameSync, unlinkSync } from 'node:fs';
import { flushFolderAsync, flushTogether, openNewFile, removeFile, writeWhole } from '../os/durable.js';
import { checked, stateUnusable } from './unusable.js';

interface Waiting {
  file: string;
  text: string;
  resolve: () => void;
  reject: (error: unknown) => void;
}

/** Collects the saves of sessions that come together, and flushes them in one go. */
export class LightSaves {
  readonly #folder: string;
  #waiting: Waiting[] = [];
  #isBusy = false;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Replaces the file as a whole, and flushes nothing. @throws GlacierUpError `state-unusable`; the file before is kept */
  put(file: string, text: string): void {
    checked(file, () => {
      const { temp, fd } = written(file, text);
      closeSync(fd);
      moved(temp, file);
    });
  }

  /** The same; once it resolves, the file is on disk for good. @throws GlacierUpError `state-unusable` */
  commit(file: string, text: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ file, text, resolve, reject });
      if (!this.#isBusy) void this.#commitWaiting();
    });
  }

  /** Removes a file that has been put, and nothing else. A power cut may bring it back. @throws GlacierUpError */
  drop(file: string): void {
    checked(file, () => removeFile(file));
  }

  async #commitWaiting(): Promise<void> {
    this.#isBusy = true;
    while (this.#waiting.length > 0) {
      const group = this.#waiting.splice(0);
      const stored = await Promise.all(group.map((one) => this.#store(one, group.length)));
      const kept = group.filter((_, index) => stored[index]);
      try {
        await flushFolderAsync(this.#folder);
        for (const { resolve } of kept) resolve();
      } catch (error) {
        for (const { file, reject } of kept) reject(stateUnusable(file, error));
      }
    }
    this.#isBusy = false;
  }

  /** @returns false when it could not be stored, which whoever waits for it is told */
  async #store({ file, text, reject }: Waiting, group: number): Promise<boolean> {
    try {
      const { temp, fd } = written(file, text);
      try {
        await flushTogether(fd, group);
      } catch (error) {
        unlinkSync(temp);
        throw error;
      } finally {
        closeSync(fd);
      }
      moved(temp, file);
      return true;
    } catch (error) {
      reject(stateUnusable(file, error));
      return false;
    }
  }
}

/** A new file beside the one that it is to replace; named as `conf` names its own, for the sweep of orphans. */
function written(file: string, text: string): { temp: string; fd: number } {
  // `randomBytes` asks for new randomness each time, which costs ten times as much.
  const temp = `${file}.tmp-${randomUUID().replaceAll('-', '')}`;
  const fd = openNewFile(temp);
  try {
    writeWhole(fd, Buffer.from(text));
  } catch (error) {
    closeSync(fd);
    unlinkSync(temp);
    throw error;
  }
  return { temp, fd };
}

function moved(temp: string, file: string): void {
  try {
    renameSync(temp, file);
  } catch (error) {
    unlinkSync(temp);
    throw error;
  }
}
