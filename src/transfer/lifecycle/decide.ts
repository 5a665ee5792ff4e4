/**
 * What is to be done next with a file, by what is known of it: `upload`, `resume` and `complete` go by it, and `--dry-run`
 * tells it. Nothing is asked here.
 */
import type { BegunSession, CompletingSession, IntentSession, UploadSession } from '../../session/session.js';
import type { TransferRequest } from '../transfer-request.js';

export interface UploadFacts {
  session: UploadSession | null;
  /** Whether there is a receipt of the session's upload: see `receiptOfUpload`. */
  hasReceipt: boolean;
  /** Complete was sent again in this run, and did not say that there is an archive. */
  wasAsked: boolean;
  /** An earlier upload of the file has come to its end in this run. */
  isSettled: boolean;
  request: Pick<TransferRequest, 'mode' | 'uploadId' | 'startOver' | 'again'>;
}

export type UploadDecision =
  /** The upload is an archive, and its receipt is written: the session is removed. Then it is decided again. */
  | { kind: 'forget' }
  /** The upload may be an archive: Complete is sent again, before anything else. */
  | { kind: 'complete-again'; session: CompletingSession }
  /** `--start-over`: what is stored is dropped. Then it is decided again. */
  | { kind: 'drop' }
  /** An upload is begun, unless an archive of this content is known. */
  | { kind: 'look' }
  /** An upload is begun, whether an archive of this content is known or not. */
  | { kind: 'begin' }
  /** The parts are listed, and those sent that are missing: of a session's upload, or of one begun elsewhere by its ID. */
  | { kind: 'resume'; upload: BegunSession | string }
  /** `complete`: a crash fell between asking for the upload and noting its ID. */
  | { kind: 'not-begun'; session: IntentSession }
  /** `resume` and `complete`: there is no unfinished upload. */
  | { kind: 'no-upload' };

/** Decides what is next. Pure: called again after each step, with what is known then. */
export function decide({ session, hasReceipt, wasAsked, isSettled, request }: UploadFacts): UploadDecision {
  const { mode, uploadId, startOver = false, again = false } = request;
  if (session !== null && hasReceipt) return { kind: 'forget' };
  if (session?.phase === 'completing' && !wasAsked) return { kind: 'complete-again', session };
  if (session !== null && startOver) return { kind: 'drop' };
  if (session !== null && session.phase !== 'intent') return { kind: 'resume', upload: session };
  if (session === null && uploadId !== undefined) return { kind: 'resume', upload: uploadId };
  if (session !== null && mode === 'complete') return { kind: 'not-begun', session };
  if (session === null && mode !== 'upload') return { kind: 'no-upload' };
  // Who asks for another archive means it, but not twice: the upload that was settled may be the one that was asked for.
  const isAnother = (again && !isSettled) || session?.again === true;
  return { kind: isAnother || uploadId !== undefined ? 'begin' : 'look' };
}
