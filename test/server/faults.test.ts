import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { serviceErrorCodes } from '../../src/server/errors.js';
import {
  AUTHORIZATION,
  MIB,
  sampleBytes,
  startTestVault,
  type TestVault,
  treeHash,
} from './helpers/vault.js';

const LOST = /ECONNRESET|socket hang up|EPIPE|aborted|the reply was cut/;

/** A server with rules and an upload that holds `count` parts of one MiB each. */
async function withParts(count: number, ...faults: string[]) {
  const vault = await startTestVault();
  const bytes = sampleBytes(count * MIB);
  const uploadId = await vault.initiate();
  for (let first = 0; first < bytes.length; first += MIB) {
    await vault.part(uploadId, bytes.subarray(first, first + MIB), first);
  }
  await vault.restart({ faults });
  return { vault, uploadId, bytes };
}

const ranges = (json: { Parts: { RangeInBytes: string }[] }) => json.Parts.map((part) => part.RangeInBytes);

/** What comes over the wire for a GET, as it comes. */
async function wire(vault: TestVault, path: string): Promise<Buffer[]> {
  const socket = connect(Number(new URL(vault.url).port), '127.0.0.1');
  const pieces: Buffer[] = [];
  socket.on('data', (piece) => pieces.push(piece)).on('error', () => undefined);
  socket.write(
    `GET ${path} HTTP/1.1\r\nHost: localhost\r\nx-amz-glacier-version: 2012-06-01\r\nAuthorization: ${AUTHORIZATION}\r\n\r\n`,
  );
  await once(socket, 'close');
  return pieces;
}

describe('which requests a rule is for', () => {
  test('is counted by operation', async () => {
    const vault = await startTestVault({ faults: ['describe-vault#2-3:error=ThrottlingException'] });
    const statuses = [];
    for (let i = 0; i < 4; i += 1) {
      await vault.ask('GET', '/-/vaults');
      statuses.push((await vault.ask('GET', '/-/vaults/v')).status);
    }
    expect(statuses).toEqual([200, 400, 400, 200]);
  });

  test('can be all of them', async () => {
    const vault = await startTestVault({ faults: ['*#2-:status=520'] });
    expect((await vault.ask('GET', '/-/vaults')).status).toBe(520);
    expect((await vault.ask('GET', '/-/vaults/v')).status).toBe(520);
  });
});

describe('instead of the work', () => {
  test.each(serviceErrorCodes)('error=%s answers in the service’s form', async (code) => {
    const vault = await startTestVault({ faults: [`list-vaults:error=${code}`] });
    const { status, json } = await vault.ask('GET', '/-/vaults');
    expect(status).toBeGreaterThanOrEqual(400);
    expect(json).toEqual({
      code,
      message: expect.any(String),
      type: expect.stringMatching(/^(Client|Server)$/),
    });
  });

  test('throttling is a 400 and a slow or broken service a 408 or 500, as at the service', async () => {
    const codes = ['ThrottlingException', 'RequestTimeoutException', 'ServiceUnavailableException'];
    const vault = await startTestVault({
      faults: codes.map((code, i) => `list-vaults#${i + 1}:error=${code}`),
    });
    const statuses = [];
    for (const _ of codes) statuses.push((await vault.ask('GET', '/-/vaults')).status);
    expect(statuses).toEqual([400, 408, 500]);
  });

  test('a bare status has no body', async () => {
    const vault = await startTestVault({ faults: ['list-vaults:status=502'] });
    expect(await vault.ask('GET', '/-/vaults')).toMatchObject({ status: 502, text: '' });
  });

  test.each([200, 302, 503])('a proxy or a login page answers %d in HTML', async (page) => {
    const vault = await startTestVault({ faults: [`list-vaults:html=${page}`] });
    const { status, headers, text } = await vault.ask('GET', '/-/vaults');
    expect([status, headers['content-type']]).toEqual([page, 'text/html; charset=utf-8']);
    expect(text).toMatch(/^<html>/);
    expect(headers.location).toBe(page === 302 ? 'http://login.invalid/' : undefined);
  });

  test('throttle lets so many through a second', async () => {
    const vault = await startTestVault({ faults: ['list-vaults:throttle=1/s'] });
    const answers = await Promise.all(Array.from({ length: 8 }, () => vault.ask('GET', '/-/vaults')));
    const refused = answers.filter(({ status }) => status === 400);
    expect(refused.length).toBeGreaterThanOrEqual(1);
    expect(refused[0]?.json).toMatchObject({ code: 'ThrottlingException', message: 'Rate exceeded' });
    expect(refused.length).toBeLessThan(answers.length);
  });

  test('a black hole never answers, and does not keep the server from closing', async () => {
    const vault = await startTestVault({ faults: ['list-vaults:black-hole'] });
    const asked = vault.ask('GET', '/-/vaults').catch((error: Error) => error.message);
    const first = await Promise.race([asked, new Promise((resolve) => setTimeout(resolve, 300, 'nothing'))]);
    expect(first).toBe('nothing');
    await vault.server.close();
    expect(await asked).toMatch(LOST);
  });

  test('a skewed clock shows in Date, and refuses signatures until the client follows it', async () => {
    const nowMs = Date.UTC(2026, 0, 1);
    const vault = await startTestVault({ now: () => nowMs, faults: ['list-vaults:skew=+1h'] });
    const ask = (date: string) => vault.ask('GET', '/-/vaults', { headers: { 'x-amz-date': date } });
    const refused = await ask('20260101T000000Z');
    expect([refused.status, refused.headers.date]).toEqual([403, 'Thu, 01 Jan 2026 01:00:00 GMT']);
    expect(refused.json.message).toMatch(
      /^Signature expired: 20260101T000000Z is now earlier than 20260101T005500Z/,
    );
    expect((await ask('20260101T010000Z')).status).toBe(200);
  });
});

test('a reply that comes slowly does not keep the server from closing', async () => {
  const vault = await startTestVault({ faults: ['list-vaults:slow-reply=1h'] });
  const socket = connect(Number(new URL(vault.url).port), '127.0.0.1').on('error', () => undefined);
  socket.write(
    `GET /-/vaults HTTP/1.1\r\nHost: localhost\r\nx-amz-glacier-version: 2012-06-01\r\nAuthorization: ${AUTHORIZATION}\r\n\r\n`,
  );
  expect(String((await once(socket, 'data'))[0])).toBe('H');
  await vault.server.close();
});

describe('before and during the work', () => {
  test('a delay only delays', async () => {
    const vault = await startTestVault({ faults: ['list-vaults:delay=150ms'] });
    const start = performance.now();
    expect((await vault.ask('GET', '/-/vaults')).status).toBe(200);
    expect(performance.now() - start).toBeGreaterThan(140);
  });

  test('a long delay does not keep the server from closing', async () => {
    const vault = await startTestVault({ faults: ['list-vaults:delay=1h'] });
    const asked = vault.ask('GET', '/-/vaults').catch((error: Error) => error.message);
    await vault.ask('GET', '/-/vaults/v');
    await vault.server.close();
    expect(await asked).toMatch(LOST);
  });

  test('cut drops the connection in the middle of the body, and no part is listed', async () => {
    const vault = await startTestVault({ faults: ['upload-part#1:cut@300K', 'upload-part#2:cut'] });
    const uploadId = await vault.initiate();
    const bytes = sampleBytes(MIB);
    for (let i = 0; i < 2; i += 1) await expect(vault.part(uploadId, bytes, 0)).rejects.toThrow(LOST);
    expect((await vault.parts(uploadId)).json.Parts).toEqual([]);
    expect((await vault.part(uploadId, bytes, 0)).status).toBe(204);
  });

  test('cut of a request without a body means that its work is not done', async () => {
    const vault = await startTestVault({ faults: ['create-vault#2:cut'] });
    await expect(vault.ask('PUT', '/-/vaults/w')).rejects.toThrow(LOST);
    expect((await vault.ask('GET', '/-/vaults/w')).status).toBe(404);
  });

  test('stall stops reading, slow-body reads slowly', async () => {
    const vault = await startTestVault({
      faults: ['upload-part#1:stall@1M', 'upload-part#2:slow-body=4M/s'],
    });
    const uploadId = await vault.initiate(4 * MIB);
    const bytes = sampleBytes(4 * MIB);
    const stalled = vault.part(uploadId, bytes, 0).catch((error: Error) => error.message);
    expect(await Promise.race([stalled, new Promise((resolve) => setTimeout(resolve, 300, 'stalled'))])).toBe(
      'stalled',
    );
    const start = performance.now();
    expect((await vault.part(uploadId, bytes, 0)).status).toBe(204);
    expect(performance.now() - start).toBeGreaterThan(700);
    await vault.server.close();
    expect(await stalled).toMatch(LOST);
  });

  test('corrupt stores other bytes than it acknowledges; the list shows it and Complete refuses it', async () => {
    const vault = await startTestVault({ faults: ['upload-part#2:corrupt'] });
    const bytes = sampleBytes(2 * MIB);
    const uploadId = await vault.initiate();
    await vault.part(uploadId, bytes.subarray(0, MIB), 0);
    const answer = await vault.part(uploadId, bytes.subarray(MIB), MIB);
    expect([answer.status, answer.headers['x-amz-sha256-tree-hash']]).toEqual([
      204,
      treeHash(bytes.subarray(MIB)),
    ]);
    const listed = (await vault.parts(uploadId)).json.Parts[1].SHA256TreeHash;
    expect(listed).not.toBe(treeHash(bytes.subarray(MIB)));
    expect((await vault.complete(uploadId, bytes)).json.message).toBe(
      `Invalid x-amz-sha256-tree-hash: ${treeHash(bytes)}`,
    );
    await vault.part(uploadId, bytes.subarray(MIB), MIB);
    expect((await vault.complete(uploadId, bytes)).status).toBe(201);
  });
});

describe('after the work', () => {
  test('a lost reply of Complete leaves an archive, which repeating Complete names', async () => {
    const { vault, uploadId, bytes } = await withParts(1, 'complete#1:lose-reply');
    await expect(vault.complete(uploadId, bytes)).rejects.toThrow(LOST);
    expect((await vault.parts(uploadId)).status).toBe(404);
    const { status, headers } = await vault.complete(uploadId, bytes);
    expect([status, String(headers['x-amz-archive-id']).length]).toEqual([201, 138]);
  });

  test('a late error comes although the work is done', async () => {
    const { vault, uploadId, bytes } = await withParts(
      1,
      'complete#1:late-error=ServiceUnavailableException',
    );
    expect((await vault.complete(uploadId, bytes)).status).toBe(500);
    expect((await vault.complete(uploadId, bytes)).status).toBe(201);
  });

  test('a Complete without an archive ID, and one with a wrong tree hash', async () => {
    const { vault, uploadId, bytes } = await withParts(
      1,
      'complete#1:no-archive-id',
      'complete#2:wrong-tree-hash',
    );
    const first = await vault.complete(uploadId, bytes);
    expect([first.status, first.headers['x-amz-archive-id'], first.headers.location]).toEqual([
      201,
      undefined,
      undefined,
    ]);
    const second = await vault.complete(uploadId, bytes);
    expect(second.headers['x-amz-sha256-tree-hash']).toMatch(/^[0-9a-f]{64}$/);
    expect(second.headers['x-amz-sha256-tree-hash']).not.toBe(treeHash(bytes));
  });

  test('a cut reply ends the connection too early, with or without a body', async () => {
    const { vault, uploadId, bytes } = await withParts(1, 'list-parts:cut-reply@10', 'complete#1:cut-reply');
    await expect(vault.parts(uploadId)).rejects.toThrow(LOST);
    await expect(vault.complete(uploadId, bytes)).rejects.toThrow();
    expect((await vault.complete(uploadId, bytes)).status).toBe(201);
  });

  test('a truncated reply is whole HTTP with half the JSON', async () => {
    const { vault, uploadId } = await withParts(1, 'list-parts:truncate-reply');
    const { status, text } = await vault.parts(uploadId);
    expect(status).toBe(200);
    expect(text).toMatch(/^\{"ArchiveDescription":/);
    expect(() => JSON.parse(text)).toThrow();
  });

  test('a slow reply comes byte by byte', async () => {
    const { vault } = await withParts(1, 'list-vaults:slow-reply=1ms');
    const pieces = await wire(vault, '/-/vaults');
    expect(pieces.length).toBeGreaterThan(10);
    expect(Buffer.concat(pieces).toString()).toMatch(/"VaultName":"v"\}\]\}$/);
  });

  test('a huge reply is as long as it says', async () => {
    const { vault } = await withParts(1, 'list-vaults:huge-reply=5M');
    const { headers, text } = await vault.ask('GET', '/-/vaults');
    expect([headers['content-length'], text.length]).toEqual([String(5 * MIB), 5 * MIB]);
  });
});

describe('a ListParts page that lies', () => {
  const all = ['0-1048575', '1048576-2097151', '2097152-3145727'];

  test('repeats its marker for ever', async () => {
    const { vault, uploadId } = await withParts(3, 'list-parts:repeat-marker');
    const { Marker } = (await vault.parts(uploadId, '?limit=1')).json;
    expect(Marker).toEqual(expect.any(String));
    for (let i = 0; i < 3; i += 1) {
      expect((await vault.parts(uploadId, `?limit=1&marker=${Marker}`)).json.Marker).toBe(Marker);
    }
  });

  test('repeats one even when there is no second page', async () => {
    const { vault, uploadId } = await withParts(1, 'list-parts:repeat-marker');
    const { Marker } = (await vault.parts(uploadId)).json;
    expect((await vault.parts(uploadId, `?marker=${Marker}`)).json).toMatchObject({ Marker, Parts: [{}] });
  });

  test('leaves a part out', async () => {
    const { vault, uploadId } = await withParts(3, 'list-parts#1:omit-part', 'list-parts#2:omit-part=3');
    expect(ranges((await vault.parts(uploadId)).json)).toEqual(all.slice(1));
    expect(ranges((await vault.parts(uploadId)).json)).toEqual(all.slice(0, 2));
    expect(ranges((await vault.parts(uploadId)).json)).toEqual(all);
  });

  test('alters a part', async () => {
    const { vault, uploadId, bytes } = await withParts(3, 'list-parts:alter-part=2');
    const { Parts } = (await vault.parts(uploadId)).json;
    expect(Parts[0].SHA256TreeHash).toBe(treeHash(bytes.subarray(0, MIB)));
    expect(Parts[1].SHA256TreeHash).not.toBe(treeHash(bytes.subarray(MIB, 2 * MIB)));
  });

  test('invents a part', async () => {
    const { vault, uploadId } = await withParts(3, 'list-parts:invent-part');
    expect(ranges((await vault.parts(uploadId)).json)).toEqual([...all, '3145728-4194303']);
  });
});
