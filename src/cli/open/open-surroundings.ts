/** From options to everything a flow works with: vault, state, threads. */
import type { SendingSurroundings, Surroundings } from '../../transfer/surroundings.js';
import type { CommandRun } from '../command/command-run.js';
import { openHashPool } from './open-hash-pool.js';
import { openPlace, type Place, type VaultNeed } from './open-place.js';
import type { State } from './open-state.js';
import type { WhereTo } from './where-to.js';
import { whichVaultAsker } from './which-vault.js';

const defaultConcurrency = 4;

/**
 * Runs `action` with a vault open, and closes everything afterwards, whatever happens.
 * @throws GlacierUpError `usage` without a vault name; `no-region`; what the embedded vault refuses
 */
export async function withSurroundings<T>(
  run: CommandRun,
  state: State,
  whereTo: WhereTo,
  action: (surroundings: Surroundings) => Promise<T>,
  vaultNeed: VaultNeed = 'there',
): Promise<T> {
  const { options } = run;
  return withSending(
    run,
    whereTo,
    (sending, { destination, localFolder }) => {
      const { vault, signal } = sending;
      const whichVault = whichVaultAsker(vault, destination, signal, run.reporter.verbose);
      const waitLockMs = options.waitLock ?? 0;
      return action({ ...sending, ...state, destination, whichVault, localFolder, waitLockMs });
    },
    vaultNeed,
  );
}

/** The same for a flow that neither reads nor writes the state of this machine. */
export async function withSending<T>(
  run: CommandRun,
  whereTo: WhereTo,
  action: (sending: SendingSurroundings, place: Place) => Promise<T>,
  vaultNeed: VaultNeed,
): Promise<T> {
  const { context, options, signal, reporter } = run;
  const place = await openPlace(run, whereTo, vaultNeed);
  const pool = openHashPool(run);
  const sending: SendingSurroundings = {
    vault: place.vault,
    pool,
    clock: context.clock,
    signal,
    emit: reporter.emit,
    concurrency: options.concurrency ?? defaultConcurrency,
    ...(options.limitRate === undefined ? {} : { limitRate: options.limitRate }),
  };
  try {
    return await action(sending, place);
  } finally {
    reporter.close();
    await Promise.all([pool.close(), place.close()]);
  }
}
