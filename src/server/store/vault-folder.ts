import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { flushFolderAsync } from '../../os/durable.js';
import { isMissing } from '../../os/errno.js';
import { invalid, ServiceError, vaultNotFound } from '../errors.js';
import { MOST_VAULTS } from '../limits.js';
import { Mutex } from '../mutex.js';
import { noRetrievalLimit, type RetrievalRule } from '../policy/retrieval-policy.js';
import { VaultServerError } from '../server-error.js';
import { readJson, UNFINISHED_SUFFIX, writeJson } from './durable.js';
import { numbersIn } from './numbered.js';
import type { SeedRecord } from './seeds/seed.js';
import type { VaultRecord } from './stock.js';
import { archivesFolder, Vault, type VaultSettings } from './vault.js';

/** All vaults of a folder, each in a folder `vaults/<n>` of its own. */
export class VaultFolder {
  readonly #folder: string;
  readonly #settings: VaultSettings;
  readonly #vaults = new Map<string, Vault>();
  readonly #mutex = new Mutex();
  readonly #retrievalFile: string;
  #nextNumber = 1;
  #retrievalRule = noRetrievalLimit;

  constructor(dir: string, settings: VaultSettings) {
    this.#folder = join(dir, 'vaults');
    this.#settings = settings;
    this.#retrievalFile = join(dir, 'data-retrieval-policy.json');
  }

  async load(nowMs: number): Promise<void> {
    this.#retrievalRule = (await readJson<RetrievalRule>(this.#retrievalFile)) ?? noRetrievalLimit;
    for (const name of await readdir(this.#folder)) {
      if (name.endsWith(UNFINISHED_SUFFIX)) {
        await rm(join(this.#folder, name), { recursive: true, force: true });
      }
    }
    for (const number of await numbersIn(this.#folder)) {
      this.#nextNumber = number + 1;
      const folder = this.#folderOf(number);
      await sweepUnfinished(folder);
      const record = await readJson<VaultRecord>(join(folder, 'vault.json'));
      if (!record) {
        await removeHalfMade(folder);
        continue;
      }
      const vault = new Vault(folder, record, this.#settings);
      await vault.load(nowMs);
      this.#vaults.set(record.name, vault);
    }
  }

  /** The account's data retrieval policy; one for all regions. */
  get retrievalRule(): RetrievalRule {
    return this.#retrievalRule;
  }

  setRetrievalRule(rule: RetrievalRule): Promise<void> {
    return this.#mutex.run(async () => {
      await writeJson(this.#retrievalFile, rule);
      this.#retrievalRule = rule;
    });
  }

  has(name: string): boolean {
    return this.#vaults.has(name);
  }

  get all(): Vault[] {
    return [...this.#vaults.values()];
  }

  /** Vaults in the order of their names' bytes, as ListVaults gives them. */
  get byName(): Vault[] {
    return this.all.sort((a, b) => (a.record.name < b.record.name ? -1 : 1));
  }

  find(name: string, arn: string): Vault {
    const vault = this.#vaults.get(name);
    if (!vault) throw vaultNotFound(arn);
    return vault;
  }

  /** Whether an archive is in another vault than the one given. */
  isElsewhere(archiveId: string, vault: Vault): boolean {
    return this.all.some((other) => other !== vault && other.archiveCreatedAtMs(archiveId) !== undefined);
  }

  /** Makes a vault; one that exists stays as it is (documented). */
  create(name: string, nowMs: number): Promise<void> {
    return this.#mutex.run(async () => {
      if (this.#vaults.has(name)) return;
      if (this.#vaults.size >= MOST_VAULTS) throw new ServiceError('LimitExceededException');
      const folder = this.#folderOf(this.#nextNumber++);
      const record: VaultRecord = { name, createdAtMs: nowMs, lastWriteAtMs: null };
      try {
        for (const path of [folder, join(folder, archivesFolder), join(folder, 'uploads')]) {
          await mkdir(path, { mode: 0o700 });
        }
        await writeJson(join(folder, 'vault.json'), record);
        await flushFolderAsync(this.#folder);
        const vault = new Vault(folder, record, this.#settings);
        await vault.load(nowMs);
        this.#vaults.set(name, vault);
      } catch (error) {
        await rm(folder, { recursive: true, force: true });
        throw error;
      }
    });
  }

  /** Makes sure that the vault has the seed; a vault that is made for it is as old as its oldest archive. */
  async seed(name: string, record: SeedRecord, nowMs: number): Promise<void> {
    await this.create(name, record.oldestMs);
    await this.#vaults.get(name)?.seed(record, nowMs);
  }

  /** Deletes a vault; one that does not exist is deleted already (documented). */
  delete(name: string, arn: string, nowMs: number): Promise<void> {
    return this.#mutex.run(async () => {
      const vault = this.#vaults.get(name);
      if (!vault) return;
      if (!(await vault.shutIfEmpty(nowMs))) throw invalid(`Vault not empty or recently written to: ${arn}`);
      // A request that is still at work in it finds nothing, and makes nothing there.
      const gone = `${vault.folder}${UNFINISHED_SUFFIX}`;
      try {
        await rename(vault.folder, gone);
      } catch (error) {
        vault.reopen();
        throw error;
      }
      this.#vaults.delete(name);
      await vault.uploads.closeAll();
      await flushFolderAsync(this.#folder);
      await rm(gone, { recursive: true, force: true });
    });
  }

  async sweep(nowMs: number): Promise<void> {
    for (const vault of this.all) {
      await vault.uploads.sweep(nowMs);
      await vault.jobs.sweep(nowMs);
    }
  }

  #folderOf(number: number): string {
    return join(this.#folder, String(number));
  }
}

/** But for the archives, of which there may be a hundred thousand: their folder is read once only, by `Archives`. */
async function sweepUnfinished(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.name === archivesFolder) continue;
    if (entry.isDirectory()) await sweepUnfinished(path);
    else if (entry.name.endsWith(UNFINISHED_SUFFIX)) await rm(path, { force: true });
  }
}

/** What is left of a creation or a deletion that a crash cut short. Archives are never in it: they are never guessed away. */
async function removeHalfMade(folder: string): Promise<void> {
  const archives = await readdir(join(folder, archivesFolder)).catch((error: unknown) => {
    if (isMissing(error)) return [];
    throw error;
  });
  if (archives.length > 0) {
    throw new VaultServerError(
      'folder-unusable',
      `${folder} holds archives but no vault.json; put the file back, or move the folder away`,
    );
  }
  await rm(folder, { recursive: true, force: true });
}
