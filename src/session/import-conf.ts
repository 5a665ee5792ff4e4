/** Loading `conf`, which does more at its import than it should. */
import type Conf from 'conf';
import { GlacierUpError } from '../errors.js';

type ConfClass = typeof Conf;

let imported: ConfClass | undefined;

/**
 * `conf` is loaded late, since without a home folder its import itself throws; and it brings listeners that answer
 * a signal by sending it again, so that one Ctrl-C would count twice: they are taken off.
 */
export async function importConf(): Promise<ConfClass> {
  if (imported) return imported;
  // Node ignores this one, so that a write beyond a limit on the size of files fails and can be told. Its last listener
  // taken off would make it deadly.
  process.on('SIGXFSZ', () => {});
  const before = signalListeners();
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
  }
  for (const [signal, listeners] of signalListeners()) {
    for (const listener of listeners) {
      if (!before.get(signal)?.has(listener)) process.removeListener(signal, listener);
    }
  }
  return imported;
}

function isWithoutHome(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && error.syscall === 'uv_os_homedir';
}

type SignalListener = () => void;

function signalListeners(): Map<string, Set<SignalListener>> {
  const names = process.eventNames().filter((name) => typeof name === 'string' && name.startsWith('SIG'));
  return new Map(
    names.map((name) => [String(name), new Set(process.rawListeners(name as 'SIGINT') as SignalListener[])]),
  );
}
