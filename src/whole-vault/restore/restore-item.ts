import type { Item } from '../items.js';

/** An archive of a plan to restore. */
export interface RestoreItem extends Item {
  /** Where it comes back to, below the target folder: relative, safe. */
  path: string;
  /** Of its file; null when nobody wrote it down. */
  modifiedAt: string | null;
}
