import type { InventoryEntry, InventoryHead } from './inventory.js';

/** One format of inventories, read as it comes. */
export interface InventoryParser {
  /** What is said before the list; null until the list begins. */
  readonly head: InventoryHead | null;
  /** Whether nothing more can be said after the list. */
  readonly isHeadWhole: boolean;
  /** The entries that are whole in what was appended. @throws GlacierUpError `failed` when it is damaged */
  read(): InventoryEntry[];
  /**
   * Nothing more comes.
   * @returns what is said anywhere, and the entries that the end makes whole
   * @throws GlacierUpError `failed` when it is damaged or cut off
   */
  end(): { head: InventoryHead; entries: InventoryEntry[] };
}
