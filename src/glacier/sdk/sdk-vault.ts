/** A vault spoken to through the AWS SDK, put together from its parts. Only this folder imports the SDK. */
import type { VaultJobs } from '../jobs.js';
import type { Vault } from '../vault.js';
import type { Vaults } from '../vaults.js';
import { openSdkClient, type SdkVaultOptions } from './sdk-client.js';
import { sdkJobs } from './sdk-jobs.js';
import { sdkUploads } from './sdk-uploads.js';
import { sdkVaults } from './sdk-vaults.js';

export type { SdkVaultOptions } from './sdk-client.js';
export { completeIdleFactor } from './sdk-uploads.js';

export interface SdkVault extends Vault, Vaults, VaultJobs {
  /** As the SDK found it: option, environment, profile. Rejects with `no-region` when there is none. */
  region(): Promise<string>;
}

/** Opens a vault. Nothing is sent, and credentials are not looked for, before the first request. */
export function openSdkVault(options: SdkVaultOptions): SdkVault {
  const sdk = openSdkClient(options);
  return {
    ...sdkUploads(sdk),
    ...sdkVaults(sdk),
    ...sdkJobs(sdk),
    region: sdk.region,
    renewCredentials: sdk.renewCredentials,
    close: sdk.close,
  };
}
