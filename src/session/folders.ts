/** The folders for state and receipts: made by us, ours alone, on every path the same rules. */
import { isAbsolute, join } from 'node:path';
import { GlacierUpError } from '../errors.js';
import { makeFolder } from '../os/durable.js';
import { assertOurs } from './ours.js';
import { checked } from './unusable.js';

export { assertOurs } from './ours.js';
export { checked, stateUnusable } from './unusable.js';

export interface StateFolders {
  sessions: string;
  receipts: string;
  inventories: string;
  /** Of work on whole vaults. */
  plans: string;
  /** Where parts of archives from a pipe are kept until they are stored, unless another folder is named. */
  spool: string;
}

/**
 * Where state is kept (XDG base directories 0.8: a relative value is invalid and ignored).
 * @param stateDir `--state-dir`: holds everything
 * @throws GlacierUpError `state-unusable` when there is no home folder to put it in
 */
export function stateFolders(env: Record<string, string | undefined>, stateDir?: string): StateFolders {
  if (stateDir !== undefined) {
    return {
      sessions: join(stateDir, 'sessions'),
      receipts: stateDir,
      inventories: join(stateDir, 'inventories'),
      plans: join(stateDir, 'plans'),
      spool: join(stateDir, 'spool'),
    };
  }
  const data = join(xdgFolder(env, 'XDG_DATA_HOME', '.local/share'), 'glacier-up');
  const state = join(xdgFolder(env, 'XDG_STATE_HOME', '.local/state'), 'glacier-up');
  return {
    sessions: join(state, 'sessions'),
    receipts: data,
    inventories: join(data, 'inventories'),
    plans: join(state, 'plans'),
    spool: join(state, 'spool'),
  };
}

function xdgFolder(env: Record<string, string | undefined>, name: string, underHome: string): string {
  const value = env[name];
  if (value && isAbsolute(value)) return value;
  if (env.HOME && isAbsolute(env.HOME)) return join(env.HOME, underHome);
  throw new GlacierUpError(
    'state-unusable',
    `there is no folder for state: neither ${name} nor HOME is set`,
    {
      hint: 'set HOME, or give --state-dir DIR',
    },
  );
}

/**
 * Makes the folder if it is missing, 0700 regardless of the umask, and checks that nobody else can write to it.
 * @throws GlacierUpError `state-unusable` when it cannot be made, is a symbolic link, belongs to somebody else, or is
 * writable by others
 */
export function ensureFolder(path: string, ownUserId: number | undefined): void {
  checked(path, () => {
    makeFolder(path);
    assertOurs(path, ownUserId, 'folder');
  });
}
