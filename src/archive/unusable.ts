/** Why a file cannot be archived. */
import { errnoOf, GlacierUpError } from '../errors.js';
import { faultWords } from '../os/fault-words.js';

const ownWords = {
  ENOTDIR: 'no such file',
  EPERM: 'permission denied',
  ENXIO: 'not a regular file: a socket or a device without a driver',
};

const hints: Record<string, string> = {
  EACCES: 'give yourself read permission on the file, and search permission on the folders above it',
  EPERM: 'give yourself read permission on the file, and search permission on the folders above it',
  EMFILE: 'raise the limit (ulimit -n)',
  ENFILE: 'close other programs, or raise the limit of the system',
};

/** A failed system call on a file that is to be archived, in words. */
export function unusable(name: string, cause: unknown): GlacierUpError {
  const errno = errnoOf(cause);
  // What Node puts where a name's bytes are not UTF-8: the name is lost then, and no file has it.
  if (errno === 'ENOENT' && name.includes('\ufffd')) {
    return new GlacierUpError(
      'archive-unusable',
      'no such file; a name that is not UTF-8 cannot be given on the command line',
      {
        hint: 'name its folder with --recursive, or list it in a file for --files-from',
        cause,
      },
    );
  }
  const hint = (errno && hints[errno]) ?? 'check the path';
  return new GlacierUpError('archive-unusable', faultWords(cause, ownWords), { hint, cause });
}

/** What a file is that is no regular file. */
export function kindOf(stats: {
  isDirectory(): boolean;
  isFIFO(): boolean;
  isSocket(): boolean;
  isCharacterDevice(): boolean;
}): string {
  if (stats.isDirectory()) return 'a directory';
  if (stats.isFIFO()) return 'a FIFO';
  if (stats.isSocket()) return 'a socket';
  return stats.isCharacterDevice() ? 'a character device' : 'a block device';
}
