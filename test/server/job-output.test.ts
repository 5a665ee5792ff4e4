import { connect } from 'node:net';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { isTreeHashAligned } from '../../src/server/hashes/tree-hash-alignment.js';
import { outputOf, startJob } from './helpers/jobs.js';
import { AUTHORIZATION, MIB, sampleBytes, startTestVault, treeHash } from './helpers/vault.js';

const SIZE_BYTES = 5 * MIB + 300;

/** A finished job for an archive of five MiB and a bit, or for a range of it. */
async function retrieved(range?: string) {
  const vault = await startTestVault();
  const bytes = sampleBytes(SIZE_BYTES);
  const ArchiveId = await vault.upload(bytes);
  const RetrievalByteRange = range === undefined ? {} : { RetrievalByteRange: range };
  const jobId = await startJob(vault, { Type: 'archive-retrieval', ArchiveId, ...RetrievalByteRange });
  return { vault, bytes, jobId };
}

describe('the output of an archive job', () => {
  test('is the archive, with its tree hash', async () => {
    const { vault, bytes, jobId } = await retrieved();
    const { status, headers, bytes: got } = await outputOf(vault, jobId);
    expect(status).toBe(200);
    expect(got.equals(bytes)).toBe(true);
    expect(headers).toMatchObject({
      'accept-ranges': 'bytes',
      'content-type': 'application/octet-stream',
      'content-length': String(SIZE_BYTES),
      'x-amz-sha256-tree-hash': treeHash(bytes),
    });
    expect(headers).not.toHaveProperty('content-range');
    expect(headers).not.toHaveProperty('x-amz-archive-description');
  });

  test('carries the archive’s description', async () => {
    const vault = await startTestVault();
    const bytes = sampleBytes(10);
    const uploadId = await vault.initiate(MIB, { 'x-amz-archive-description': 'my "photos", 2012' });
    await vault.part(uploadId, bytes, 0);
    const ArchiveId = (await vault.complete(uploadId, bytes)).headers['x-amz-archive-id'];
    const jobId = await startJob(vault, { Type: 'archive-retrieval', ArchiveId });
    expect((await outputOf(vault, jobId)).headers['x-amz-archive-description']).toBe('my "photos", 2012');
  });

  test.each([
    ['bytes=0-1048575', 0, MIB, true],
    ['bytes=1048576-2097151', MIB, 2 * MIB, true],
    ['bytes=2097152-4194303', 2 * MIB, 4 * MIB, true],
    ['bytes=0-4194303', 0, 4 * MIB, true],
    ['bytes=4194304-5243179', 4 * MIB, SIZE_BYTES, true],
    ['bytes=4194304-99999999', 4 * MIB, SIZE_BYTES, true],
    ['bytes=4194304-', 4 * MIB, SIZE_BYTES, true],
    ['bytes=0-99999999', 0, SIZE_BYTES, true],
    ['bytes=1048576-3145727', MIB, 3 * MIB, false],
    ['bytes=2097152-5243179', 2 * MIB, SIZE_BYTES, false],
    ['bytes=0-1048574', 0, MIB - 1, false],
    ['bytes=5-5', 5, 6, false],
  ])(
    'for %s is 206, and the tree hash comes only with a node of the tree',
    async (range, first, end, aligned) => {
      const { vault, bytes, jobId } = await retrieved();
      const { status, headers, bytes: got } = await outputOf(vault, jobId, range);
      const expected = bytes.subarray(first, end);
      expect(status).toBe(206);
      expect(got.equals(expected)).toBe(true);
      expect(headers['content-range']).toBe(`bytes ${first}-${end - 1}/${SIZE_BYTES}`);
      expect(headers['x-amz-sha256-tree-hash']).toBe(aligned ? treeHash(expected) : undefined);
    },
  );

  test.each(['bytes 0-99/1000', 'bytes=', 'bytes=-5', 'bytes=9-3', 'bytes=0-1,4-5', 'pages=0-1'])(
    'for a Range that is none (%s) is the whole',
    async (range) => {
      const { vault, jobId } = await retrieved();
      const { status, bytes: got } = await outputOf(vault, jobId, range);
      expect([status, got.length]).toEqual([200, SIZE_BYTES]);
    },
  );

  test('has the tree hash of each range that begins at the same byte, asked for again and again', async () => {
    const { vault, bytes, jobId } = await retrieved();
    for (const end of [MIB, 2 * MIB, MIB, 4 * MIB, 2 * MIB]) {
      const { headers } = await outputOf(vault, jobId, `bytes=0-${end - 1}`);
      expect(headers['x-amz-sha256-tree-hash']).toBe(treeHash(bytes.subarray(0, end)));
    }
  });

  test('for a range behind its end is refused', async () => {
    const { vault, jobId } = await retrieved();
    const { status, bytes } = await outputOf(vault, jobId, 'bytes=8388608-12582911');
    expect([status, JSON.parse(bytes.toString())]).toEqual([
      400,
      {
        code: 'InvalidParameterValueException',
        message: 'The start of the range is larger than size of retrieved data: bytes=8388608-12582911',
        type: 'Client',
      },
    ]);
  });

  test('of a range is that range, with ranges counted from its beginning', async () => {
    const { vault, bytes, jobId } = await retrieved('2097152-4194303');
    const whole = await outputOf(vault, jobId);
    expect(whole.bytes.equals(bytes.subarray(2 * MIB, 4 * MIB))).toBe(true);
    expect(whole.headers['x-amz-sha256-tree-hash']).toBe(treeHash(whole.bytes));
    const second = await outputOf(vault, jobId, 'bytes=1048576-2097151');
    expect(second.bytes.equals(bytes.subarray(3 * MIB, 4 * MIB))).toBe(true);
    expect(second.headers['content-range']).toBe(`bytes 1048576-2097151/${2 * MIB}`);
    expect(second.headers['x-amz-sha256-tree-hash']).toBe(treeHash(second.bytes));
  });

  test('of a range that is no node of the tree has no tree hash, not even for ranges that are', async () => {
    const { vault, jobId } = await retrieved('1048576-3145727');
    const described = await vault.ask('GET', `/-/vaults/v/jobs/${jobId}`);
    expect(described.json).toMatchObject({ RetrievalByteRange: '1048576-3145727', SHA256TreeHash: null });
    for (const range of [undefined, 'bytes=0-1048575']) {
      expect((await outputOf(vault, jobId, range)).headers).not.toHaveProperty('x-amz-sha256-tree-hash');
    }
  });

  test('is cut off for a client that stops reading, as one that stops sending is', async () => {
    const vault = await startTestVault();
    // More than sockets buffer.
    const ArchiveId = await vault.upload(Buffer.alloc(48 * MIB), 16 * MIB);
    const jobId = await startJob(vault, { Type: 'archive-retrieval', ArchiveId });
    await vault.restart({ idleTimeoutMs: 200 });
    const socket = connect(Number(new URL(vault.url).port), '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    let isCut = false;
    socket.on('error', () => {
      isCut = true;
    });
    socket.write(
      `GET /-/vaults/v/jobs/${jobId}/output HTTP/1.1\r\nHost: localhost\r\n` +
        `x-amz-glacier-version: 2012-06-01\r\nAuthorization: ${AUTHORIZATION}\r\n\r\n`,
    );
    await vi.waitFor(
      () => {
        socket.write('\r\n'); // Fails once the other side is gone.
        expect(isCut).toBe(true);
      },
      { timeout: 30_000, interval: 1000 },
    );
  });

  test('comes over one connection again and again', async () => {
    const { Agent } = await import('node:http');
    const { vault, jobId } = await retrieved();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ports = new Set<unknown>();
    agent.on('free', (socket) => ports.add(socket.localPort));
    for (let i = 0; i < 3; i += 1) {
      const { status, text } = await vault.ask('GET', `/-/vaults/v/jobs/${jobId}/output`, {
        agent,
        headers: { range: 'bytes=1048576-1148575' },
      });
      expect([status, text.length > 0]).toEqual([206, true]);
    }
    expect(ports.size).toBe(1);
    agent.destroy();
  });
});

describe('tree-hash alignment', () => {
  /** All nodes of the tree of so many leaves, level by level as the tree hash is made. */
  function nodesOf(leaves: number): Set<string> {
    const nodes = new Set<string>();
    let level = Array.from({ length: leaves }, (_, i) => [i, i + 1] as const);
    for (;;) {
      for (const [first, end] of level) nodes.add(`${first}-${end}`);
      if (level.length === 1) return nodes;
      level = level.flatMap(([first, end], i) => {
        if (i % 2 === 1) return [];
        return [[first, level[i + 1]?.[1] ?? end] as const];
      });
    }
  }

  test.each([1, 2, 3, 4, 5, 6, 7, 8, 11, 16, 21, 33])('is that of the nodes, for %i MiB', (leaves) => {
    const nodes = nodesOf(leaves);
    for (const lastBytes of [1, MIB - 1, MIB]) {
      const archiveBytes = (leaves - 1) * MIB + lastBytes;
      for (let first = 0; first < leaves; first += 1) {
        for (let end = first + 1; end <= leaves; end += 1) {
          const sizeBytes = Math.min(end * MIB, archiveBytes) - first * MIB;
          const aligned = isTreeHashAligned(first * MIB, sizeBytes, archiveBytes);
          expect([first, end, aligned]).toEqual([first, end, nodes.has(`${first}-${end}`)]);
        }
      }
    }
  });

  test('is never that of broken MiB', () => {
    expect(isTreeHashAligned(0, MIB - 1, 2 * MIB)).toBe(false);
    expect(isTreeHashAligned(1, MIB, 2 * MIB)).toBe(false);
    expect(isTreeHashAligned(MIB, MIB - 2, 2 * MIB - 1)).toBe(false);
  });
});
