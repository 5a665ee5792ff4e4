/** From options to everything a flow works with: vault, state, threads. What is heavy is loaded here, late. */
import { resolve } from 'node:path';
import { GlacierUpError } from '../errors.js';
import type { PatientVault } from '../glacier/retrying-vault.js';
import type { SdkVaultOptions } from '../glacier/sdk-vault.js';
import { stateFolders } from '../session/folders.js';
import { type InventoryShelf, openInventoryShelf } from '../session/inventories.js';
import { openReceiptBook, type ReceiptBook } from '../session/receipts.js';
import type { Destination, UploadSession } from '../session/session.js';
import { openSessionStore, type SessionStore } from '../session/session-store.js';
import type { SendingSurroundings, Surroundings } from '../transfer/surroundings.js';
import { HashPool } from '../treehash/pool.js';
import { awsSettings } from './aws-settings.js';
import type { CommandRun, OptionValues } from './command-run.js';
import { localVaultSettings } from './local-vault-settings.js';

export interface State {
  sessions: SessionStore;
  receipts: ReceiptBook;
}

/** Sessions and receipts of this machine, where `--state-dir` or the XDG variables say. */
export async function openState({ context, options, reporter }: CommandRun): Promise<State> {
  const folders = stateFolders(context.env, options.stateDir);
  return {
    sessions: await openSessionStore(folders.sessions, context.userId, (message) => reporter.note(message)),
    receipts: openReceiptBook(folders.receipts, context.userId),
  };
}

/** The last inventories, beside the receipts. */
export function openInventories({ context, options }: CommandRun): InventoryShelf {
  return openInventoryShelf(stateFolders(context.env, options.stateDir).inventories, context.userId);
}

/** Where an upload goes, as options say it or as a session has kept it. */
export type WhereTo = Pick<OptionValues, 'vault' | 'local' | 'region' | 'accountId'> & {
  /** null: none, whatever the environment says. */
  profile?: string | null;
  endpointUrl?: string | null;
};

/** The options that would lead to a session's destination again. */
export function whereToOf({ destination, localFolder }: UploadSession): WhereTo {
  const { vault, region, profile, accountOption, endpoint } = destination;
  if (localFolder !== null) return { vault, local: localFolder };
  return {
    vault,
    region,
    accountId: accountOption,
    profile,
    endpointUrl: endpoint,
  };
}

export const defaults = {
  retryForMs: 15 * 60_000,
  connectTimeoutMs: 10_000,
  readTimeoutMs: 60_000,
  concurrency: 4,
};

/**
 * Runs `action` with a vault open, and closes everything afterwards, whatever happens.
 * @throws GlacierUpError `usage` without a vault name; `no-region`; what the embedded vault refuses
 */
export async function withSurroundings<T>(
  run: CommandRun,
  state: State,
  whereTo: WhereTo,
  action: (surroundings: Surroundings) => Promise<T>,
  vaultNeed: VaultNeed = 'made',
): Promise<T> {
  const { options } = run;
  return withSending(
    run,
    whereTo,
    (sending, { destination, localFolder }) =>
      action({ ...sending, ...state, destination, localFolder, waitLockMs: options.waitLock ?? 0 }),
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
  const pool = new HashPool(context.workers.hash, context.processors);
  const sending: SendingSurroundings = {
    vault: place.vault,
    pool,
    clock: context.clock,
    signal,
    emit: reporter.emit,
    concurrency: options.concurrency ?? defaults.concurrency,
    ...(options.limitRate === undefined ? {} : { limitRate: options.limitRate }),
  };
  try {
    return await action(sending, place);
  } finally {
    reporter.close();
    await Promise.all([pool.close(), place.close()]);
  }
}

/**
 * `made`: in the embedded vault it is made if it is missing, as an upload wants it; `there`: nothing is made; `none`:
 * the command is about the account, and names no vault.
 */
export type VaultNeed = 'made' | 'there' | 'none';

/** A place to ask, for commands that need neither state nor threads. Closed afterwards, whatever happens. */
export async function withPlace<T>(
  run: CommandRun,
  whereTo: WhereTo,
  vaultNeed: VaultNeed,
  action: (place: Place) => Promise<T>,
): Promise<T> {
  const place = await openPlace(run, whereTo, vaultNeed);
  try {
    return await action(place);
  } finally {
    run.reporter.close();
    await place.close();
  }
}

export interface Place {
  vault: PatientVault;
  destination: Destination;
  localFolder: string | null;
  close(): Promise<void>;
}

async function openPlace(run: CommandRun, whereTo: WhereTo, vaultNeed: VaultNeed): Promise<Place> {
  const vaultName = vaultNeed === 'none' ? '' : whereTo.vault;
  if (vaultName === undefined) {
    throw new GlacierUpError('usage', 'no vault is named', {
      hint: 'give --vault NAME, or set GLACIER_UP_VAULT',
    });
  }
  return whereTo.local === undefined
    ? openAws(run, vaultName, whereTo)
    : openLocal(run, vaultName, whereTo.local, whereTo, vaultNeed);
}

async function openAws(run: CommandRun, vaultName: string, whereTo: WhereTo): Promise<Place> {
  const { env } = run.context;
  const { caBundle, ...settings } = await awsSettings(whereTo, env);
  const { openConnections } = await import('../glacier/connections.js');
  const connections = await openConnections(caBundle, env);
  const accountId = whereTo.accountId ?? '-';
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
  run: CommandRun,
  vaultName: string,
  folder: string,
  whereTo: WhereTo,
  vaultNeed: VaultNeed,
): Promise<Place> {
  const other = (['region', 'profile', 'accountId', 'endpointUrl'] as const).find(
    (name) => whereTo[name] !== undefined && run.givenOptions.has(name),
  );
  if (other)
    throw new GlacierUpError('usage', `--local needs no ${other}: the embedded vault is in a folder`);
  const { context, signal, reporter } = run;
  const localFolder = resolve(folder);
  const [{ startLocalVault }, { VaultServerError }] = await Promise.all([
    import('../server/local.js'),
    import('../server/server-error.js'),
  ]);
  const local = await startLocalVault({
    dir: localFolder,
    workerUrl: context.workers.localVault,
    ...localVaultSettings(context.env),
    signal,
    onWaiting: (holder) =>
      reporter.note(`waiting for ${holder}, which has the embedded vault in ${folder} open`),
  }).catch((cause: unknown) => {
    if (signal.aborted) throw signal.reason;
    if (!(cause instanceof VaultServerError)) throw cause;
    throw new GlacierUpError('state-unusable', cause.message, {
      hint: 'check the folder, or name another one with --local',
      cause,
    });
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

type VaultPlace = Omit<SdkVaultOptions, 'connectTimeoutMs' | 'readTimeoutMs'>;

async function openVault({ context, options, reporter }: CommandRun, place: VaultPlace) {
  const [{ completeIdleFactor, openSdkVault }, { retrying }] = await Promise.all([
    import('../glacier/sdk-vault.js'),
    import('../glacier/retrying-vault.js'),
  ]);
  const readTimeoutMs = options.readTimeout ?? defaults.readTimeoutMs;
  const sdkVault = openSdkVault({
    ...place,
    onSlowCredentials: () =>
      reporter.note(
        `looking for credentials: ${place.profile === undefined ? 'the environment, the AWS configuration, roles of a container and of an EC2 instance (AWS_EC2_METADATA_DISABLED=true leaves the last out)' : `profile ${place.profile}`}`,
      ),
    connectTimeoutMs: options.connectTimeout ?? defaults.connectTimeoutMs,
    readTimeoutMs,
  });
  const vault = retrying(sdkVault, {
    clock: context.clock,
    budgetMs: options.retryFor ?? defaults.retryForMs,
    longestSilenceMs: readTimeoutMs * completeIdleFactor,
    onRetry: (retry) => reporter.emit({ kind: 'retry', ...retry }),
  });
  return { vault, region: sdkVault.region };
}
