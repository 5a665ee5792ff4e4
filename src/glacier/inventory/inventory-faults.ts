/** What an error says about an inventory that cannot be read to its end. */
import { GlacierUpError } from '../../errors.js';

const formatHint = 'give the output of an inventory-retrieval job as Glacier wrote it, in JSON or CSV';

/** An error for text that is not an inventory. @returns code `failed` */
export function notAnInventory(why: string): GlacierUpError {
  return new GlacierUpError('failed', `this is no inventory of a vault (${why})`, { hint: formatHint });
}

/** @param byte of the file, the first being 0 */
export function damagedAt(byte: number): GlacierUpError {
  return new GlacierUpError('failed', `the inventory is damaged at byte ${byte}`, {
    hint: 'fetch it again: what was read of it is not the whole',
  });
}

/** @param sizeBytes of what is there */
export function cutOffAt(sizeBytes: number): GlacierUpError {
  return new GlacierUpError('failed', `the inventory is cut off at byte ${sizeBytes}`, {
    hint: 'fetch it again: what was read of it is not the whole',
  });
}
