import { join } from 'node:path';
import type { Archives } from './archives.js';
import { writeJson } from './durable.js';
import {
  type Inventory,
  type InventorySummary,
  inventoryDue,
  readInventory,
  summaryOf,
  writeInventory,
} from './jobs/inventory.js';
import type { Seeds } from './seeds/seeds.js';

export interface VaultRecord {
  readonly name: string;
  readonly createdAtMs: number;
  /** When an archive last came or went. */
  readonly lastWriteAtMs: number | null;
}

export interface InspectedVault extends VaultRecord {
  readonly inventory: InventorySummary | null;
}

/** What a vault held when stock was last taken, and when it last changed: `inventory.json` and `vault.json`. One call at a time. */
export class Stock {
  readonly #folder: string;
  readonly #everyMs: number;
  readonly #archives: Archives;
  readonly #seeds: Seeds;
  #record: VaultRecord;
  #inventory: InventorySummary | null = null;

  /** @param everyMs how often stock is taken; 0: whenever somebody looks */
  constructor(
    folder: string,
    record: VaultRecord,
    { everyMs, archives, seeds }: { everyMs: number; archives: Archives; seeds: Seeds },
  ) {
    this.#folder = folder;
    this.#record = record;
    this.#everyMs = everyMs;
    this.#archives = archives;
    this.#seeds = seeds;
  }

  async load(): Promise<void> {
    const inventory = await this.inventory();
    this.#inventory = inventory ? summaryOf(inventory, this.#seeds) : null;
  }

  get record(): VaultRecord {
    return this.#record;
  }

  /** With the last inventory. */
  get inspected(): InspectedVault {
    return { ...this.#record, inventory: this.#inventory };
  }

  /** The last inventory as a whole; undefined before the first. */
  inventory(): Promise<Inventory | undefined> {
    return readInventory(this.#folder);
  }

  /** Takes stock, if that is due by now. */
  async takeIfDue(nowMs: number): Promise<void> {
    const atMs = inventoryDue(this.inspected, this.#everyMs, nowMs);
    if (atMs !== undefined) await this.take(atMs);
  }

  async take(atMs: number): Promise<void> {
    const seeds = this.#seeds.snapshot;
    const inventory = {
      atMs,
      archives: this.#archives.inventoried,
      ...(seeds.length > 0 ? { seeds } : {}),
    };
    await writeInventory(this.#folder, inventory);
    this.#inventory = summaryOf(inventory, this.#seeds);
  }

  /**
   * Before archives come or go, so that the inventory of an earlier day still counts what was there that day.
   * @param nowMs when the request came: stock may have been taken after that, and before it was its turn
   */
  async noteWrite(nowMs: number): Promise<void> {
    // An inventory "at once" is taken when it is looked at.
    if (this.#everyMs > 0) await this.takeIfDue(nowMs);
    const lastWriteAtMs = Math.max(nowMs, this.#inventory?.atMs ?? nowMs);
    if (lastWriteAtMs <= (this.#record.lastWriteAtMs ?? -1)) return;
    const record = { ...this.#record, lastWriteAtMs };
    await writeJson(join(this.#folder, 'vault.json'), record);
    this.#record = record;
  }

  /** Whether stock was taken since the vault last changed. */
  get isUpToDate(): boolean {
    const { lastWriteAtMs } = this.#record;
    return lastWriteAtMs === null || (this.#inventory !== null && this.#inventory.atMs > lastWriteAtMs);
  }
}
