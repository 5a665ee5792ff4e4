/** An error in words for people: one that is not ours is a bug, but for what can happen wherever a file is opened. */
import { GlacierUpError } from '../../errors.js';

/**
 * Turns any failure into an error of ours, with a hint for those that are known.
 * @returns `internal` for a failure that nobody expected: a bug
 */
export function knownError(error: unknown): GlacierUpError {
  if (error instanceof GlacierUpError) return error;
  const message = error instanceof Error ? error.message : String(error);
  // When a thread cannot start, only the message of its error says so.
  if (/\bE[MN]FILE\b/.test(message)) {
    return new GlacierUpError('failed', `too many open files (${message})`, {
      hint: 'allow more ("ulimit -n") and run the same command again; everything sent so far is kept',
      cause: error,
    });
  }
  if (error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND') {
    return new GlacierUpError('failed', `a part of the program is missing: ${message}`, {
      hint: 'run the same command again, if glacier-up was upgraded meanwhile; else reinstall it',
      cause: error,
    });
  }
  return new GlacierUpError('internal', `this is a bug of glacier-up: ${message}`, {
    hint: 'run it again with --debug and report what it prints; everything sent so far is kept',
    cause: error,
  });
}
