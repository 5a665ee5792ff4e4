import { spawnSync } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { stopsFor } from '../faults/helpers/strace.js';
import { startServerProcess } from './helpers/process.js';
import {
  type Answer,
  type Ask,
  ask,
  MIB,
  newFolder,
  partHeaders,
  sampleBytes,
  sha256,
  treeHash,
} from './helpers/vault.js';

/*
 * An archive that comes at once and is deleted, and one upload with a replaced part, while the n-th system call of a kind
 * fails or kills the server; then the same upload is finished on a sound server. Nothing that was acknowledged may be
 * missing, and the upload must be one archive.
 * GLACIER_UP_TEST_SWEEP=all tries every n; the ordinary run takes samples.
 */

const canTrace = spawnSync('strace', ['-qq', '-o', '/dev/null', 'true']).status === 0;

const cases: [call: string, fault: string, n: number][] = [];
const counts = {
  fsync: 26,
  fdatasync: 14,
  rename: 14,
  pwritev: 8,
  pwrite64: 12,
  openat: 0,
  ftruncate: 1,
  mkdir: 6,
  unlink: 14,
};
for (const [call, count] of Object.entries(counts)) {
  for (let n = 1; n <= count; n += 1) {
    for (const fault of ['error=EIO', 'error=ENOSPC', 'signal=KILL']) cases.push([call, fault, n]);
  }
}
const tried = process.env.GLACIER_UP_TEST_SWEEP === 'all' ? cases : cases.filter((_, i) => i % 17 === 3);

const bytes = sampleBytes(2 * MIB + 5);
const wrong = sampleBytes(MIB, 'wrong');
const passing = sampleBytes(1000, 'passing');
const partAt = (first: number): Buffer => bytes.subarray(first, first + MIB);

/** What the client was told. */
class Client {
  url = '';
  hasVault = false;
  uploadId = '';
  readonly parts = new Map<number, string>();
  /** A request that changes a part got no answer: either state is right. */
  readonly doubtful = new Set<number>();
  triedToComplete = false;
  archiveId: unknown;
  /** Of the archive that is deleted again. */
  passingId: unknown;
  triedToDelete = false;
  hasDeleted = false;

  get path(): string {
    return `/-/vaults/v/multipart-uploads/${this.uploadId}`;
  }

  async send(method: string, path: string, options: Ask = {}): Promise<Answer | undefined> {
    return ask(this.url, method, path, options).catch(() => undefined);
  }

  async part(first: number, body: Buffer): Promise<void> {
    const answer = await this.send('PUT', this.path, { headers: partHeaders(body, first), body });
    if (answer?.status === 204) {
      this.parts.set(first, treeHash(body));
      this.doubtful.delete(first);
    } else if (this.parts.get(first) !== treeHash(body)) this.doubtful.add(first);
  }

  async begin(): Promise<void> {
    if ((await this.send('PUT', '/-/vaults/v'))?.status === 201) this.hasVault = true;
    if (this.uploadId !== '') return;
    const headers = { 'x-amz-part-size': String(MIB) };
    const begun = await this.send('POST', '/-/vaults/v/multipart-uploads', { headers });
    this.uploadId = String(begun?.headers['x-amz-multipart-upload-id'] ?? '');
  }

  async addPassing(): Promise<void> {
    const headers = {
      'content-length': String(passing.length),
      'x-amz-content-sha256': sha256(passing),
      'x-amz-sha256-tree-hash': treeHash(passing),
    };
    const answer = await this.send('POST', '/-/vaults/v/archives', { headers, body: passing });
    if (answer?.status === 201) this.passingId = answer.headers['x-amz-archive-id'];
  }

  async deletePassing(): Promise<void> {
    if (this.passingId === undefined || !(await this.send('GET', '/-/vaults'))) return;
    this.triedToDelete = true;
    const answer = await this.send('DELETE', `/-/vaults/v/archives/${this.passingId}`);
    this.hasDeleted = answer?.status === 204;
  }

  async sendAll(): Promise<void> {
    if (this.uploadId === '') return;
    await this.part(0, partAt(0));
    await this.part(MIB, wrong);
    await this.part(2 * MIB, partAt(2 * MIB));
    await this.part(MIB, partAt(MIB));
    await this.complete();
  }

  async complete(): Promise<void> {
    this.triedToComplete = true;
    const headers = { 'x-amz-archive-size': String(bytes.length), 'x-amz-sha256-tree-hash': treeHash(bytes) };
    const answer = await this.send('POST', this.path, { headers });
    if (answer?.status === 201) this.archiveId = answer.headers['x-amz-archive-id'];
  }
}

describe.skipIf(!canTrace)('one upload, one archive, at every call that can fail (needs strace):', () => {
  test.each(tried)('%s:%s:when=%i', async (call, fault, n) => {
    const dir = await newFolder();
    const client = new Client();
    const prefix = [
      'strace',
      '-D',
      '-f',
      ...stopsFor(fault),
      '-qq',
      '-o',
      '/dev/null',
      '-e',
      `trace=${call}`,
      '-e',
      `inject=${call}:${fault}:when=${n}`,
    ];
    const broken = await startServerProcess(dir, prefix).catch(() => undefined);
    if (broken) {
      client.url = broken.url;
      await client.begin();
      await client.addPassing();
      await client.sendAll();
      await client.deletePassing();
      await broken.kill();
    }

    const sound = await startServerProcess(dir);
    client.url = sound.url;
    const vaults = join(dir, 'vaults');
    const stored = async (content: Buffer): Promise<number> => {
      const names = (await readdir(vaults, { recursive: true })).filter((name) => name.endsWith('.archive'));
      const contents = await Promise.all(names.map((name) => readFile(join(vaults, name))));
      return contents.filter((one) => content.equals(one)).length;
    };
    if (client.hasDeleted) expect(await stored(passing)).toBe(0);
    else if (client.passingId !== undefined && !client.triedToDelete) expect(await stored(passing)).toBe(1);
    if (client.hasVault) expect((await client.send('GET', '/-/vaults/v'))?.status).toBe(200);
    const before = client.archiveId;
    if (client.uploadId !== '') {
      const list = await client.send('GET', client.path);
      if (list?.status === 404) {
        expect(client.triedToComplete).toBe(true);
      } else {
        expect(before).toBeUndefined();
        const there = new Map(
          list?.json.Parts.map((part: { RangeInBytes: string; SHA256TreeHash: string }) => [
            Number(part.RangeInBytes.split('-')[0]),
            part.SHA256TreeHash,
          ]),
        );
        for (const [first, hash] of client.parts) {
          if (client.doubtful.has(first)) expect([hash, treeHash(partAt(first))]).toContain(there.get(first));
          else expect(there.get(first)).toBe(hash);
        }
        await client.sendAll();
      }
      await client.complete();
    } else {
      await client.begin();
      await client.sendAll();
    }
    expect(client.archiveId).toHaveLength(138);
    if (before !== undefined) expect(client.archiveId).toBe(before);
    await client.deletePassing();
    await sound.kill();
    client.url = (await startServerProcess(dir)).url;
    const { archiveId } = client;
    await client.complete();
    expect(client.archiveId).toBe(archiveId);
    expect(await stored(bytes)).toBe(1);
    // Of one that nobody was told of there may be bytes.
    if (client.passingId !== undefined) expect(await stored(passing)).toBe(0);
  });
});
