import { appendFile, mkdir, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { joinRawTreeHashes } from '../../src/server/hashes/tree-hash.js';
import { startVaultServer } from '../../src/server/index.js';
import { checkedLine } from '../../src/server/store/append-log.js';
import { startServerProcess } from './helpers/process.js';
import {
  AUTHORIZATION,
  ask,
  MIB,
  newFolder,
  partHeaders,
  sampleBytes,
  sha256,
  startTestVault,
  type TestVault,
  treeHash,
} from './helpers/vault.js';

const uploadFolder = (vault: { dir: string }, number = 1) =>
  join(vault.dir, 'vaults', '1', 'uploads', String(number));
const archiveFile = (vault: { dir: string }) => join(vault.dir, 'vaults', '1', 'archives', '1.archive');

/** Begins to send a part; gives a way to end it, and one to cut it. */
function slowPart(vault: TestVault, uploadId: string, bytes: Buffer, first: number, sentBytes: number) {
  const sending = request(vault.url + vault.path(uploadId), {
    method: 'PUT',
    headers: {
      ...partHeaders(bytes, first),
      'x-amz-glacier-version': '2012-06-01',
      authorization: AUTHORIZATION,
    },
  });
  const status = new Promise<number>((resolve) => {
    sending.on('response', (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    sending.on('error', () => resolve(0));
  });
  sending.write(bytes.subarray(0, sentBytes));
  return {
    status,
    finish: () => sending.end(bytes.subarray(sentBytes)),
    cut: () => sending.destroy(),
  };
}

const listed = async (vault: TestVault, uploadId: string): Promise<string[]> =>
  (await vault.parts(uploadId)).json.Parts.map((part: { SHA256TreeHash: string }) => part.SHA256TreeHash);

describe('what was acknowledged survives kill -9:', () => {
  test('vaults, uploads, every part, the end of an upload', async () => {
    const dir = await newFolder();
    const path = '/-/vaults/v/multipart-uploads';
    const bytes = sampleBytes(12 * MIB);
    let server = await startServerProcess(dir);
    const restart = async () => {
      await server.kill();
      server = await startServerProcess(dir);
    };
    const send = (method: string, to: string, headers: Record<string, string> = {}, body?: Buffer) =>
      ask(server.url, method, to, body ? { headers, body } : { headers });
    await send('PUT', '/-/vaults/v');
    await restart();
    const begun = await send('POST', path, { 'x-amz-part-size': String(MIB) });
    const uploadId = begun.headers['x-amz-multipart-upload-id'];
    await restart();

    // The server is killed while parts are on their way, until all are there.
    const acknowledged = new Set<number>();
    for (let round = 1; acknowledged.size < 12; round += 1) {
      const missing = Array.from({ length: 12 }, (_, index) => index).filter(
        (index) => !acknowledged.has(index),
      );
      const sent = missing.map(async (index) => {
        const part = bytes.subarray(index * MIB, (index + 1) * MIB);
        const headers = partHeaders(part, index * MIB);
        const { status } = await send('PUT', `${path}/${uploadId}`, headers, part).catch(() => ({
          status: 0,
        }));
        if (status === 204) acknowledged.add(index);
      });
      await Promise.race([Promise.all(sent), ...(round < 4 ? [sleep(round * 15)] : [])]);
      const before = new Set(acknowledged);
      await restart();
      await Promise.all(sent);
      const { Parts } = (await send('GET', `${path}/${uploadId}`)).json;
      const there = new Map(
        Parts.map((part: { RangeInBytes: string; SHA256TreeHash: string }) => [
          Number(part.RangeInBytes.split('-')[0]) / MIB,
          part.SHA256TreeHash,
        ]),
      );
      for (const index of before) {
        expect(there.get(index)).toBe(treeHash(bytes.subarray(index * MIB, (index + 1) * MIB)));
      }
    }

    const complete = () =>
      send('POST', `${path}/${uploadId}`, {
        'x-amz-archive-size': String(bytes.length),
        'x-amz-sha256-tree-hash': treeHash(bytes),
      });
    const archiveId = (await complete()).headers['x-amz-archive-id'];
    await restart();
    expect((await complete()).headers['x-amz-archive-id']).toBe(archiveId);
    expect(sha256(await readFile(archiveFile({ dir })))).toBe(sha256(bytes));
  });
});

describe('a part that is sent again', () => {
  test('and refused or cut does not damage the one that was acknowledged', async () => {
    const vault = await startTestVault();
    const bytes = sampleBytes(2 * MIB);
    const uploadId = await vault.initiate(2 * MIB);
    await vault.part(uploadId, bytes, 0);
    const bad = sampleBytes(2 * MIB, 'other');
    expect((await vault.part(uploadId, bad, 0, { 'x-amz-sha256-tree-hash': '0'.repeat(64) })).status).toBe(
      400,
    );
    const sending = slowPart(vault, uploadId, bad, 0, MIB + 1000);
    await sleep(100);
    sending.cut();
    await vault.restart();
    expect(await listed(vault, uploadId)).toEqual([treeHash(bytes)]);
    expect((await vault.complete(uploadId, bytes)).status).toBe(201);
    expect(bytes.equals(await readFile(archiveFile(vault)))).toBe(true);
  });

  test('replaces the earlier one, also with another length', async () => {
    const vault = await startTestVault();
    const uploadId = await vault.initiate(2 * MIB);
    await vault.part(uploadId, sampleBytes(2 * MIB, 'old'), 0);
    const bytes = sampleBytes(MIB + 5, 'new');
    expect((await vault.part(uploadId, bytes, 0)).status).toBe(204);
    expect(await listed(vault, uploadId)).toEqual([treeHash(bytes)]);
    await vault.complete(uploadId, bytes);
    expect(bytes.equals(await readFile(archiveFile(vault)))).toBe(true);
  });

  test('while the first request still hangs is the one that counts', async () => {
    const vault = await startTestVault();
    const uploadId = await vault.initiate(2 * MIB);
    const [stale, bytes] = [sampleBytes(2 * MIB, 'stale'), sampleBytes(2 * MIB)];
    const hanging = slowPart(vault, uploadId, stale, 0, MIB + 100_000);
    while ((await stat(join(uploadFolder(vault), 'archive'))).size === 0) await sleep(10);
    expect((await vault.part(uploadId, bytes, 0)).status).toBe(204);
    hanging.finish();
    expect(await hanging.status).toBe(500);
    expect(await listed(vault, uploadId)).toEqual([treeHash(bytes)]);
    await vault.complete(uploadId, bytes);
    expect(bytes.equals(await readFile(archiveFile(vault)))).toBe(true);
  });

  test('by many requests at once is one of them whole', async () => {
    const vault = await startTestVault();
    const uploadId = await vault.initiate(2 * MIB);
    const versions = Array.from({ length: 8 }, (_, i) => sampleBytes(2 * MIB, `version ${i}`));
    await Promise.all(versions.map((bytes) => vault.part(uploadId, bytes, 0)));
    const [hash] = await listed(vault, uploadId);
    const winner = versions.find((bytes) => treeHash(bytes) === hash) as Buffer;
    expect((await vault.complete(uploadId, winner)).status).toBe(201);
    expect(winner.equals(await readFile(archiveFile(vault)))).toBe(true);
    expect((await readdir(uploadFolder(vault))).filter((name) => name.startsWith('aside'))).toEqual([]);
  });

  test('and was beside the archive when the server was killed takes its place at the next start', async () => {
    const vault = await startTestVault();
    const uploadId = await vault.initiate(2 * MIB);
    const bytes = sampleBytes(2 * MIB, 'new');
    await vault.part(uploadId, sampleBytes(2 * MIB, 'old'), 0);
    await vault.part(uploadId, bytes, 0);
    // Set the folder back to the moment after the journal named the file beside the archive, half of it copied.
    await vault.server.close();
    const folder = uploadFolder(vault);
    const journal = (await readFile(join(folder, 'parts.log'), 'utf8')).split('\n');
    await writeFile(join(folder, 'parts.log'), `${journal.slice(0, 2).join('\n')}\n`);
    await writeFile(join(folder, 'aside-1'), bytes);
    const half = Buffer.concat([bytes.subarray(0, MIB), sampleBytes(2 * MIB, 'old').subarray(MIB)]);
    await writeFile(join(folder, 'archive'), half);
    await vault.restart();
    expect(await listed(vault, uploadId)).toEqual([treeHash(bytes)]);
    expect((await vault.complete(uploadId, bytes)).status).toBe(201);
    expect(bytes.equals(await readFile(archiveFile(vault)))).toBe(true);
  });
});

test('a part still under way when Complete comes does not get into the archive', async () => {
  const vault = await startTestVault();
  const bytes = sampleBytes(MIB);
  const uploadId = await vault.initiate();
  await vault.part(uploadId, bytes, 0);
  const late = slowPart(vault, uploadId, sampleBytes(MIB, 'late'), MIB, 1000);
  await sleep(50);
  expect((await vault.complete(uploadId, bytes)).status).toBe(201);
  late.finish();
  expect(await late.status).toBeGreaterThanOrEqual(400);
  expect(bytes.equals(await readFile(archiveFile(vault)))).toBe(true);
});

describe('the journal of parts', () => {
  test('leaves out a line that a crash cut short, and goes on after it', async () => {
    const vault = await startTestVault();
    const bytes = sampleBytes(3 * MIB);
    const uploadId = await vault.initiate();
    for (const first of [0, MIB]) await vault.part(uploadId, bytes.subarray(first, first + MIB), first);
    await vault.server.close();
    const path = join(uploadFolder(vault), 'parts.log');
    const { length } = await readFile(path);
    await truncate(path, length - 20);
    await appendFile(path, Buffer.from([0, 0xff, 0xfe, 0x0a]));
    await vault.restart();
    expect(await listed(vault, uploadId)).toHaveLength(1);
    for (const first of [MIB, 2 * MIB]) await vault.part(uploadId, bytes.subarray(first, first + MIB), first);
    await vault.restart();
    expect(await listed(vault, uploadId)).toHaveLength(3);
    expect((await vault.complete(uploadId, bytes)).status).toBe(201);
  });

  test('is not believed about bytes that a power cut has taken', async () => {
    const vault = await startTestVault();
    const bytes = sampleBytes(3 * MIB);
    const uploadId = await vault.initiate();
    for (const first of [0, MIB, 2 * MIB])
      await vault.part(uploadId, bytes.subarray(first, first + MIB), first);
    await vault.server.close();
    await truncate(join(uploadFolder(vault), 'archive'), 2 * MIB - 1);
    await writeFile(join(vault.dir, 'last-run.json'), '{"bootId": "before"}');
    await vault.restart();
    expect(await listed(vault, uploadId)).toEqual([treeHash(bytes.subarray(0, MIB))]);
    await vault.restart();
    expect(await listed(vault, uploadId)).toHaveLength(1);
  });
});

describe('leftovers of a crash', () => {
  test('between the archive’s line and its bytes: the upload is still open', async () => {
    const vault = await startTestVault();
    const bytes = sampleBytes(10);
    const uploadId = await vault.initiate();
    await vault.part(uploadId, bytes, 0);
    await vault.server.close();
    const line = checkedLine({ number: 1, archiveId: 'x', uploadId });
    await writeFile(join(vault.dir, 'vaults', '1', 'archives.log'), `${line}\n`);
    await vault.restart();
    expect(await listed(vault, uploadId)).toHaveLength(1);
    expect((await vault.complete(uploadId, bytes)).status).toBe(201);
    await vault.restart();
    expect((await vault.complete(uploadId, bytes)).status).toBe(201);
  });

  test('between the archive and the note that its upload is over: Complete gives its ID', async () => {
    const vault = await startTestVault();
    const bytes = sampleBytes(10);
    const uploadId = await vault.initiate();
    await vault.part(uploadId, bytes, 0);
    const archiveId = (await vault.complete(uploadId, bytes)).headers['x-amz-archive-id'];
    await vault.server.close();
    await rm(join(uploadFolder(vault), 'ended.json'));
    const record = { uploadId, description: null, partSizeBytes: MIB, createdAtMs: Date.now() };
    await writeFile(join(uploadFolder(vault), 'upload.json'), JSON.stringify(record));
    await vault.restart();
    expect((await vault.complete(uploadId, bytes)).headers['x-amz-archive-id']).toBe(archiveId);
  });

  test('do not mix up an old archive with a later upload in the same place', async () => {
    let nowMs = Date.now();
    const vault = await startTestVault({ now: () => nowMs });
    await vault.upload(sampleBytes(10));
    nowMs += 48 * 60 * 60 * 1000;
    await vault.restart(); // The tombstone of upload 1 is swept, and then its number is free again.
    await vault.restart();
    const bytes = sampleBytes(20);
    const uploadId = await vault.initiate();
    await vault.part(uploadId, bytes, 0);
    expect(await readdir(join(vault.dir, 'vaults', '1', 'uploads'))).toEqual(['1']);
    await vault.restart();
    expect(await listed(vault, uploadId)).toEqual([treeHash(bytes)]);
    expect((await vault.complete(uploadId, bytes)).status).toBe(201);
  });

  test('half-made vaults, uploads and files are swept', async () => {
    const vault = await startTestVault();
    await vault.server.close();
    const vaults = join(vault.dir, 'vaults');
    await mkdir(join(vaults, '2', 'archives'), { recursive: true });
    await mkdir(join(vaults, '1', 'uploads', '9'));
    await writeFile(join(vaults, '1', 'uploads', '9', 'archive'), 'x');
    await mkdir(join(vaults, '1', 'jobs', '3'), { recursive: true });
    await writeFile(join(vaults, '1', 'jobs', '3', 'output'), 'x');
    await writeFile(join(vaults, '1', 'archives', 'incoming-1.unfinished'), 'x');
    await writeFile(join(vaults, '1', 'vault.json.abc.unfinished'), 'x');
    await vault.restart();
    expect(await readdir(vaults)).toEqual(['1']);
    expect(await readdir(join(vaults, '1'), { recursive: true })).toEqual([
      'archives',
      'jobs',
      'uploads',
      'vault.json',
    ]);
  });

  test('never cost an archive: a vault without its record is refused, not swept', async () => {
    const vault = await startTestVault();
    await vault.upload(sampleBytes(10));
    await vault.server.close();
    await rm(join(vault.dir, 'vaults', '1', 'vault.json'));
    await expect(startVaultServer({ dir: vault.dir })).rejects.toMatchObject({ code: 'folder-unusable' });
    expect(await readFile(archiveFile(vault))).toHaveLength(10);
  });
});

test('memory does not grow with parts or downloads: 16 connections', async () => {
  const dir = await newFolder();
  const server = await startServerProcess(dir);
  await ask(server.url, 'PUT', '/-/vaults/v');
  const begun = await ask(server.url, 'POST', '/-/vaults/v/multipart-uploads', {
    headers: { 'x-amz-part-size': String(64 * MIB) },
  });
  const path = `/-/vaults/v/multipart-uploads/${begun.headers['x-amz-multipart-upload-id']}`;
  const bytes = Buffer.alloc(64 * MIB, 'a');
  const headers = partHeaders(bytes, 0);
  await Promise.all(
    Array.from({ length: 16 }, async (_, index) => {
      const range = {
        'content-range': `bytes ${index * bytes.length}-${(index + 1) * bytes.length - 1}/*`,
      };
      const { status } = await ask(server.url, 'PUT', path, {
        headers: { ...headers, ...range },
        body: bytes,
      });
      expect(status).toBe(204);
    }),
  );
  const { headers: completed } = await ask(server.url, 'POST', path, {
    headers: {
      'x-amz-archive-size': String(16 * bytes.length),
      'x-amz-sha256-tree-hash': joinRawTreeHashes(
        new Array(16).fill(Buffer.from(treeHash(bytes), 'hex')),
      ).toString('hex'),
    },
  });
  const job = { Type: 'archive-retrieval', ArchiveId: completed['x-amz-archive-id'] };
  const { headers: started } = await ask(server.url, 'POST', '/-/vaults/v/jobs', {
    body: Buffer.from(JSON.stringify(job)),
  });
  await Promise.all(
    Array.from({ length: 16 }, async (_, index) => {
      const range = `bytes=${index * bytes.length}-${index * bytes.length + 16 * MIB - 1}`;
      const asked = { 'x-amz-glacier-version': '2012-06-01', authorization: AUTHORIZATION, range };
      const output = `${server.url}/-/vaults/v/jobs/${started['x-amz-job-id']}/output`;
      const { status, body } = await fetch(output, { headers: asked });
      let receivedBytes = 0;
      for await (const piece of body ?? []) receivedBytes += piece.length;
      expect([status, receivedBytes]).toEqual([206, 16 * MIB]);
    }),
  );
  if (process.platform !== 'linux') return;
  const peak = /VmHWM:\s+(\d+) kB/.exec(await readFile(`/proc/${server.process.pid}/status`, 'utf8'))?.[1];
  expect(Number(peak) / 1024).toBeLessThan(300);
}, 300_000);
