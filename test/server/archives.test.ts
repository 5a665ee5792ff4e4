import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ACCOUNT, sampleBytes, sha256, startTestVault, type TestVault, treeHash } from './helpers/vault.js';

function uploadArchive(vault: TestVault, bytes: Buffer, headers: Record<string, string | undefined> = {}) {
  return vault.ask('POST', '/-/vaults/v/archives', {
    headers: {
      'content-length': String(bytes.length),
      'x-amz-content-sha256': sha256(bytes),
      'x-amz-sha256-tree-hash': treeHash(bytes),
      ...headers,
    },
    body: bytes,
  });
}

const files = (vault: TestVault) => readdir(join(vault.dir, 'vaults', '1', 'archives'));

describe('UploadArchive', () => {
  test('stores one byte as well as a megabyte, and a repeat as another archive', async () => {
    const vault = await startTestVault();
    const ids = new Set<unknown>();
    for (const bytes of [sampleBytes(1), sampleBytes(1), sampleBytes(1_500_000)]) {
      const { status, headers } = await uploadArchive(vault, bytes, { 'x-amz-archive-description': 'one' });
      const archiveId = headers['x-amz-archive-id'];
      expect(status).toBe(201);
      expect(headers.location).toBe(`/${ACCOUNT}/vaults/v/archives/${archiveId}`);
      expect(headers['x-amz-sha256-tree-hash']).toBe(treeHash(bytes));
      ids.add(archiveId);
    }
    expect(ids.size).toBe(3);
    expect(await files(vault)).toHaveLength(3);
  });

  test('refuses an empty body, wrong hashes and bad descriptions, and keeps nothing of them', async () => {
    const vault = await startTestVault();
    const bytes = sampleBytes(2000);
    expect((await uploadArchive(vault, Buffer.alloc(0))).json.message).toBe('Invalid Content-Length: 0');
    expect((await uploadArchive(vault, bytes, { 'x-amz-content-sha256': '0'.repeat(64) })).status).toBe(403);
    expect(
      (await uploadArchive(vault, bytes, { 'x-amz-sha256-tree-hash': '0'.repeat(64) })).json.message,
    ).toBe(`Checksum mismatch: expected ${'0'.repeat(64)}, computed ${treeHash(bytes)}`);
    expect((await uploadArchive(vault, bytes, { 'x-amz-archive-description': 'é' })).status).toBe(403);
    expect(await files(vault)).toEqual([]);
  });

  test('refuses more than 4 GiB before the body is sent', async () => {
    const vault = await startTestVault();
    const { status, json } = await vault
      .ask('POST', '/-/vaults/v/archives', {
        headers: { 'content-length': '38505164800', expect: '100-continue' },
      })
      .catch((error: unknown) => ({ status: 0, json: error }));
    expect([status, json.message]).toEqual([400, 'Invalid Content-Length: 38505164800']);
  });
});

describe('DeleteArchive', () => {
  test('removes the files; again, or for an ID that never was, is no error', async () => {
    const vault = await startTestVault();
    const archiveId = await vault.upload(sampleBytes(100));
    for (const id of [archiveId, archiveId, '-'.repeat(138)]) {
      expect((await vault.ask('DELETE', `/-/vaults/v/archives/${id}`)).status).toBe(204);
    }
    expect(await files(vault)).toEqual([]);
    await vault.restart();
    expect((await vault.ask('DELETE', `/-/vaults/v/archives/${archiveId}`)).status).toBe(204);
  });

  test('knows neither malformed IDs nor unknown vaults', async () => {
    const vault = await startTestVault();
    expect((await vault.ask('DELETE', '/-/vaults/v/archives/short')).status).toBe(404);
    expect((await vault.ask('DELETE', `/-/vaults/w/archives/${'a'.repeat(138)}`)).status).toBe(404);
  });

  test('does not make a repeated Complete forget its archive ID', async () => {
    const vault = await startTestVault();
    const bytes = sampleBytes(100);
    const uploadId = await vault.initiate();
    await vault.part(uploadId, bytes, 0);
    const archiveId = (await vault.complete(uploadId, bytes)).headers['x-amz-archive-id'];
    await vault.ask('DELETE', `/-/vaults/v/archives/${archiveId}`);
    await vault.restart();
    expect((await vault.complete(uploadId, bytes)).headers['x-amz-archive-id']).toBe(archiveId);
  });
});
