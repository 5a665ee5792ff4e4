import { execFileSync } from 'node:child_process';
import { readFile, rm, statfs, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startVaultServer } from '../../src/server/index.js';
import { initiateJob } from './helpers/jobs.js';
import { startServerProcess } from './helpers/process.js';
import { ask, MIB, newFolder, partHeaders, sampleBytes, TestVault, treeHash } from './helpers/vault.js';

const unavailable = {
  status: 500,
  text: '{"code":"ServiceUnavailableException","message":"The service cannot complete the request.","type":"Server"}',
};

/** A file system of a few MiB; undefined where this user may not mount one. */
async function smallDisk(sizeMiB: number): Promise<string | undefined> {
  const dir = await newFolder();
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeMiB}m`, 'tmpfs', dir], { stdio: 'ignore' });
  } catch {
    return undefined;
  }
  onTestFinished(() => void execFileSync('umount', ['-l', dir]));
  return dir;
}

async function startOnSmallDisk(sizeMiB: number, skip: (note: string) => never): Promise<TestVault> {
  const disk = (await smallDisk(sizeMiB)) ?? skip('no right to mount a small file system');
  const dir = join(disk, 'vault');
  const vault = new TestVault(dir, await startVaultServer({ dir }), {});
  onTestFinished(() => vault.server.close());
  await vault.ask('PUT', '/-/vaults/v');
  return vault;
}

const fillerOf = (vault: TestVault): string => join(vault.dir, '..', 'filler');

/** Leaves not one byte on the disk. */
async function fill(vault: TestVault): Promise<void> {
  const { bavail, bsize } = await statfs(vault.dir);
  await writeFile(fillerOf(vault), Buffer.alloc(bavail * bsize));
}

describe('on a full disk', () => {
  test('a part is refused honestly, nothing is lost, and with room again the upload goes on', async ({
    skip,
  }) => {
    const vault = await startOnSmallDisk(8, skip);
    const bytes = sampleBytes(6 * MIB);
    const uploadId = await vault.initiate(2 * MIB);
    const send = (first: number) => vault.part(uploadId, bytes.subarray(first, first + 2 * MIB), first);
    expect((await send(0)).status).toBe(204);
    await writeFile(fillerOf(vault), Buffer.alloc(5 * MIB));
    expect(await send(2 * MIB)).toMatchObject(unavailable);
    expect((await vault.parts(uploadId)).json.Parts).toHaveLength(1);
    // A server needs a little room to start; to stop it needs none.
    await truncate(fillerOf(vault), 4 * MIB);
    await vault.restart();
    expect((await vault.parts(uploadId)).json.Parts).toHaveLength(1);
    await rm(fillerOf(vault));
    for (const first of [2 * MIB, 4 * MIB]) expect((await send(first)).status).toBe(204);
    expect((await vault.complete(uploadId, bytes)).status).toBe(201);
    const stored = await readFile(join(vault.dir, 'vaults', '1', 'archives', '1.archive'));
    expect(stored.equals(bytes)).toBe(true);
  });

  test('a re-sent part is refused and the old one kept', async ({ skip }) => {
    const vault = await startOnSmallDisk(8, skip);
    const bytes = sampleBytes(4 * MIB);
    const uploadId = await vault.initiate(4 * MIB);
    await vault.part(uploadId, bytes, 0);
    await writeFile(fillerOf(vault), Buffer.alloc(2 * MIB));
    expect(await vault.part(uploadId, sampleBytes(4 * MIB, 'other'), 0)).toMatchObject(unavailable);
    await rm(fillerOf(vault));
    expect((await vault.complete(uploadId, bytes)).status).toBe(201);
  });

  test('an operation that has to be noted is refused, and done when there is room', async ({ skip }) => {
    const vault = await startOnSmallDisk(8, skip);
    const bytes = sampleBytes(MIB);
    const ArchiveId = await vault.upload(bytes);
    await vault.restart({ inventoryEveryMs: 0 });
    const uploadId = await vault.initiate();
    await vault.part(uploadId, bytes, 0);
    await fill(vault);
    const job = () => initiateJob(vault, JSON.stringify({ Type: 'archive-retrieval', ArchiveId }));
    const inventory = () => initiateJob(vault, JSON.stringify({ Type: 'inventory-retrieval' }));
    const initiate = () =>
      vault.ask('POST', '/-/vaults/v/multipart-uploads', { headers: { 'x-amz-part-size': String(MIB) } });
    expect(await vault.ask('PUT', '/-/vaults/w')).toMatchObject(unavailable);
    expect(await initiate()).toMatchObject(unavailable);
    expect(await vault.complete(uploadId, bytes)).toMatchObject(unavailable);
    expect(await job()).toMatchObject(unavailable);
    expect(await inventory()).toMatchObject(unavailable);
    expect((await vault.ask('GET', '/-/vaults/v/jobs')).json.JobList).toEqual([]);
    expect((await vault.ask('GET', '/-/vaults/w')).status).toBe(404);
    expect((await vault.ask('GET', '/-/vaults/v/multipart-uploads')).json.UploadsList).toHaveLength(1);
    await vault.server.close();
    await rm(fillerOf(vault));
    await vault.restart({ inventoryEveryMs: 0 });
    expect((await vault.ask('PUT', '/-/vaults/w')).status).toBe(201);
    expect((await initiate()).status).toBe(201);
    expect([(await job()).status, (await inventory()).status]).toEqual([202, 202]);
    expect((await vault.complete(uploadId, bytes)).status).toBe(201);
    await vault.restart();
    expect((await vault.complete(uploadId, bytes)).status).toBe(201);
  });
});

test.skipIf(process.platform !== 'linux')('a file that may not grow is an honest 500 as well', async () => {
  const dir = await newFolder();
  const server = await startServerProcess(dir, ['prlimit', `--fsize=${3 * MIB}`]);
  await ask(server.url, 'PUT', '/-/vaults/v');
  const begun = await ask(server.url, 'POST', '/-/vaults/v/multipart-uploads', {
    headers: { 'x-amz-part-size': String(2 * MIB) },
  });
  const path = `/-/vaults/v/multipart-uploads/${begun.headers['x-amz-multipart-upload-id']}`;
  const bytes = sampleBytes(2 * MIB);
  const send = (first: number) =>
    ask(server.url, 'PUT', path, { headers: partHeaders(bytes, first), body: bytes });
  expect((await send(0)).status).toBe(204);
  expect(await send(2 * MIB)).toMatchObject(unavailable);
  const { Parts } = (await ask(server.url, 'GET', path)).json;
  expect(Parts).toEqual([{ RangeInBytes: `0-${2 * MIB - 1}`, SHA256TreeHash: treeHash(bytes) }]);
});
