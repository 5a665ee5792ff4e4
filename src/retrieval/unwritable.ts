/** What an error says about an output that cannot be written. */
import { basename } from 'node:path';
import { errnoOf, GlacierUpError, wrapErrors } from '../errors.js';
import { partName } from './part-name.js';

/** Runs what writes the output. @throws GlacierUpError `output-unwritable` */
export function checked<T>(out: string, action: () => T): T {
  return wrapErrors((cause) => unwritable(out, cause), action);
}

const reasons: Record<string, string> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'it is larger than files may be here',
  EROFS: 'the file system is read-only',
  EACCES: 'permission denied',
  ENOENT: 'no such folder',
  ENOTDIR: 'no such folder',
  EISDIR: 'it is a folder',
  EIO: 'the disk reports an error',
};

/**
 * An error for an output that the system refuses. @param cause what the system call threw @returns code
 * `output-unwritable`
 */
export function unwritable(out: string, cause: unknown): GlacierUpError {
  const errno = errnoOf(cause);
  const reason = (errno && reasons[errno]) ?? errno ?? String(cause);
  const hint = ['ENOSPC', 'EDQUOT'].includes(errno ?? '')
    ? `make room, then run the same command again: what is proved in ${basename(partName(out))} is kept`
    : 'give another -o';
  return new GlacierUpError('output-unwritable', `${out} cannot be written: ${reason}`, { hint, cause });
}
