/** From options to everything a flow works with: vault, state, threads. */
import type { SendDeps, UploadDeps } from '../../transfer/upload-deps.js';
import type { CommandRun } from '../command/command-run.js';
import type { networkOptions, sendOptions, waitLockOption } from '../options/shared-options.js';
import { connectVault, type VaultConnection, type VaultNeed } from './connect-vault.js';
import { openHashPool } from './open-hash-pool.js';
import type { State } from './open-state.js';
import type { VaultSelector } from './vault-selector.js';
import { whichVaultAsker } from './which-vault.js';

/** A command that sends parts, or what belongs to them. */
type SendingRun = CommandRun<
  readonly [...typeof networkOptions, typeof waitLockOption, ...typeof sendOptions]
>;

const defaultConcurrency = 4;

/**
 * Runs `action` with a vault open, and closes everything afterwards in any case.
 * @throws GlacierUpError `usage` without a vault name; `no-region`; what the embedded vault refuses
 */
export async function withUploadDeps<T>(
  run: SendingRun,
  state: State,
  selector: VaultSelector,
  action: (deps: UploadDeps) => Promise<T>,
  vaultNeed: VaultNeed = 'there',
): Promise<T> {
  const { options } = run;
  return withSending(
    run,
    selector,
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
  run: SendingRun,
  selector: VaultSelector,
  action: (sending: SendDeps, connection: VaultConnection) => Promise<T>,
  vaultNeed: VaultNeed,
): Promise<T> {
  const { context, options, signal, reporter } = run;
  const connection = await connectVault(run, selector, vaultNeed);
  const pool = openHashPool(run);
  const sending: SendDeps = {
    vault: connection.vault,
    pool,
    clock: context.clock,
    signal,
    emit: reporter.emit,
    concurrency: options.concurrency ?? defaultConcurrency,
    ...(options.limitRate === undefined ? {} : { limitRate: options.limitRate }),
  };
  try {
    return await action(sending, connection);
  } finally {
    reporter.close();
    await Promise.all([pool.close(), connection.close()]);
  }
}
