import {
  CreateVaultCommand,
  GlacierClient,
  ListVaultsCommand,
  UploadArchiveCommand,
} from '@aws-sdk/client-glacier';
import { describe, expect, test } from 'vitest';
import { readAuthorization } from '../../src/server/requests/authorization.js';
import { verifySignature } from '../../src/server/requests/signature.js';
import { ask, sampleBytes, startTestVault } from './helpers/vault.js';

const credentials = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
};
const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

const authorization = (day: string, signedHeaders: string, signature: string) =>
  readAuthorization(
    `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${day}/us-east-1/glacier/aws4_request,` +
      `SignedHeaders=${signedHeaders},Signature=${signature}`,
  );

const createVault = {
  method: 'PUT',
  path: '/-/vaults/examplevault',
  query: new URLSearchParams(),
  headers: {
    host: 'glacier.us-east-1.amazonaws.com',
    'x-amz-date': '20120525T002453Z',
    'x-amz-glacier-version': '2012-06-01',
  },
};
const createVaultSigned = authorization(
  '20120525',
  'host;x-amz-date;x-amz-glacier-version',
  '3ce5b2f2fffac9262b4da9256f8d086b4aaf42eba5f111c21681a65a127b7c2a',
);

describe('the published signatures', () => {
  test('of CreateVault verifies', async () => {
    await verifySignature(createVault, createVaultSigned, credentials, EMPTY);
  });

  test('of a streamed upload verifies, with the path and the body that it was really made for', async () => {
    const payloadHash = '726e392cb4d09924dbad1cc0ba3b00c3643d03d14cb4b823e2f041cff612a628';
    await verifySignature(
      {
        method: 'POST',
        path: '/-/vaults/examplevault/archives',
        query: new URLSearchParams(),
        headers: {
          host: 'glacier.us-east-1.amazonaws.com',
          'x-amz-content-sha256': payloadHash,
          'x-amz-date': '20120507T000000Z',
          'x-amz-glacier-version': '2012-06-01',
        },
      },
      authorization(
        '20120507',
        'host;x-amz-content-sha256;x-amz-date;x-amz-glacier-version',
        'b092397439375d59119072764a1e9a144677c43d9906fd98a5742c57a2855de6',
      ),
      credentials,
      payloadHash,
    );
  });

  test.each([
    ['another path', { path: '/-/vaults/examplevault2' }],
    ['another method', { method: 'GET' }],
    ['another query', { query: new URLSearchParams('a=b') }],
    ['another header', { headers: { ...createVault.headers, host: 'glacier.us-east-2.amazonaws.com' } }],
  ])('fail with %s', async (_name, change) => {
    const request = { ...createVault, ...change };
    await expect(verifySignature(request, createVaultSigned, credentials, EMPTY)).rejects.toMatchObject({
      code: 'InvalidSignatureException',
      message: expect.stringContaining('The request signature we calculated does not match'),
    });
  });

  test('fail with another secret, and with a body that was not signed', async () => {
    const other = { ...credentials, secretAccessKey: 'other' };
    const mismatch = { code: 'InvalidSignatureException' };
    await expect(verifySignature(createVault, createVaultSigned, other, EMPTY)).rejects.toMatchObject(
      mismatch,
    );
    await expect(
      verifySignature(createVault, createVaultSigned, credentials, '0'.repeat(64)),
    ).rejects.toMatchObject(mismatch);
  });
});

const client = (endpoint: string, keys = credentials, systemClockOffset = 0) =>
  new GlacierClient({ endpoint, region: 'eu-west-1', credentials: keys, maxAttempts: 1, systemClockOffset });

describe('a server with credentials', () => {
  test('takes what the SDK signs, odd vault names, queries and runs of spaces too', async () => {
    const { url } = await startTestVault({ credentials });
    const { VaultList } = await client(url).send(new ListVaultsCommand({ accountId: '-', limit: 5 }));
    expect(VaultList).toEqual([]);
    const missing = client(url).send(
      new UploadArchiveCommand({
        accountId: '-',
        vaultName: 'a b+c',
        archiveDescription: 'two  spaces',
        body: sampleBytes(3000),
      }),
    );
    await expect(missing).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });

  test('refuses another key ID, another secret and no signature at all', async () => {
    const { url } = await startTestVault({ credentials });
    const list = new ListVaultsCommand({ accountId: '-' });
    await expect(client(url, { ...credentials, accessKeyId: 'OTHER' }).send(list)).rejects.toMatchObject({
      name: 'UnrecognizedClientException',
    });
    await expect(client(url, { ...credentials, secretAccessKey: 'other' }).send(list)).rejects.toMatchObject({
      name: 'InvalidSignatureException',
      $metadata: { httpStatusCode: 403 },
    });
    const unsigned = await ask(url, 'GET', '/-/vaults', { headers: { authorization: undefined } });
    expect(unsigned.text).toBe(
      '{"message":"Missing Authentication Token","code":"MissingAuthenticationTokenException","type":"Client"}',
    );
  });

  test('refuses dates more than five minutes off, in the service’s words', async () => {
    const nowMs = Date.UTC(2018, 6, 27, 18, 23, 16);
    const { url } = await startTestVault({ credentials, now: () => nowMs });
    const message = async (date: string) =>
      (await ask(url, 'GET', '/-/vaults', { headers: { 'x-amz-date': date } })).json.message;
    expect(await message('20180727T181658Z')).toBe(
      'Signature expired: 20180727T181658Z is now earlier than 20180727T181816Z (20180727T182316Z - 5 min.)',
    );
    expect(await message('20180727T182817Z')).toBe(
      'Signature not yet current: 20180727T182817Z is still later than 20180727T182816Z (20180727T182316Z + 5 min.)',
    );
    expect(await message('20180727T181816Z')).not.toContain('Signature expired');
    expect(await message('today')).toContain("requires existence of either a 'X-Amz-Date'");
  });

  test('covers the body: another one than was signed is refused', async () => {
    const { url } = await startTestVault({ credentials });
    await client(url).send(new CreateVaultCommand({ accountId: '-', vaultName: 'v' }));
    const upload = new UploadArchiveCommand({ accountId: '-', vaultName: 'v', body: sampleBytes(10) });
    const { archiveId } = await client(url).send(upload);
    expect(archiveId).toHaveLength(138);
    upload.middlewareStack.add(
      (next) => (args) => {
        (args.request as { body: Buffer }).body = sampleBytes(10, 'another');
        return next(args);
      },
      { step: 'finalizeRequest', priority: 'low' },
    );
    await expect(client(url).send(upload)).rejects.toMatchObject({
      name: 'InvalidSignatureException',
      message: expect.stringContaining('does not match the computed payload hash'),
    });
  });
});
