import type { Faults } from './faults/faults.js';
import type { Rates } from './rates.js';
import type { Credentials } from './requests/signature.js';
import type { VaultFolder } from './store/vault-folder.js';

/** What one running server answers from. */
export interface Service {
  readonly vaults: VaultFolder;
  readonly accountId: string;
  readonly nowMs: () => number;
  readonly jobDelayMs: number;
  readonly idleTimeoutMs: number;
  readonly credentials: Credentials | undefined;
  readonly faults: Faults;
  readonly rates: Rates;
}
