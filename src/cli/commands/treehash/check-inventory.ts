/** `treehash --inventory INVENTORY FILE…`: is each file among the archives of a vault? */
import { counted } from '../../../counted.js';
import { GlacierUpError, hasCode } from '../../../errors.js';
import {
  type InventoriedArchive,
  type InventorySummary,
  isFaulty,
} from '../../../glacier/inventory/inventory.js';
import { readDescription } from '../../../names/read-description.js';
import { inventoryFile } from '../../open/inventory-file.js';
import { visibleLine } from '../../output/visible.js';
import { isStandardInput } from './hash-named.js';
import { type Original, OriginalFiles, originalOf } from './original-files.js';
import { reasonOf } from './reasons.js';
import type { SumRun } from './sum-run.js';
import { Verdicts } from './verdicts.js';

/**
 * `treehash --inventory`: looks each file up in an inventory by its tree hash.
 * @throws GlacierUpError `usage` without a file, or when standard input is asked for twice
 */
export async function checkInventory(
  sums: SumRun,
  inventoryName: string,
  operands: readonly string[],
): Promise<void> {
  if (operands.length === 0) {
    throw new GlacierUpError('usage', 'no file is named to look for in the inventory', {
      hint: `glacier-up treehash --inventory ${inventoryName} FILE…`,
    });
  }
  if (isStandardInput(inventoryName) && operands.some(isStandardInput)) {
    throw new GlacierUpError('usage', 'standard input cannot be both the inventory and a file');
  }
  const files = new WantedFiles(sums, operands);
  const { takenAt, malformed } = await lookIn(sums, inventoryName, files);
  const verdicts = new Verdicts(sums, visibleLine(inventoryName));
  for (const name of operands) {
    await verdicts.of(name, async () => {
      const { archives, ...hashes } = files.found(name);
      tellArchives(sums, name, archives);
      const archiveIds = archives.map(({ archiveId }) => archiveId);
      return { ok: archives.length > 0, ...hashes, archiveIds, found: archives };
    });
  }
  verdicts.close({
    faults: malformed > 0 ? [`${counted(malformed, 'entry is', 'entries are')} improperly formatted`] : [],
    hint: `the inventory is of ${takenAt ?? 'a time it does not tell'}; Glacier takes one about once a day`,
  });
}

function tellArchives({ command }: SumRun, file: string, archives: readonly FoundArchive[]): void {
  const { reporter } = command;
  for (const { archiveId, name, by } of archives) {
    const what = `${visibleLine(file)}: archive ${archiveId}${name === null ? '' : `, ${visibleLine(JSON.stringify(name))}`}`;
    if (by === 'md5') reporter.note(`${what}, by its MD5: the archive is compressed or encrypted`);
    else reporter.verbose(what);
  }
}

/** Reads the inventory once, as it comes. */
async function lookIn(
  { command }: SumRun,
  inventoryName: string,
  files: WantedFiles,
): Promise<InventorySummary> {
  const reading = inventoryFile(command, inventoryName).read();
  try {
    await files.hashAll(files.sizeless);
    for await (const entries of reading) {
      for (const entry of entries) {
        if (isFaulty(entry)) continue;
        const unread = files.takeUnread(entry.sizeBytes);
        if (unread !== undefined) await files.hashAll(unread);
        files.note(entry);
        const original = originalOf(readDescription(entry.description));
        if (original) await files.noteOriginal(entry, original);
      }
    }
    return reading.summary;
  } catch (error) {
    command.signal.throwIfAborted();
    // As the sum tools tell of a file that cannot be read.
    if (!hasCode(error, 'archive-unusable')) throw error;
    const name = isStandardInput(inventoryName) ? 'standard input' : visibleLine(inventoryName);
    throw new GlacierUpError('failed', `${name}: ${reasonOf(error.cause)}`, { cause: error });
  }
}

/** An archive that a file is. */
interface FoundArchive {
  archiveId: string;
  /** In its description. */
  name: string | null;
  by: 'tree-hash' | 'md5';
}

interface Found {
  /** Absent when no archive has the file's size: then it was not read. */
  treeHash?: string;
  sizeBytes: number;
  archives: FoundArchive[];
}

/** The files that are looked for. One is read only when an archive of its size comes by, and once. */
class WantedFiles {
  readonly #sums: SumRun;
  /** Files that were not hashed, by their size. */
  readonly #unread = new Map<number, string[]>();
  /** What was found of each file, or why it cannot be read. */
  readonly #found = new Map<string, Found | { error: unknown }>();
  readonly #byTreeHash = new Map<string, Found>();
  readonly #originals: OriginalFiles;
  /** What was recognised by MD5, by the file's name. */
  readonly #byMd5 = new Map<string, FoundArchive[]>();
  /** Devices and pipes, which have no size: each may be any archive. */
  readonly sizeless: string[] = [];

  constructor(sums: SumRun, names: readonly string[]) {
    this.#sums = sums;
    const sizes = new Map<string, number>();
    this.#originals = new OriginalFiles(sums.hasher, sizes);
    for (const name of new Set(names)) this.#add(name, sizes);
  }

  #add(name: string, sizes: Map<string, number>): void {
    try {
      const sizeBytes = this.#sums.hasher.sizeOf(name);
      if (sizeBytes === null) this.sizeless.push(name);
      else {
        const others = this.#unread.get(sizeBytes);
        if (others) others.push(name);
        else this.#unread.set(sizeBytes, [name]);
        this.#found.set(name, { sizeBytes, archives: [] });
        sizes.set(name, sizeBytes);
      }
    } catch (error) {
      this.#found.set(name, { error });
    }
  }

  /** The files of this size that were not read yet; from now on they count as read. */
  takeUnread(sizeBytes: number): string[] | undefined {
    const names = this.#unread.get(sizeBytes);
    this.#unread.delete(sizeBytes);
    return names;
  }

  async hashAll(names: readonly string[]): Promise<void> {
    for (const name of names) await this.#hash(name);
  }

  /** Notes an archive if it is one of the files, which are read by now. */
  note({ archiveId, sizeBytes, treeHash, description }: InventoriedArchive): void {
    const found = this.#byTreeHash.get(treeHash);
    if (found?.sizeBytes !== sizeBytes) return;
    found.archives.push({ archiveId, name: readDescription(description).name, by: 'tree-hash' });
  }

  /** Notes an archive of which only the description tells what the file was. */
  async noteOriginal({ archiveId, description }: InventoriedArchive, original: Original): Promise<void> {
    const { name } = readDescription(description);
    for (const file of await this.#originals.matching(original)) {
      this.#byMd5.set(file, [...(this.#byMd5.get(file) ?? []), { archiveId, name, by: 'md5' }]);
    }
  }

  async #hash(name: string): Promise<void> {
    try {
      const { treeHash, sizeBytes } = await this.#sums.hasher.hash(name);
      // Files of the same content share what is found.
      const found = this.#byTreeHash.get(treeHash) ?? { treeHash, sizeBytes, archives: [] };
      this.#byTreeHash.set(treeHash, found);
      this.#found.set(name, found);
    } catch (error) {
      this.#sums.command.signal.throwIfAborted();
      this.#found.set(name, { error });
    }
  }

  /** @throws the error of the failed system call */
  found(name: string): Found {
    const found = this.#found.get(name);
    if (!found) throw new Error(`${name} was not looked for`);
    if ('error' in found) throw found.error;
    return { ...found, archives: [...found.archives, ...(this.#byMd5.get(name) ?? [])] };
  }
}
