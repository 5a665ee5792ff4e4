/** A vault to speak to: at Amazon or another endpoint, or embedded in a folder. What is heavy is loaded here, late. */
import { resolve } from 'node:path';
import { GlacierUpError } from '../../errors.js';
import type { RetryingVault } from '../../glacier/retry/retrying-vault.js';
import type { SdkVaultOptions } from '../../glacier/sdk/sdk-vault.js';
import type { Destination } from '../../session/destination.js';
import type { CommandRun } from '../command/command-run.js';
import type { networkOptions, waitLockOption } from '../options/shared-options.js';
import { awsSettings } from './aws-settings.js';
import { localVaultSettings } from './local-vault-settings.js';
import type { VaultSelector } from './vault-selector.js';

/** A command that sends requests. */
type ConnectingRun = CommandRun<readonly [...typeof networkOptions, typeof waitLockOption]>;

export const networkDefaults = {
  retryForMs: 15 * 60_000,
  connectTimeoutMs: 10_000,
  readTimeoutMs: 60_000,
};

/**
 * `made`: an embedded vault that is missing is made, with its folder: for commands that archive, and `vaults create`;
 * `there`: nothing is made; `none`: nothing is made, and the command is about the account and names no vault.
 */
export type VaultNeed = 'made' | 'there' | 'none';

/** A vault to ask, for commands that need neither state nor threads. Closed afterwards in any case. */
export async function withVaultConnection<T>(
  run: ConnectingRun,
  selector: VaultSelector,
  vaultNeed: VaultNeed,
  action: (connection: VaultConnection) => Promise<T>,
): Promise<T> {
  const connection = await connectVault(run, selector, vaultNeed);
  try {
    return await action(connection);
  } finally {
    run.reporter.close();
    await connection.close();
  }
}

export interface VaultConnection {
  vault: RetryingVault;
  destination: Destination;
  localFolder: string | null;
  close(): Promise<void>;
}

/** @throws GlacierUpError `usage` without a vault name; `no-region`; what the embedded vault refuses */
export async function connectVault(
  run: ConnectingRun,
  selector: VaultSelector,
  vaultNeed: VaultNeed,
): Promise<VaultConnection> {
  const vaultName = vaultNeed === 'none' ? '' : selector.vault;
  if (vaultName === undefined) {
    throw new GlacierUpError('usage', 'no vault is named', {
      hint: 'give --vault NAME, or set GLACIER_UP_VAULT',
    });
  }
  return selector.local === undefined
    ? openAws(run, vaultName, selector)
    : openLocal(run, vaultName, selector.local, vaultNeed);
}

async function openAws(
  run: ConnectingRun,
  vaultName: string,
  selector: VaultSelector,
): Promise<VaultConnection> {
  const { env, clock } = run.context;
  const { caBundle, ...settings } = await awsSettings(selector, env);
  const { openConnections } = await import('../../glacier/connections/connections.js');
  const connections = openConnections(caBundle, env, { connectTimeoutMs: connectTimeoutMs(run), clock });
  const accountId = selector.accountId ?? '-';
  const { vault, region } = await openVault(run, { vaultName, accountId, connections, ...settings });
  const destination: Destination = {
    profile: settings.profile ?? null,
    accountOption: accountId,
    region: await region(),
    endpoint: settings.endpointUrl ?? null,
    vault: vaultName,
  };
  return { vault, destination, localFolder: null, close: async () => vault.close() };
}

/** The embedded vault beside the command, for as long as the command lasts. To all that follows it is a URL. */
async function openLocal(
  run: ConnectingRun,
  vaultName: string,
  folder: string,
  vaultNeed: VaultNeed,
): Promise<VaultConnection> {
  const { context, options, signal, reporter } = run;
  const localFolder = resolve(folder);
  if (vaultNeed !== 'made') await existingFolderId(folder);
  const { startLocalVault } = await import('../../server/local/local.js');
  const local = await startLocalVault({
    dir: localFolder,
    startThread: context.workers.localVault,
    ...localVaultSettings(context.env),
    // A command ends by itself, a server does not.
    waitMs: {
      command: options.waitLock ?? options.retryFor ?? networkDefaults.retryForMs,
      serve: options.waitLock ?? 0,
    },
    signal,
    onWaiting: (holder) =>
      reporter.note(`waiting for ${holder}, which has the embedded vault in ${folder} open`),
  }).catch(async (cause: unknown) => {
    if (signal.aborted) throw signal.reason;
    throw await localVaultError(cause);
  });
  try {
    const { vault } = await openVault(run, {
      vaultName,
      accountId: '-',
      region: 'us-east-1',
      endpointUrl: local.url,
      credentials: { accessKeyId: 'embedded', secretAccessKey: 'embedded' },
    });
    if (vaultNeed === 'made') await vault.createVault(signal);
    return {
      vault,
      localFolder,
      destination: {
        profile: null,
        accountOption: '-',
        region: 'local',
        endpoint: `local:${local.folderId}`,
        vault: vaultName,
      },
      close: async () => {
        vault.close();
        await local.close();
      },
    };
  } catch (error) {
    await local.close();
    throw error;
  }
}

/**
 * The ID of the folder, which a command that makes nothing needs to be there.
 * @throws GlacierUpError `vault-gone` when there is no embedded vault in it; `state-unusable`
 */
export async function existingFolderId(folder: string): Promise<string> {
  const { folderIdOf } = await import('../../server/local/local.js');
  const folderId = await folderIdOf(resolve(folder)).catch(async (cause: unknown) => {
    throw await localVaultError(cause);
  });
  if (folderId !== null) return folderId;
  throw new GlacierUpError('vault-gone', `there is no embedded vault in ${folder}`, {
    hint: 'check --local; "glacier-up upload" and "glacier-up vaults create" make a vault that is missing',
  });
}

/** What keeps an embedded vault from being used, in our words. */
async function localVaultError(cause: unknown): Promise<unknown> {
  const { VaultServerError } = await import('../../server/server-error.js');
  if (!(cause instanceof VaultServerError)) return cause;
  const isHeld = cause.code === 'folder-in-use';
  return new GlacierUpError(isHeld ? 'locked' : 'state-unusable', cause.message, {
    hint: isHeld
      ? 'reach a "glacier-up serve" with --endpoint-url instead; run the command again when the other one is done'
      : 'check the folder, or name another one with --local',
    cause,
  });
}

function connectTimeoutMs({ options }: Pick<ConnectingRun, 'options'>): number {
  return options.connectTimeout ?? networkDefaults.connectTimeoutMs;
}

type VaultPlace = Omit<SdkVaultOptions, 'connectTimeoutMs' | 'readTimeoutMs' | 'clock'>;

async function openVault({ context, options, patience, reporter }: ConnectingRun, place: VaultPlace) {
  const [{ completeIdleFactor, openSdkVault }, { retrying }] = await Promise.all([
    import('../../glacier/sdk/sdk-vault.js'),
    import('../../glacier/retry/retrying-vault.js'),
  ]);
  const readTimeoutMs = options.readTimeout ?? networkDefaults.readTimeoutMs;
  const sdkVault = openSdkVault({
    ...place,
    onSlowCredentials: () =>
      reporter.note(
        `looking for credentials: ${place.profile === undefined ? 'the environment, the AWS configuration, roles of a container and of an EC2 instance (AWS_EC2_METADATA_DISABLED=true leaves the last out)' : `profile ${place.profile}`}`,
      ),
    connectTimeoutMs: connectTimeoutMs({ options }),
    readTimeoutMs,
    clock: context.clock,
  });
  const vault = retrying(sdkVault, {
    clock: context.clock,
    patience: patience.with(place.endpointUrl ?? place.region ?? ''),
    budgetMs: options.retryFor ?? networkDefaults.retryForMs,
    longestSilenceMs: readTimeoutMs * completeIdleFactor,
    onRetry: (retry) => reporter.emit({ kind: 'retry', ...retry }),
  });
  return { vault, region: sdkVault.region };
}
