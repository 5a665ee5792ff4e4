/** Failed system calls in words. */
import { errnoOf } from './errno.js';

const words: Record<string, string> = {
  ENOENT: 'no such file',
  ENOTDIR: 'a folder above it is a file',
  EISDIR: 'it is a folder',
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  ELOOP: 'too many symbolic links',
  ENAMETOOLONG: 'the name is too long',
  EMFILE: 'too many open files',
  ENFILE: 'too many open files in the system',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'it is larger than files may be here',
  EROFS: 'the file system is read-only',
  EIO: 'the disk reports an error',
  ESTALE: 'the file server no longer knows it',
};

/**
 * `ENOSPC` → `the disk is full`. A call that has no words here is told by its errno, any other failure by its message.
 * @param own words for calls that mean something else where it failed
 */
export function faultWords(cause: unknown, own: Readonly<Record<string, string>> = {}): string {
  const errno = errnoOf(cause);
  if (errno !== undefined) return own[errno] ?? words[errno] ?? errno;
  return cause instanceof Error ? cause.message : String(cause);
}
