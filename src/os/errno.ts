/** What a failed system call says of itself. */

/** The errno name (`ENOENT`) of a failed system call, if the error is one. */
export function errnoOf(error: unknown): string | undefined {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return undefined;
}

/** True for ENOENT: there is no such file. */
export const isMissing = (error: unknown): boolean => errnoOf(error) === 'ENOENT';

/** True for EEXIST: the name is taken. */
export const alreadyExists = (error: unknown): boolean => errnoOf(error) === 'EEXIST';

/** Whether a file system refused what it has not: links (FAT, exFAT, SMB, some of FUSE), modes, flushing of folders. */
export const isUnsupported = (error: unknown): boolean =>
  ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(errnoOf(error) ?? '');
