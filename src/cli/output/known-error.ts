/** An error in words for people: one that is not ours is a bug, but for what can happen wherever a file is opened. */
import { errnoOf, GlacierUpError } from '../../errors.js';

const bugHint = 'run it again with --debug and report what it prints; everything sent so far is kept';

/**
 * Turns any failure into an error of ours, with a hint for those that are known.
 * @returns `internal` for a failure that nobody expected: a bug
 */
export function knownError(error: unknown): GlacierUpError {
  if (error instanceof GlacierUpError) {
    if (error.code !== 'internal') return error;
    if (isMissingPart(error.cause)) return partMissing(error.cause);
    return error.advice
      ? error
      : new GlacierUpError('internal', error.message, { hint: bugHint, cause: error });
  }
  const message = error instanceof Error ? error.message : String(error);
  // When a thread cannot start, only the message of its error says so.
  if (/\bE[MN]FILE\b/.test(message)) {
    return new GlacierUpError('failed', `too many open files (${message})`, {
      hint: 'allow more ("ulimit -n") and run the same command again; everything sent so far is kept',
      cause: error,
    });
  }
  if (isMissingPart(error)) return partMissing(error);
  return new GlacierUpError('internal', `this is a bug of glacier-up: ${message}`, {
    hint: bugHint,
    cause: error,
  });
}

function isMissingPart(error: unknown): error is Error {
  return errnoOf(error) === 'MODULE_NOT_FOUND';
}

function partMissing(cause: Error): GlacierUpError {
  return new GlacierUpError('failed', `a part of the program is missing: ${cause.message}`, {
    hint: 'run the same command again, if glacier-up was upgraded meanwhile; else reinstall it',
    cause,
  });
}
