/** Loading `conf`, which does more at its import than it should. */
import type Conf from 'conf';
import { GlacierUpError } from '../errors.js';

type ConfClass = typeof Conf;

let imported: Promise<ConfClass> | undefined;

/**
 * `conf` is loaded late, since without a home folder its import itself throws; and what it brings would answer every
 * signal by sending it again, so that one Ctrl-C would count twice: it is kept from listening. Taken off afterwards, its
 * listeners would undo that Node ignores SIGXFSZ, and make a limit on the size of files deadly.
 */
export function importConf(): Promise<ConfClass> {
  // Two at once would each put back what the other put in place.
  imported ??= importQuietly().catch((error: unknown) => {
    imported = undefined;
    throw error;
  });
  return imported;
}

async function importQuietly(): Promise<ConfClass> {
  const { once } = process;
  process.once = ((event: string, listener: () => void) =>
    event.startsWith('SIG') ? process : once.call(process, event, listener)) as typeof once;
  try {
    return (await import('conf')).default;
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
}

function isWithoutHome(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && error.syscall === 'uv_os_homedir';
}
