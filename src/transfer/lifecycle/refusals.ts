/** The ways in which carrying on an upload is refused, each with what to do next. */
import { counted } from '../../counted.js';
import { GlacierUpError } from '../../errors.js';
import { hint, step, stepAtVault } from '../../hint.js';
import type { IntentSession, UploadSession } from '../../session/session.js';
import type { UploadDeps } from '../upload-deps.js';
import { resumeStep } from './next-step.js';

/**
 * An error for a Complete that is refused although every part matches. @returns code `hash-mismatch` or
 * `request-invalid`
 */
export function refusedTwice({ id }: UploadSession, error: GlacierUpError): GlacierUpError {
  const isHash = error.message.includes('Invalid x-amz-sha256-tree-hash');
  return new GlacierUpError(
    isHash ? 'hash-mismatch' : 'request-invalid',
    `every part matches the file, and still Complete was refused twice: ${error.message}`,
    {
      cause: error,
      hint: hint`the upload is kept; ${step('list-parts', id)} shows its parts`,
      ...(error.service ? { service: error.service } : {}),
    },
  );
}

/** Checks that `--upload-id` names the upload that the session has. @throws GlacierUpError `usage` */
export function assertSameUpload(
  session: UploadSession | null,
  { uploadId, file }: { uploadId?: string; file: string },
): void {
  if (uploadId === undefined || !session?.uploadId || session.uploadId === uploadId) return;
  throw new GlacierUpError('usage', `${file} has another upload open in this vault: ${session.uploadId}`, {
    hint: hint`finish it with ${step('resume', session.id)}, or drop it with ${step('abort', session.id)}`,
  });
}

/** An error for `resume` and `complete` of a file that is not being uploaded. @returns code `session-unknown` */
export function noSession(file: string, { destination }: UploadDeps, path: string): GlacierUpError {
  return new GlacierUpError(
    'session-unknown',
    `no unfinished upload of ${file} into vault ${destination.vault} is known here`,
    {
      hint: hint`${step('sessions')} lists those known; ${stepAtVault('upload', path)} archives it`,
    },
  );
}

/** A crash fell between asking for the upload and noting its ID. */
export function notBegun(session: IntentSession): GlacierUpError {
  return new GlacierUpError('parts-missing', 'no part of this upload was sent: it was not begun', {
    hint: resumeStep(session),
  });
}

/** An error for `complete` before all parts are stored. @returns code `parts-missing` */
export function partsMissing(missing: number, total: number, id: string): GlacierUpError {
  return new GlacierUpError(
    'parts-missing',
    `${missing} of ${counted(total, 'part')} ${missing === 1 ? 'is' : 'are'} missing or different`,
    {
      hint: hint`${step('resume', id)} sends them and completes the upload`,
    },
  );
}
