import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { realClock } from '../../src/clock.js';
import { openSdkVault, type SdkVaultOptions } from '../../src/glacier/sdk/sdk-vault.js';
import { startVaultServer, type VaultServer } from '../../src/server/index.js';
import { memoryVault } from '../helpers/memory-vault.js';
import { describeJobs, describeVault } from './vault-contract.js';

const limits = { connectTimeoutMs: 10_000, readTimeoutMs: 60_000, clock: realClock };
const folder = mkdtempSync(join(tmpdir(), 'glacier-up-contract-'));
let server: VaultServer;

const embedded = (vaultName: string): SdkVaultOptions => ({
  ...limits,
  vaultName,
  accountId: '-',
  region: 'us-east-1',
  endpointUrl: server.url,
  credentials: { accessKeyId: 'embedded', secretAccessKey: 'embedded' },
});

beforeAll(async () => {
  server = await startVaultServer({ dir: folder, seeds: ['seeded=1000'], inventoryEveryMs: 0 });
  await openSdkVault(embedded('contract')).createVault(new AbortController().signal);
});

afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

describeVault('the embedded vault', () => openSdkVault(embedded('contract')));

describeVault('the embedded vault with seeded archives', () => openSdkVault(embedded('seeded')));

describeJobs('the embedded vault', () => openSdkVault(embedded('contract')));

// What the interfaces leave open would show here: this vault shares no line with the client's or the embedded one.
describeVault('a vault in memory', memoryVault);
describeJobs('a vault in memory', memoryVault);

/**
 * Against Amazon, or any other endpoint, with the SDK's own credentials:
 * GLACIER_UP_TEST_VAULT=name [GLACIER_UP_TEST_ENDPOINT=https://…] AWS_REGION=… npx vitest run test/contract
 */
const { GLACIER_UP_TEST_VAULT: vaultName, GLACIER_UP_TEST_ENDPOINT: endpointUrl } = process.env;
if (vaultName) {
  describeVault(endpointUrl ?? 'Amazon', () =>
    openSdkVault({ ...limits, vaultName, accountId: '-', ...(endpointUrl ? { endpointUrl } : {}) }),
  );
}

describe('a vault that does not exist', () => {
  test('is named with the place where it was looked for', async () => {
    const vault = openSdkVault(embedded('nowhere'));
    const initiated = vault.initiateUpload(
      { partSizeBytes: 1024 ** 2, description: 'x' },
      new AbortController().signal,
    );
    await expect(initiated).rejects.toMatchObject({
      code: 'vault-gone',
      message: expect.stringMatching(`vault nowhere was not found in region .*, at ${server.url}`),
    });
  });
});
