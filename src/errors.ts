/**
 * The one error class of the client. Its code comes from a closed list, and the code alone decides the exit
 * status, so that a message can be reworded without breaking a script.
 */

import { Hint, plainWords, shellCommand } from './hint.js';

export { errnoOf } from './os/errno.js';

/** Every way a command can fail, with the exit status that tells it to a script. */
export const exitCodes = {
  /** Anything without a code of its own. */
  failed: 1,
  /** A bug of ours. */
  internal: 1,
  /** `treehash --check` found a difference. */
  mismatch: 1,
  /** `complete` with parts missing. */
  'parts-missing': 1,
  /** The command that an archive's bytes come from did not end well. */
  'producer-failed': 1,
  /** A pipe came to its end, every part is stored, and nobody has said that the end makes it an archive. */
  'end-unconfirmed': 1,
  /** The service found the request itself wrong (a 400 that is none of the cases below). */
  'request-invalid': 1,
  /** The service's limit on vaults or the like. */
  'limit-exceeded': 1,
  /** DeleteVault: the last inventory lists archives. */
  'vault-not-empty': 1,
  /** An inventory is older than `--max-age` allows. */
  'inventory-old': 1,
  /** Where an archive is to be restored there is something else. */
  'name-taken': 1,
  /** The command that an archive was handed to did not end well. */
  'command-failed': 1,
  usage: 2,
  /** The file is missing, unreadable, empty, special or too large. */
  'archive-unusable': 3,
  /** The file changed while it was being sent, or since its upload began. */
  'archive-changed': 3,
  /** No unfinished upload of this file or ID is known here. */
  'session-unknown': 4,
  /** No receipt of this file or archive is known here. */
  'receipt-unknown': 4,
  /** Neither a receipt nor the inventory that is kept here has this archive. */
  'archive-unknown': 4,
  /** No inventory of this vault is kept here. */
  'inventory-unknown': 4,
  /** Network, server errors: the same request may work later. */
  temporary: 5,
  throttled: 5,
  /** 408: the body arrived too slowly. */
  'request-timeout': 5,
  /** ListParts told something that cannot be true. */
  'part-list-untrue': 5,
  /** The service could not do a job; another may succeed. */
  'job-failed': 5,
  /** A job has hours to go: the same command works later. */
  'job-pending': 5,
  /** The job and its output are no more; another can be started. */
  'job-gone': 5,
  /** DeleteVault: the service has not counted the vault since something was written or deleted. */
  'vault-uncounted': 5,
  'completion-unknown': 6,
  'no-credentials': 7,
  'credentials-expired': 7,
  /** AWS does not know them, or gives none for the role. */
  'credentials-refused': 7,
  /** The service, or a policy, does not allow it. */
  'access-denied': 7,
  'certificate-untrusted': 7,
  /** It wants a user and a password. */
  'proxy-refused': 7,
  /** The endpoint is one of Amazon S3. */
  'endpoint-wrong': 7,
  'signature-refused': 7,
  'clock-skew': 7,
  'no-region': 7,
  /** NoLongerSupportedException: the account may not use vaults any more. */
  'account-closed': 7,
  'vault-gone': 8,
  'upload-gone': 8,
  'archive-gone': 8,
  /** The upload's parts or account cannot belong to this file. */
  'upload-foreign': 8,
  'state-unusable': 9,
  /** The file that an archive is retrieved into: a full disk, say. */
  'output-unwritable': 9,
  /** The service did not accept the body's hash, or answered with another one. */
  'hash-mismatch': 10,
  locked: 11,
  /** `--budget` or `--max-duration`: what is left is for another run. */
  'limit-reached': 12,
} as const;

/**
 * What a run ends with after failures with these exit codes, in order: the first that is not temporary, so that a script
 * which tries again on 5 never hides one that trying again does not mend.
 */
export function exitCodeOf(failures: readonly number[]): number {
  return failures.find((code) => code !== exitCodes.temporary) ?? failures[0] ?? 0;
}

export type ErrorCode = keyof typeof exitCodes;

/** What the service said, kept for messages and for decisions that need its own words. */
export interface ServiceReply {
  /** For example `UploadMultipartPart`. */
  operation: string;
  /** The service's own code, for example `ThrottlingException`. */
  code?: string;
  httpStatus?: number;
  requestId?: string;
  /** From `Retry-After`. */
  retryAfterMs?: number;
}

export interface ErrorDetails {
  /** What the user should do next; with the tag `hint` where it names a command of ours. */
  hint?: string | Hint;
  cause?: unknown;
  service?: ServiceReply;
}

/** A failure in words for the user. The code decides the exit status, the hint names the next step, the cause is kept. */
export class GlacierUpError extends Error {
  override readonly name = 'GlacierUpError';
  readonly code: ErrorCode;
  /** The hint with its commands as data; see {@link hint}. */
  readonly advice: Hint | undefined;
  readonly service: ServiceReply | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? {} : { cause: details.cause });
    this.code = code;
    this.advice = typeof details.hint === 'string' ? new Hint([details.hint]) : details.hint;
    this.service = details.service;
  }

  /** What to do next, in words. The command line adds the options that its commands need ({@link Hint.text}). */
  get hint(): string | undefined {
    return this.advice?.text((step) => shellCommand(plainWords(step)));
  }

  get exitCode(): number {
    return exitCodes[this.code];
  }
}

/** True for an error of ours with one of these codes. */
export function hasCode(error: unknown, ...codes: ErrorCode[]): error is GlacierUpError {
  return error instanceof GlacierUpError && codes.includes(error.code);
}

/** Runs a step; what it throws that is none of ours is told in the words of `inWords`. */
export function wrapErrors<T>(inWords: (cause: unknown) => GlacierUpError, step: () => T): T {
  try {
    return step();
  } catch (error) {
    throw error instanceof GlacierUpError ? error : inWords(error);
  }
}
