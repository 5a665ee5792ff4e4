/** `--on-change`: what is done when the file, or the stream, is not what its unfinished upload began with. */
import { GlacierUpError } from '../errors.js';
import type { Hint } from '../hint.js';

/** `start-over` drops the unfinished upload and begins a new one, in the same run. */
export const changeActions = ['fail', 'start-over'] as const;
export type OnChange = (typeof changeActions)[number];

/**
 * What an earlier run stored is not what the file, or the stream, holds now. ListParts knows the upload, and nothing was
 * sent over what it has.
 */
export class ChangedSinceError extends GlacierUpError {
  /** It shows only by where the stream ended. */
  readonly isByEnd: boolean;

  constructor(message: string, hint: Hint, { isByEnd = false } = {}) {
    super('archive-changed', message, { hint });
    this.isByEnd = isByEnd;
  }
}
