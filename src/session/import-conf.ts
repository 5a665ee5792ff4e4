/** Loading `conf`, which does more at its import than it should. */
import type Conf from 'conf';
import { GlacierUpError } from '../errors.js';

type ConfClass = typeof Conf;

let imported: ConfClass | undefined;

/**
 * `conf` is loaded late, since without a home folder its import itself throws; and what it brings would answer every
 * signal by sending it again, so that one Ctrl-C would count twice: it is kept from listening. Taken off afterwards, its
 * listeners would undo that Node ignores SIGXFSZ, and make a limit on the size of files deadly.
 */
export async function importConf(): Promise<ConfClass> {
  if (imported) return imported;
  const { once } = process;
  process.once = ((event: string, listener: () => void) =>
    event.startsWith('SIG') ? process : once.call(process, event, listener)) as typeof once;
  try {
    imported = (await import('conf')).default;
  } catch (cause) {
    if (!isWithoutHome(cause)) throw cause;
    throw new GlacierUpError(
      'state-unusable',
      'there is no home folder: this user has none in the password file',
      {
        hint: 'set HOME, or give --state-dir DIR with HOME set to any folder',
        cause,
      },
    );
  } finally {
    process.once = once;
  }
  return imported;
}

function isWithoutHome(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && error.syscall === 'uv_os_homedir';
}
