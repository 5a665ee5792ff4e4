/** What an error says about an output that cannot be written. */
import { basename } from 'node:path';
import { errnoOf, GlacierUpError, wrapErrors } from '../errors.js';
import { faultWords } from '../os/fault-words.js';
import { partName } from './part-name.js';

/** Runs what writes the output. @throws GlacierUpError `output-unwritable` */
export function checked<T>(out: string, action: () => T): T {
  return wrapErrors((cause) => unwritable(out, cause), action);
}

const ownWords = { ENOENT: 'no such folder', ENOTDIR: 'no such folder' };

/**
 * An error for an output that the system refuses. @param cause what the system call threw @returns code
 * `output-unwritable`
 */
export function unwritable(out: string, cause: unknown): GlacierUpError {
  const errno = errnoOf(cause);
  const reason = faultWords(cause, ownWords);
  const hint = ['ENOSPC', 'EDQUOT'].includes(errno ?? '')
    ? `make room, then run the same command again: what is proved in ${basename(partName(out))} is kept`
    : 'give another -o';
  return new GlacierUpError('output-unwritable', `${out} cannot be written: ${reason}`, { hint, cause });
}
