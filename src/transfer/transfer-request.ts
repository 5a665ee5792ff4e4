/** What a command wants done with one file, and what comes of it. */
import type { KnownReceipt } from '../session/receipts/receipt.js';
import type { OnChange } from './on-change.js';

export interface TransferRequest {
  /** As the user named it. */
  file: string;
  /** `upload` may begin an upload, `resume` carries one on, `complete` sends no part. */
  mode: 'upload' | 'resume' | 'complete';
  partSizeBytes?: number;
  /** As `--description` gives it, with placeholders. */
  description?: string;
  /** An upload begun elsewhere. */
  uploadId?: string;
  /** Hash again what is known already. */
  verify?: boolean;
  startOver?: boolean;
  /** Default: fail. */
  onChange?: OnChange;
  /** Archive once more though there is a receipt. */
  again?: boolean;
  /** Send parts again that an upload begun elsewhere has with other bytes. */
  replaceParts?: boolean;
  /** Give up an upload whose completion is unknown. */
  force?: boolean;
}

export interface Archived {
  receipt: KnownReceipt;
  /** False when an earlier run had archived it and nothing was done now. */
  isNew: boolean;
}
