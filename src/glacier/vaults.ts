/** The vaults of an account: what can be asked about them, making and deleting one. */

export interface DescribedVault {
  name: string;
  arn: string;
  createdAt: string;
  /** When the last inventory was taken; null while there is none. The two numbers are as of then. */
  inventoriedAt: string | null;
  archiveCount: number;
  /** Of the archives, with the 32 KiB that the service adds for each. */
  sizeBytes: number;
}

export interface VaultsPage {
  vaults: DescribedVault[];
  /** null on the last page. */
  marker: string | null;
}

/** Rejects as `Vault` does. The vault's name is that of the destination. */
export interface Vaults {
  /** Idempotent: a vault that is there already is no error. */
  createVault(signal: AbortSignal): Promise<{ location: string }>;
  /**
   * Idempotent: a vault that does not exist is no error.
   * @throws GlacierUpError `vault-not-empty` unless its last inventory shows no archive and nothing was written since
   */
  deleteVault(signal: AbortSignal): Promise<void>;
  /** @throws GlacierUpError `vault-gone` */
  describeVault(signal: AbortSignal): Promise<DescribedVault>;
  /** Of the account, by name, at most 10 a page. */
  listVaultsPage(marker: string | null, signal: AbortSignal): Promise<VaultsPage>;
}
