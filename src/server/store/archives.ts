import { constants, copyFile, link, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { flushFolderAsync, removeFile } from '../../os/durable.js';
import { archiveNotFound } from '../errors.js';
import { AppendLog, checkedLine, readCheckedLine } from './append-log.js';
import type { ArchiveRecord, InventoriedArchive } from './archive-record.js';
import { Batch } from './batch.js';
import { readJsonSync, UNFINISHED_SUFFIX } from './durable.js';
import { numbersOf } from './numbered.js';

/** As a line of the log has it. */
export interface ArchiveLine extends ArchiveRecord {
  readonly number: number;
}

/**
 * A vault's archives: `archives/<n>.archive` holds the bytes as they were sent, a line of `archives.log` what is known of
 * them. The line is there before the bytes are, and stays when they are deleted: an archive is there while its bytes are.
 */
export class Archives {
  readonly folder: string;
  readonly #byId = new Map<string, ArchiveLine>();
  #log: AppendLog | undefined;
  #nextNumber = 1;
  readonly #flushes = new Batch<void>(() => flushFolderAsync(this.folder));

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Reads the log and the folder. @throws when there are bytes of which nothing is known: their line is lost */
  async load(): Promise<void> {
    const lines = new Map<number, ArchiveLine>();
    this.#log = await AppendLog.read(this.#logPath, (text) => {
      const line = readCheckedLine<ArchiveLine>(text);
      if (line) lines.set(line.number, line);
      return line !== undefined;
    });
    const logged = lines.size;
    const names = await readdir(this.folder);
    for (const name of names.filter(isUnfinished)) await rm(join(this.folder, name), { force: true });
    const earlier = this.#recordsOfEarlierVersions(numbersOf(names, '.json'));
    for (const line of earlier) lines.set(line.number, line);
    const kept = numbersOf(names, '.archive').map((number) => {
      const line = lines.get(number);
      if (line) return line;
      throw new Error(
        `${this.#logPath} has no line of ${number}.archive; restore it from a backup, or move ${this.#path(number, 'archive')} away to go on without that archive`,
      );
    });
    for (const number of lines.keys()) this.#nextNumber = Math.max(this.#nextNumber, number + 1);
    if (earlier.length > 0 || kept.length < logged / 2) await this.#log.rewrite(kept.map(checkedLine));
    for (const { number } of earlier) removeFile(this.#path(number, 'json'));
    for (const line of kept) this.#byId.set(line.archiveId, line);
  }

  /** They kept a file for each archive. Half of an addition or of a deletion has a record without bytes. */
  #recordsOfEarlierVersions(numbers: readonly number[]): ArchiveLine[] {
    return numbers.flatMap((number) => {
      const record = readJsonSync<ArchiveRecord>(this.#path(number, 'json'));
      return record ? [{ number, ...record }] : [];
    });
  }

  get all(): Iterable<ArchiveRecord> {
    return this.#byId.values();
  }

  /** As an inventory lists them: in the order in which they came. */
  get inventoried(): InventoriedArchive[] {
    return [...this.#byId.values()].map(
      ({ number, archiveId, description, sizeBytes, treeHash, createdAt }) => ({
        number,
        archiveId,
        description,
        sizeBytes,
        treeHash,
        createdAt,
      }),
    );
  }

  find(archiveId: string): ArchiveRecord | undefined {
    return this.#byId.get(archiveId);
  }

  get count(): number {
    return this.#byId.size;
  }

  /** Gives the next archive its number. */
  numbered(record: ArchiveRecord): ArchiveLine {
    return { number: this.#nextNumber++, ...record };
  }

  /** Writes down what is known of archives whose bytes are about to come. */
  async announce(lines: readonly ArchiveLine[]): Promise<void> {
    const log = this.#log;
    if (!log) throw new Error(`${this.#logPath} was not read`);
    await Promise.all(lines.map((line) => log.append(checkedLine(line))));
  }

  /** Takes a file of synced bytes into the vault. The rename, after the line is safe, is the moment it is there. */
  async adopt(path: string, line: ArchiveLine): Promise<void> {
    await rename(path, this.#path(line.number, 'archive'));
    this.#byId.set(line.archiveId, line);
  }

  /** On return it stays, also after a power cut, that the file is here and not at its path any more. */
  async settle(path: string): Promise<void> {
    await this.#flushes.add();
    await flushFolderAsync(dirname(path));
  }

  /** Deletes archives; those that are not there are passed over. */
  async delete(archiveIds: readonly string[]): Promise<void> {
    let any = false;
    for (const archiveId of archiveIds) {
      const found = this.#byId.get(archiveId);
      if (!found) continue;
      any = true;
      await rm(this.#path(found.number, 'archive'));
      this.#byId.delete(archiveId);
    }
    if (any) await flushFolderAsync(this.folder);
  }

  /** Gives an archive's bytes a second name, under which they stay when the archive is deleted. */
  async link(archiveId: string, path: string): Promise<ArchiveRecord> {
    const found = this.#byId.get(archiveId);
    if (!found) throw archiveNotFound(archiveId);
    const bytes = this.#path(found.number, 'archive');
    // Not every file system has links.
    await link(bytes, path).catch(() => copyFile(bytes, path, constants.COPYFILE_FICLONE));
    return found;
  }

  get #logPath(): string {
    return `${this.folder}.log`;
  }

  #path(number: number, ending: string): string {
    return join(this.folder, `${number}.${ending}`);
  }
}

const isUnfinished = (name: string): boolean => name.endsWith(UNFINISHED_SUFFIX);
