import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { ServiceError } from '../../src/server/errors.js';
import { createVaultHttpServer } from '../../src/server/http.js';
import type { Service } from '../../src/server/service.js';
import {
  AUTHORIZATION,
  MIB,
  partHeaders,
  sampleBytes,
  sha256,
  startTestVault,
  treeHash,
} from './helpers/vault.js';

/** Sends text as it is and gives all that comes back until the server closes. */
async function sendText(url: string, text: string): Promise<string> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  let received = '';
  socket.on('data', (bytes) => {
    received += bytes;
  });
  socket.write(text);
  await once(socket, 'close');
  return received;
}

describe('every request', () => {
  test('is answered with a request ID of 47 characters and a date, and without x-amzn-errortype', async () => {
    const vault = await startTestVault();
    const ids = new Set<unknown>();
    for (const path of ['/-/vaults', '/-/vaults/none', '/nonsense']) {
      const { headers } = await vault.ask('GET', path);
      expect(headers['x-amzn-requestid']).toMatch(/^[A-Za-z0-9_-]{47}$/);
      expect(Date.parse(String(headers.date))).not.toBeNaN();
      expect(headers['x-amzn-errortype']).toBeUndefined();
      ids.add(headers['x-amzn-requestid']);
    }
    expect(ids.size).toBe(3);
  });

  test('needs the API version', async () => {
    const vault = await startTestVault();
    const { status, text } = await vault.ask('GET', '/-/vaults', {
      headers: { 'x-amz-glacier-version': undefined },
    });
    expect([status, text]).toEqual([
      400,
      '{"code":"MissingParameterValueException","message":"Required parameter missing: API version","type":"Client"}',
    ]);
  });

  test('of another API version is refused', async () => {
    const vault = await startTestVault();
    const { status, json } = await vault.ask('GET', '/-/vaults', {
      headers: { 'x-amz-glacier-version': '2013-01-01' },
    });
    expect([status, json.code]).toEqual([400, 'InvalidParameterValueException']);
  });

  test('leaves no unfinished file when its client sends a small body and is gone at once', async () => {
    const vault = await startTestVault();
    await vault.ask('PUT', '/-/vaults/v');
    const bytes = sampleBytes(1000);
    const head = [
      'POST /-/vaults/v/archives HTTP/1.1',
      'Host: localhost',
      'x-amz-glacier-version: 2012-06-01',
      `Authorization: ${AUTHORIZATION}`,
      `x-amz-content-sha256: ${sha256(bytes)}`,
      `x-amz-sha256-tree-hash: ${treeHash(bytes)}`,
      `Content-Length: ${bytes.length}`,
    ].join('\r\n');
    for (let client = 0; client < 20; client += 1) {
      const socket = connect(Number(new URL(vault.url).port), '127.0.0.1');
      await once(socket, 'connect');
      await new Promise<void>((resolve) => {
        socket.write(Buffer.concat([Buffer.from(`${head}\r\n\r\n`), bytes]), () => resolve());
      });
      socket.resetAndDestroy();
    }
    const archives = join(vault.dir, 'vaults/1/archives');
    const unfinished = () => readdirSync(archives).filter((name) => name.endsWith('.unfinished'));
    await vi.waitUntil(() => unfinished().length === 0, { timeout: 20_000 });
    expect(unfinished()).toEqual([]);
  });

  test('needs a well-formed signature, whoever made it', async () => {
    const vault = await startTestVault();
    const code = async (authorization: string | undefined) => {
      const { status, json } = await vault.ask('GET', '/-/vaults', { headers: { authorization } });
      return `${status} ${json.code ?? ''}`;
    };
    expect(await code(undefined)).toBe('400 MissingAuthenticationTokenException');
    expect(await code('Basic eDp5')).toBe('403 InvalidSignatureException');
    const s3 = `AWS4-HMAC-SHA256 Credential=a/20260101/eu-west-1/s3/aws4_request, SignedHeaders=host, Signature=${'0'.repeat(64)}`;
    expect(await code(s3)).toBe('403 InvalidSignatureException');
  });

  test('must be for this account', async () => {
    const vault = await startTestVault();
    const other = await vault.ask('GET', '/999999999999/vaults');
    expect([other.status, other.text]).toEqual([
      403,
      '{"message":"Access denied for account ID: 999999999999","code":"AccessDeniedException","type":"Client"}',
    ]);
    const odd = await vault.ask('GET', '/abcmnoxyz/vaults');
    expect(odd.json).toMatchObject({
      code: 'UnrecognizedClientException',
      message: 'No account found for the given parameters',
    });
  });

  test('may use any name of this machine or of the service as Host, and no other', async () => {
    const vault = await startTestVault();
    const { port } = new URL(vault.url);
    const amazon = ['glacier.us-east-1.amazonaws.com', 'glacier.cn-north-1.amazonaws.com.cn'];
    for (const host of [
      '127.0.0.1',
      'localhost',
      '[::1]',
      `localhost:${port}`,
      `LOCALHOST:${port}`,
      ...amazon,
    ]) {
      expect((await vault.ask('GET', '/-/vaults', { headers: { host } })).status).toBe(200);
    }
    for (const host of [
      'evil.example',
      '127.0.0.1.evil.example',
      'localhost@evil.example',
      '192.168.1.1',
      'glacier.evil.com',
    ]) {
      expect((await vault.ask('GET', '/-/vaults', { headers: { host } })).json.code).toBe('BadRequest');
    }
  });

  test.each([
    ['GET', '/'],
    ['GET', '/vaults/v'],
    ['POST', '/-/vaults/v'],
    ['PATCH', '/-/vaults'],
    ['PUT', '/-/vaults/v/jobs'],
    ['GET', '/-/vaults/v/notification-configuration'],
    ['DELETE', '/-/vaults/v/jobs/x'],
    ['PUT', '/-/vaults/v/lock-policy'],
    ['GET', '/-/vaults/v/archives/x/y'],
    ['GET', '/-/policies'],
    ['DELETE', '/-/policies/data-retrieval'],
    ['GET', '/-/vaults/%E0%A4%A'],
    ['GET', '/-/vaults/v/../../../etc/passwd'],
  ])('for what is not served (%s %s) is a BadRequest', async (method, path) => {
    const vault = await startTestVault();
    const { status, json } = await vault.ask(method, path);
    expect([status, json.code]).toEqual([400, 'BadRequest']);
  });

  test('with an empty vault name lists the vaults, as at the service', async () => {
    const vault = await startTestVault();
    expect((await vault.ask('GET', '/-/vaults/')).json.VaultList).toHaveLength(1);
  });
});

describe('limits', () => {
  test('of time are on headers only: a part may take as long as it keeps coming', () => {
    const { server } = createVaultHttpServer({} as Service);
    expect([server.headersTimeout, server.requestTimeout]).toEqual([60_000, 0]);
  });

  test.each([
    [
      'a header line of 20 KiB',
      `GET /-/vaults HTTP/1.1\r\nHost: localhost\r\nx-a: ${'a'.repeat(20_000)}\r\n\r\n`,
    ],
    ['a URL of 20 KiB', `GET /${'a'.repeat(20_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`],
    ['control characters in a header', 'GET /-/vaults HTTP/1.1\r\nHost: localhost\r\nx-a: a\x01b\r\n\r\n'],
    ['noise', 'hello there\r\n\r\n'],
  ])('%s is a BadRequest in the service’s form', async (_name, text) => {
    const vault = await startTestVault();
    const answer = await sendText(vault.url, text);
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(answer).toMatch(/\{"code":"BadRequest","message":"[^"]+","type":"Client"\}$/);
    expect((await vault.ask('GET', '/-/vaults')).status).toBe(200);
  });

  test('a body where none belongs is refused beyond a MiB, and otherwise has no effect', async () => {
    const vault = await startTestVault();
    const send = (sizeBytes: number) =>
      vault.ask('PUT', '/-/vaults/w', {
        headers: { 'content-length': String(sizeBytes) },
        body: Buffer.alloc(sizeBytes),
      });
    expect((await send(10)).status).toBe(201);
    expect((await send(MIB + 1)).json.message).toBe(`Invalid Content-Length: ${MIB + 1}`);
  });

  test('a client that falls silent in the middle of a body gets 408 in JSON, and its part is not listed', async () => {
    const vault = await startTestVault({ idleTimeoutMs: 100 });
    const uploadId = await vault.initiate();
    const bytes = sampleBytes(MIB);
    const sending = request(vault.url + vault.path(uploadId), {
      method: 'PUT',
      headers: {
        ...partHeaders(bytes, 0),
        'x-amz-glacier-version': '2012-06-01',
        authorization: `AWS4-HMAC-SHA256 Credential=a/20260101/r/glacier/aws4_request, SignedHeaders=host, Signature=${'0'.repeat(64)}`,
      },
    });
    sending.on('error', () => undefined);
    sending.write(bytes.subarray(0, 1000));
    const [response] = await once(sending, 'response');
    expect([response.statusCode, response.headers['content-type']]).toEqual([408, 'application/json']);
    let text = '';
    for await (const piece of response) text += piece;
    expect(text).toBe('{"code":"RequestTimeoutException","message":"Request timed out.","type":"Client"}');
    expect((await vault.parts(uploadId)).json.Parts).toEqual([]);
    expect((await vault.part(uploadId, bytes, 0)).status).toBe(204);
  });

  test('a refused part is read to its end, so that the connection can be used again', async () => {
    const vault = await startTestVault();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const bytes = sampleBytes(8 * MIB);
    const refused = await vault.ask('PUT', vault.path('none'), {
      headers: partHeaders(bytes, 0),
      body: bytes,
      agent,
    });
    expect(refused.status).toBe(404);
    expect((await vault.ask('GET', '/-/vaults', { agent })).status).toBe(200);
    agent.destroy();
  });
});

describe('error bodies have the recorded lengths', () => {
  test('165 bytes for an expired signature', () => {
    const text =
      'Signature expired: 20180727T181658Z is now earlier than 20180727T181816Z (20180727T182316Z - 5 min.)';
    expect(new ServiceError('InvalidSignatureException', text).toJson()).toHaveLength(165);
  });

  test('103 bytes for a wrong account, whose number was blotted out to 12 digits', () => {
    const text = 'Access denied for account ID: 999999999999';
    expect(new ServiceError('AccessDeniedException', text).toJson()).toHaveLength(103);
  });
});
