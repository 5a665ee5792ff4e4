/** The names of a plan to restore, given as the inventory is read. */
import { randomBytes } from 'node:crypto';
import type { InventoriedArchive } from '../../glacier/inventory/inventory.js';
import type { KnownReceipt } from '../../session/receipts/receipt.js';
import type { RestorePlan } from '../plan-folder.js';
import { hashOf, TextSet } from '../text-set.js';
import { nameOf } from './archive-name.js';
import { DistinctPaths } from './distinct-paths.js';
import { foldsCase } from './target-folder.js';

/** What is asked for: the same command again must ask for the same. */
export interface RestoreRequest {
  /** Absolute. */
  to: string;
  handsOver: boolean;
  /** By archive ID. */
  names: { entries: ReadonlyMap<string, string>; sha256: string } | null;
}

const sources = { receipt: 'receipts', list: 'list', description: 'descriptions', none: 'none' } as const;
const noNames: ReadonlyMap<string, string> = new Map();

/** Chooses a path for each archive: from its receipt, the list of names, or its description. */
export class PlanNames {
  readonly paths: DistinctPaths;
  readonly #request: RestoreRequest;
  readonly #receiptOf: (archiveId: string) => KnownReceipt | null;
  readonly #seen = new TextSet();
  readonly #token = randomBytes(8).toString('hex');
  readonly #names = { receipts: 0, list: 0, descriptions: 0, none: 0 };
  #ambiguous = 0;
  #transformed = 0;
  #repeated = 0;

  constructor(request: RestoreRequest, receiptOf: (archiveId: string) => KnownReceipt | null) {
    this.#request = request;
    this.#receiptOf = receiptOf;
    this.paths = new DistinctPaths(foldsCase(request.to));
  }

  /** Whether the inventory has listed it before: it is not paid for twice. */
  isRepeated({ archiveId }: InventoriedArchive): boolean {
    if (this.#seen.add(hashOf(archiveId))) return false;
    this.#repeated += 1;
    return true;
  }

  nameOf(archive: InventoriedArchive): { path: string; modifiedAt: string | null } {
    const entries = this.#request.names?.entries ?? noNames;
    const { path, modifiedAt, source, isAmbiguous, isTransformed } = nameOf(
      archive,
      this.#receiptOf,
      entries,
    );
    this.#names[sources[source]] += 1;
    if (isAmbiguous) this.#ambiguous += 1;
    if (isTransformed) this.#transformed += 1;
    return { path, modifiedAt };
  }

  /** Once all have their names. */
  get plan(): RestorePlan {
    const { to, handsOver, names } = this.#request;
    return {
      to,
      handsOver,
      namesSha256: names?.sha256 ?? null,
      token: this.#token,
      names: this.#names,
      ambiguous: this.#ambiguous,
      transformed: this.#transformed,
      renamed: this.paths.renamed,
      repeated: this.#repeated,
    };
  }
}
