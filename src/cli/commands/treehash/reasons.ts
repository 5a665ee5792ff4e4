/** Failed system calls in the words of coreutils, which people and scripts know. */
import { getSystemErrorMap } from 'node:util';
import { errnoOf, GlacierUpError } from '../../../errors.js';

/** Where the C library says it otherwise than Node. */
const reasons: Record<string, string> = {
  EISDIR: 'Is a directory',
  EIO: 'Input/output error',
  ELOOP: 'Too many levels of symbolic links',
  ENAMETOOLONG: 'File name too long',
  EMFILE: 'Too many open files',
  ENFILE: 'Too many open files in system',
};

/** `ENOENT` → `No such file or directory`. */
export function reasonOf(error: unknown): string {
  const errno = errnoOf(error);
  const known = errno && reasons[errno];
  if (known) return known;
  for (const [name, text] of getSystemErrorMap().values()) {
    if (name === errno) return text.charAt(0).toUpperCase() + text.slice(1);
  }
  return error instanceof Error ? error.message : String(error);
}

/** Like the sum tools of coreutils, `treehash` exits 1 for anything that is wrong with a file. */
export function sumFailure(error: unknown): GlacierUpError {
  if (error instanceof GlacierUpError && error.code === 'internal') return error;
  return new GlacierUpError('failed', reasonOf(error), { cause: error });
}
