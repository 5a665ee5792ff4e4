/** Requests with large bodies, over real sockets and by a clock of the test. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { RangeStream } from '../../../src/archive/range-stream.js';
import { openSdkVault } from '../../../src/glacier/sdk/sdk-vault.js';
import { MiB } from '../../helpers/bytes.js';
import { type FakeClock, steppedClock } from '../../helpers/fake-clock.js';

const secondMs = 1000;
const signal = new AbortController().signal;

/** A vault of which each request is handed to the test. No request is silent for two minutes. */
async function served(onRequest: (request: IncomingMessage, response: ServerResponse) => void) {
  const server = createServer(onRequest).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const clock = steppedClock();
  const vault = openSdkVault({
    vaultName: 'photos',
    accountId: '-',
    region: 'us-east-1',
    endpointUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
    connectTimeoutMs: 10 * secondMs,
    readTimeoutMs: 120 * secondMs,
    clock,
  });
  onTestFinished(() => {
    vault.close();
    server.closeAllConnections();
    server.close();
  });
  return { vault, clock };
}

/** One byte every 100 seconds. @returns how long that took, or what ended the request before */
async function trickle(
  clock: FakeClock,
  bytes: number,
  send: () => void,
  hasCome: () => number,
  ended: Promise<unknown>,
) {
  let end: unknown;
  ended.catch((error: unknown) => {
    end = error;
  });
  for (let sent = 1; sent <= bytes; sent += 1) {
    send();
    while (hasCome() < sent && end === undefined) await turn();
    clock.pass(100 * secondMs);
    for (let turns = 0; turns < 20; turns += 1) await turn();
    if (end !== undefined) return end;
  }
  return bytes * 100;
}

describe('a part that moves slowly', () => {
  /** @param sizeBytes of the part, of which some bytes come */
  async function upload(sizeBytes: number, expectedMs?: () => number) {
    let received = 0;
    const { vault, clock } = await served((request) => {
      request.on('data', (piece: Buffer) => {
        received += piece.length;
      });
    });
    let started = (): void => {};
    let handOn = (): void => {};
    const body = Object.assign(new Readable({ read: () => {} }), { byteLength: sizeBytes });
    const begun = new Promise<void>((resolve) => {
      started = resolve;
    });
    const uploading = vault.uploadPart(
      {
        uploadId: 'the-upload',
        range: { start: 0, end: sizeBytes },
        treeHash: 'ab'.repeat(32),
        sha256: 'ab'.repeat(32),
        ...(expectedMs ? { expectedMs } : {}),
        openBody: (onBytes) => {
          handOn = () => {
            body.push(Buffer.alloc(1));
            onBytes(1);
          };
          started();
          return body as unknown as RangeStream;
        },
      },
      signal,
    );
    await begun;
    return trickle(
      clock,
      9,
      () => handOn(),
      () => received,
      uploading,
    );
  }

  test('has the time that its size takes on a line of 16 KiB/s', async () => {
    expect(await upload(16 * MiB)).toBe(900);
    expect(await upload(MiB)).toMatchObject({ code: 'request-timeout' });
  });

  test('has twice the time that it should take on its line', async () => {
    expect(await upload(MiB, () => 500 * secondMs)).toBe(900);
  });
});

describe('an output that comes slowly', () => {
  async function read(sizeBytes: number) {
    let response: ServerResponse | undefined;
    const { vault, clock } = await served((request, reply) => {
      request.resume();
      reply.writeHead(206, {
        'content-length': sizeBytes,
        'content-range': `bytes 0-${sizeBytes - 1}/${sizeBytes}`,
      });
      reply.flushHeaders();
      response = reply;
    });
    let received = 0;
    const openSink = () => (piece: Uint8Array) => {
      received += piece.length;
    };
    const reading = vault.readJobOutput(
      { jobId: 'a-job', range: { start: 0, end: sizeBytes }, openSink },
      signal,
    );
    while (response === undefined) await turn();
    return trickle(
      clock,
      9,
      () => response?.write(Buffer.alloc(1)),
      () => received,
      reading,
    );
  }

  test('has the time that its size takes on a line of 16 KiB/s', async () => {
    expect(await read(16 * MiB)).toBe(900);
    expect(await read(MiB)).toMatchObject({ code: 'request-timeout' });
  });
});
