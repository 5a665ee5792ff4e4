import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readCheckedLine } from '../../src/server/store/append-log.js';
import { ACCOUNT, MIB, sampleBytes, sha256, startTestVault, treeHash } from './helpers/vault.js';

const invalid = (message: string) => ({
  status: 400,
  text: JSON.stringify({ code: 'InvalidParameterValueException', message, type: 'Client' }),
});

const uploadGone = (uploadId: string) => ({
  status: 404,
  text: JSON.stringify({
    code: 'ResourceNotFoundException',
    message: `The upload ID was not found: ${uploadId}`,
    type: 'Client',
  }),
});

describe('InitiateMultipartUpload', () => {
  test('gives a 92-character ID, in a header of its own and at the end of Location', async () => {
    const vault = await startTestVault();
    const { status, headers, text } = await vault.ask('POST', '/-/vaults/v/multipart-uploads', {
      headers: { 'x-amz-part-size': String(MIB) },
    });
    const uploadId = String(headers['x-amz-multipart-upload-id']);
    expect([status, text]).toEqual([201, '']);
    expect(uploadId).toMatch(/^[A-Za-z0-9_-]{92}$/);
    expect(headers.location).toBe(`/${ACCOUNT}/vaults/v/multipart-uploads/${uploadId}`);
  });

  test.each(['10485760', '524288', '8589934592', '0', 'x', '1048576.0', '-1048576'])(
    'refuses a part size of %s',
    async (size) => {
      const vault = await startTestVault();
      const answer = await vault.ask('POST', '/-/vaults/v/multipart-uploads', {
        headers: { 'x-amz-part-size': size },
      });
      expect(answer).toMatchObject(
        invalid(
          `Invalid part size: ${size}. Part size must not be null, must be a power of two ` +
            'and be between 1048576 and 4294967296 bytes.',
        ),
      );
    },
  );

  test('names a missing part size', async () => {
    const vault = await startTestVault();
    const { status, json } = await vault.ask('POST', '/-/vaults/v/multipart-uploads');
    expect([status, json.code, json.message]).toEqual([
      400,
      'MissingParameterValueException',
      'Required parameter missing: x-amz-part-size',
    ]);
  });

  test('refuses control characters and excess length with 400, other than ASCII as a bad signature', async () => {
    const vault = await startTestVault();
    const initiate = (description: string) =>
      vault.ask('POST', '/-/vaults/v/multipart-uploads', {
        headers: { 'x-amz-part-size': String(MIB), 'x-amz-archive-description': description },
      });
    expect(await initiate('a\tb')).toMatchObject({
      status: 400,
      json: { code: 'InvalidParameterValueException' },
    });
    expect(await initiate('d'.repeat(1025))).toMatchObject({ status: 400 });
    expect(await initiate('café')).toMatchObject({
      status: 403,
      json: { code: 'InvalidSignatureException' },
    });
    expect((await initiate('d'.repeat(1024))).status).toBe(201);
  });

  test('keeps a description to the byte, runs of spaces too', async () => {
    const vault = await startTestVault();
    const uploadId = await vault.initiate(MIB, { 'x-amz-archive-description': 'a   "b" \\ ~' });
    expect((await vault.parts(uploadId)).json.ArchiveDescription).toBe('a   "b" \\ ~');
  });
});

describe('UploadMultipartPart', () => {
  test('answers 204 with the tree hash of what it received', async () => {
    const vault = await startTestVault();
    const bytes = sampleBytes(4 * MIB);
    const uploadId = await vault.initiate(4 * MIB);
    const { status, headers, text } = await vault.part(uploadId, bytes, 0);
    expect([status, text, headers['x-amz-sha256-tree-hash']]).toEqual([204, '', treeHash(bytes)]);
    expect(headers['content-length']).toBeUndefined();
  });

  test('refuses a body that is not the one hashed: first the linear hash, then the tree hash', async () => {
    const vault = await startTestVault();
    const bytes = sampleBytes(2 * MIB);
    const [other, zeros] = [sha256(Buffer.from('x')), '0'.repeat(64)];
    const uploadId = await vault.initiate(2 * MIB);
    expect(
      await vault.part(uploadId, bytes, 0, {
        'x-amz-content-sha256': other,
        'x-amz-sha256-tree-hash': zeros,
      }),
    ).toMatchObject({
      status: 403,
      text: JSON.stringify({
        message:
          'The value passed in as x-amz-content-sha256 does not match the computed payload hash. ' +
          `Computed digest: ${sha256(bytes)} expected hash: ${other}`,
        code: 'InvalidSignatureException',
        type: 'Client',
      }),
    });
    expect(await vault.part(uploadId, bytes, 0, { 'x-amz-sha256-tree-hash': '0'.repeat(32) })).toMatchObject(
      invalid(`Checksum mismatch: expected ${zeros}, computed ${treeHash(bytes)}`),
    );
    expect(await vault.part(uploadId, bytes, 0, { 'x-amz-sha256-tree-hash': '000' })).toMatchObject(
      invalid('Invalid x-amz-sha256-tree-hash: 000'),
    );
    expect((await vault.parts(uploadId)).json.Parts).toEqual([]);
  });

  test.each([
    ['bytes=0-1048575/*', 'Invalid Content-Range: bytes=0-1048575/*'],
    ['bytes 0-1048575/1048576', 'Invalid Content-Range: bytes 0-1048575/1048576'],
    ['bytes 909994937-909994936/*', 'Invalid Content-Range: bytes 909994937-909994936/*'],
    ['bytes 0-99/*', 'Content-Range: bytes 0-99/* is incompatible with Content-Length: 1048576'],
    ['bytes 1-1048576/*', 'Content-Range: bytes 1-1048576/* is not aligned with part size 1048576'],
    [
      'bytes 10485760000-10486808575/*',
      'This is part number 10001 for the current multipart upload. It exceeds the limit of 10000 parts.',
    ],
  ])('refuses the range %s', async (range, message) => {
    const vault = await startTestVault();
    const uploadId = await vault.initiate();
    const answer = await vault.part(uploadId, sampleBytes(MIB), 0, { 'content-range': range });
    expect(answer).toMatchObject(invalid(message));
  });

  test('refuses a part that is longer than the part size', async () => {
    const vault = await startTestVault();
    const answer = await vault.part(await vault.initiate(), sampleBytes(MIB + 1), 0);
    expect(answer.json.message).toBe('Content-Range: bytes 0-1048576/* is longer than part size 1048576');
  });

  test('takes the 10,000th part', async () => {
    const vault = await startTestVault();
    const uploadId = await vault.initiate();
    expect((await vault.part(uploadId, sampleBytes(5), 9999 * MIB)).status).toBe(204);
  });

  test.each(['content-range', 'x-amz-content-sha256', 'x-amz-sha256-tree-hash'])(
    'names a missing %s',
    async (name) => {
      const vault = await startTestVault();
      const answer = await vault.part(await vault.initiate(), sampleBytes(10), 0, { [name]: undefined });
      expect([answer.status, answer.json.code]).toEqual([400, 'MissingParameterValueException']);
      expect(answer.json.message.toLowerCase()).toBe(`required parameter missing: ${name}`);
    },
  );

  test('refuses a body of unknown length', async () => {
    const vault = await startTestVault();
    const answer = await vault.part(await vault.initiate(), sampleBytes(10), 0, {
      'content-length': undefined,
      'transfer-encoding': 'chunked',
    });
    expect(answer.json.message).toBe('Required parameter missing: Content-Length');
  });

  test('knows no upload that was not begun', async () => {
    const vault = await startTestVault();
    expect(await vault.part('nope', sampleBytes(10), 0)).toMatchObject(uploadGone('nope'));
  });
});

describe('ListParts', () => {
  test('shows parts in the order of their ranges, in compact JSON', async () => {
    const vault = await startTestVault({ now: () => Date.UTC(2026, 0, 1) });
    const bytes = sampleBytes(2 * MIB + 10);
    const uploadId = await vault.initiate(MIB, { 'x-amz-archive-description': 'three/parts' });
    for (const first of [2 * MIB, 0, MIB])
      await vault.part(uploadId, bytes.subarray(first, first + MIB), first);
    const part = (first: number) =>
      `{"RangeInBytes":"${first}-${Math.min(first + MIB, bytes.length) - 1}","SHA256TreeHash":"${treeHash(bytes.subarray(first, first + MIB))}"}`;
    expect((await vault.parts(uploadId)).text).toBe(
      `{"ArchiveDescription":"three/parts","CreationDate":"2026-01-01T00:00:00.000Z","Marker":null,` +
        `"MultipartUploadId":"${uploadId}","PartSizeInBytes":1048576,` +
        `"Parts":[${part(0)},${part(MIB)},${part(2 * MIB)}],` +
        `"VaultARN":"arn:aws:glacier:eu-west-1:${ACCOUNT}:vaults/v"}`,
    );
  });

  test('gives 50 a page, and pages neither repeat nor hide a part that comes in between', async () => {
    const vault = await startTestVault();
    const uploadId = await vault.initiate();
    const send = (index: number) => vault.part(uploadId, Buffer.of(index), index * MIB);
    for (let index = 1; index <= 102; index += 1) await send(index);
    const first = (await vault.parts(uploadId)).json;
    expect(first.Parts).toHaveLength(50);
    await send(0);
    const second = (await vault.parts(uploadId, `?marker=${first.Marker}`)).json;
    const third = (await vault.parts(uploadId, `?marker=${second.Marker}`)).json;
    expect(third.Marker).toBeNull();
    const seen = [...first.Parts, ...second.Parts, ...third.Parts].map((part) => part.RangeInBytes);
    expect(new Set(seen).size).toBe(102);
    expect(second.MultipartUploadId).toBe(uploadId);
  });

  test.each(['?limit=0', '?limit=51', '?limit=x', '?marker=x'])('refuses %s', async (query) => {
    const vault = await startTestVault();
    expect((await vault.parts(await vault.initiate(), query)).status).toBe(400);
  });
});

describe('CompleteMultipartUpload', () => {
  test('makes one file of the parts, in any order that they come in, and names it by a 138-character ID', async () => {
    const vault = await startTestVault();
    const bytes = sampleBytes(3 * MIB + 7);
    const uploadId = await vault.initiate();
    const starts = [2 * MIB, 3 * MIB, 0, MIB];
    await Promise.all(starts.map((first) => vault.part(uploadId, bytes.subarray(first, first + MIB), first)));
    const { status, headers } = await vault.complete(uploadId, bytes);
    const archiveId = String(headers['x-amz-archive-id']);
    expect(status).toBe(201);
    expect(archiveId).toMatch(/^[A-Za-z0-9_-]{138}$/);
    expect(headers.location).toBe(`/${ACCOUNT}/vaults/v/archives/${archiveId}`);
    expect(headers['x-amz-sha256-tree-hash']).toBe(treeHash(bytes));
    const archives = join(vault.dir, 'vaults', '1', 'archives');
    expect(bytes.equals(await readFile(join(archives, '1.archive')))).toBe(true);
    const record = readCheckedLine((await readFile(`${archives}.log`, 'latin1')).trimEnd());
    expect(record).toMatchObject({ archiveId, sizeBytes: bytes.length, treeHash: treeHash(bytes) });
  });

  test('refuses what does not fit and leaves the upload open for a corrected Complete', async () => {
    const vault = await startTestVault();
    const bytes = sampleBytes(2 * MIB);
    const uploadId = await vault.initiate();
    const complete = (headers: Record<string, string | undefined> = {}) =>
      vault.complete(uploadId, bytes, headers);
    expect((await complete()).json.code).toBe('InvalidParameterValueException');
    await vault.part(uploadId, bytes.subarray(MIB), MIB);
    expect((await complete()).json.message).toBe('The archive is incomplete: the first missing byte is 0.');
    await vault.part(uploadId, bytes.subarray(0, 1000), 0);
    expect((await complete()).json.message).toBe(
      'The archive is incomplete: the first missing byte is 1000.',
    );
    await vault.part(uploadId, bytes.subarray(0, MIB), 0);
    expect((await complete({ 'x-amz-archive-size': '2097151' })).status).toBe(400);
    expect((await complete({ 'x-amz-archive-size': undefined })).json.code).toBe(
      'MissingParameterValueException',
    );
    expect((await complete({ 'x-amz-sha256-tree-hash': undefined })).json.message).toBe(
      'Required parameter missing: x-amz-sha256-tree-hash',
    );
    const wrong = 'ab'.repeat(32);
    expect(await complete({ 'x-amz-sha256-tree-hash': wrong })).toMatchObject(
      invalid(`Invalid x-amz-sha256-tree-hash: ${wrong}`),
    );
    expect((await complete()).status).toBe(201);
  });

  test('repeated, gives the same archive ID, also two at once and after a restart', async () => {
    const vault = await startTestVault();
    const bytes = sampleBytes(100);
    const uploadId = await vault.initiate();
    await vault.part(uploadId, bytes, 0);
    const ids = (await Promise.all([1, 2, 3].map(() => vault.complete(uploadId, bytes)))).map(
      ({ headers }) => headers['x-amz-archive-id'],
    );
    await vault.restart();
    ids.push((await vault.complete(uploadId, bytes)).headers['x-amz-archive-id']);
    expect(new Set(ids).size).toBe(1);
    expect(ids[0]).toBeDefined();
    expect((await vault.complete(uploadId, sampleBytes(99))).status).toBe(400);
  });

  test('ends the upload for everything else', async () => {
    const vault = await startTestVault();
    const bytes = sampleBytes(100);
    const uploadId = await vault.initiate();
    await vault.part(uploadId, bytes, 0);
    await vault.complete(uploadId, bytes);
    for (const again of [vault.parts(uploadId), vault.part(uploadId, bytes, 0), vault.abort(uploadId)]) {
      expect(await again).toMatchObject(uploadGone(uploadId));
    }
    expect((await vault.ask('GET', '/-/vaults/v/multipart-uploads')).text).toBe(
      '{"Marker":null,"UploadsList":[]}',
    );
  });
});

describe('AbortMultipartUpload', () => {
  test('ends the upload, repeatedly, also after a restart', async () => {
    const vault = await startTestVault();
    const uploadId = await vault.initiate();
    await vault.part(uploadId, sampleBytes(100), 0);
    expect((await vault.abort(uploadId)).status).toBe(204);
    expect((await vault.abort(uploadId)).status).toBe(204);
    await vault.restart();
    expect((await vault.abort(uploadId)).status).toBe(204);
    expect(await vault.parts(uploadId)).toMatchObject(uploadGone(uploadId));
    expect(await vault.complete(uploadId, sampleBytes(100))).toMatchObject(uploadGone(uploadId));
  });

  test('of an upload that never was is a 404', async () => {
    const vault = await startTestVault();
    expect(await vault.abort('-never')).toMatchObject(uploadGone('-never'));
  });
});

describe('ListMultipartUploads', () => {
  test('shows open uploads, 50 a page', async () => {
    const vault = await startTestVault();
    const ids: string[] = [];
    for (let i = 0; i < 51; i += 1) ids.push(await vault.initiate());
    const first = (await vault.ask('GET', '/-/vaults/v/multipart-uploads')).json;
    const second = (await vault.ask('GET', `/-/vaults/v/multipart-uploads?marker=${first.Marker}`)).json;
    const uploads = [...first.UploadsList, ...second.UploadsList];
    expect([first.UploadsList.length, second.Marker]).toEqual([50, null]);
    expect(uploads.map((upload) => upload.MultipartUploadId)).toEqual(ids);
    expect(Object.keys(uploads[0])).toEqual([
      'ArchiveDescription',
      'CreationDate',
      'MultipartUploadId',
      'PartSizeInBytes',
      'VaultARN',
    ]);
  });
});
