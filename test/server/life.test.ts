import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { MIB, sampleBytes, startTestVault } from './helpers/vault.js';

const HOUR_MS = 60 * 60 * 1000;

test('an upload expires 24 hours after its last part, and its bytes go', async () => {
  let nowMs = Date.UTC(2026, 0, 1);
  const vault = await startTestVault({ now: () => nowMs });
  const uploadId = await vault.initiate();
  nowMs += 23 * HOUR_MS;
  await vault.part(uploadId, sampleBytes(MIB), 0);
  nowMs += 23 * HOUR_MS;
  expect((await vault.parts(uploadId)).json.Parts).toHaveLength(1);
  await vault.restart();
  nowMs += HOUR_MS;
  for (const gone of [
    vault.parts(uploadId),
    vault.part(uploadId, sampleBytes(10), MIB),
    vault.complete(uploadId, sampleBytes(MIB)),
    vault.abort(uploadId),
  ]) {
    const { status, json } = await gone;
    expect([status, json.message]).toEqual([404, `The upload ID was not found: ${uploadId}`]);
  }
  expect((await vault.ask('GET', '/-/vaults/v/multipart-uploads')).json.UploadsList).toEqual([]);
  await vault.initiate();
  expect(await readdir(join(vault.dir, 'vaults', '1', 'uploads'))).toEqual(['2']);
});

test('repeating Complete or Abort works for 24 hours and not longer', async () => {
  let nowMs = Date.UTC(2026, 0, 1);
  const vault = await startTestVault({ now: () => nowMs });
  const bytes = sampleBytes(10);
  const [completed, aborted] = [await vault.initiate(), await vault.initiate()];
  await vault.part(completed, bytes, 0);
  await vault.complete(completed, bytes);
  await vault.abort(aborted);
  nowMs += 24 * HOUR_MS - 1;
  await vault.restart();
  expect((await vault.complete(completed, bytes)).status).toBe(201);
  expect((await vault.abort(aborted)).status).toBe(204);
  nowMs += 1;
  expect((await vault.complete(completed, bytes)).status).toBe(404);
  expect((await vault.abort(aborted)).status).toBe(404);
});
