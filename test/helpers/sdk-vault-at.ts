import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { realClock } from '../../src/clock.js';
import { openSdkVault } from '../../src/glacier/sdk/sdk-vault.js';

/** A vault as the SDK has it, of a server that listens on this machine. */
export function sdkVaultAt(server: Server): ReturnType<typeof openSdkVault> {
  return openSdkVault({
    vaultName: 'photos',
    accountId: '-',
    region: 'us-east-1',
    endpointUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
    connectTimeoutMs: 10_000,
    readTimeoutMs: 60_000,
    clock: realClock,
  });
}
