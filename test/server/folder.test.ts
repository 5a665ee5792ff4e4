import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { thisProcess } from '../../src/os/process-identity.js';
import { threadsOf } from '../../src/os/thread.js';
import { startVaultServer, type VaultServer } from '../../src/server/index.js';
import { lockFolder } from '../../src/server/local/folder-lock.js';
import { startLocalVault } from '../../src/server/local/local.js';
import { serverModule, startServerProcess } from './helpers/process.js';
import { ask, newFolder, startTestVault } from './helpers/vault.js';

async function start(dir: string, options = {}): Promise<VaultServer> {
  const server = await startVaultServer({ dir, ...options });
  onTestFinished(() => server.close());
  return server;
}

/** Leaves a lock as a process that was killed would. */
async function plantLock(dir: string, change: object): Promise<string> {
  await mkdir(join(dir, 'lock'), { recursive: true });
  const path = join(dir, 'lock', 'server.lock');
  const record = { ...thisProcess(), token: 'b'.repeat(24), since: '2026-01-01T00:00:00.000Z' };
  await writeFile(path, JSON.stringify({ ...record, ...change }));
  return path;
}

describe('the folder of an embedded vault', () => {
  test('is made for the owner alone, under any umask', async () => {
    const before = process.umask(0);
    onTestFinished(() => void process.umask(before));
    const dir = join(await newFolder(), 'a', 'b');
    const server = await start(dir);
    await ask(server.url, 'PUT', '/-/vaults/v');
    for (const name of ['.', ...(await readdir(dir, { recursive: true }))]) {
      const { mode } = await stat(join(dir, String(name)));
      expect([name, mode & 0o077]).toEqual([name, 0]);
    }
  });

  test('keeps its ID; another folder has another', async () => {
    const [one, other] = [await newFolder(), await newFolder()];
    const first = await start(one);
    await first.close();
    expect((await start(one)).folderId).toBe(first.folderId);
    expect((await start(other)).folderId).not.toBe(first.folderId);
  });

  test('of a newer version is refused untouched', async () => {
    const dir = await newFolder();
    const text = '{"format": 4, "folderId": "x", "accountId": "1", "more": true}';
    await writeFile(join(dir, 'vault-folder.json'), text);
    await expect(startVaultServer({ dir })).rejects.toMatchObject({
      code: 'folder-newer',
      message: expect.stringContaining('format 4; this version knows 3'),
    });
    expect(await readdir(dir)).toEqual(['vault-folder.json']);
    expect(await readFile(join(dir, 'vault-folder.json'), 'utf8')).toBe(text);
  });

  test('is not made of a folder that holds other things', async () => {
    const dir = await newFolder();
    await writeFile(join(dir, 'thesis.txt'), 'x');
    await expect(startVaultServer({ dir })).rejects.toMatchObject({
      code: 'folder-unusable',
      message: expect.stringContaining('thesis.txt'),
    });
    expect(await readdir(dir)).toEqual(['thesis.txt']);
  });

  test('that is a file, or damaged, is refused by name', async () => {
    const dir = await newFolder();
    await writeFile(join(dir, 'file'), 'x');
    await expect(startVaultServer({ dir: join(dir, 'file') })).rejects.toMatchObject({
      code: 'folder-unusable',
    });
    const vault = await startTestVault();
    await vault.server.close();
    await writeFile(join(vault.dir, 'vaults', '1', 'vault.json'), '{"na');
    await expect(startVaultServer({ dir: vault.dir })).rejects.toMatchObject({
      code: 'folder-unusable',
      message: expect.stringMatching(/vault\.json is damaged/),
    });
  });

  test('a taken port is told, and the folder let go', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    onTestFinished(() => void other.close());
    const dir = await newFolder();
    const { port } = other.address() as AddressInfo;
    await expect(startVaultServer({ dir, port })).rejects.toMatchObject({ code: 'port-in-use' });
    await start(dir);
  });
});

describe('one server a folder', () => {
  test('a second one is refused, of the same process or of another', async () => {
    const dir = await newFolder();
    const first = await start(dir);
    const inUse = { code: 'folder-in-use', message: expect.stringContaining(String(process.pid)) };
    await expect(startVaultServer({ dir })).rejects.toMatchObject(inUse);
    await first.close();
    const other = await startServerProcess(dir);
    await expect(startVaultServer({ dir })).rejects.toMatchObject({
      code: 'folder-in-use',
      message: expect.stringContaining(`process ${other.process.pid}`),
    });
    await other.kill();
    await start(dir);
  });

  test('one that waits is told for whom, and starts when that one ends', async () => {
    const dir = await newFolder();
    const first = await start(dir);
    const holders: string[] = [];
    const waiting = start(dir, { waitForFolder: { onWaiting: (holder: string) => holders.push(holder) } });
    while (holders.length === 0) await sleep(10);
    await sleep(300);
    await first.close();
    expect((await waiting).folderId).toBe(first.folderId);
    expect(holders).toEqual([expect.stringContaining(`glacier-up serve, process ${process.pid} on `)]);
  });

  test('waiting ends with its signal', async () => {
    const dir = await newFolder();
    await start(dir);
    const stop = new AbortController();
    const reason = new Error('enough');
    const waitForFolder = { signal: stop.signal, onWaiting: () => stop.abort(reason) };
    await expect(startVaultServer({ dir, waitForFolder })).rejects.toThrow();
    const left = await readdir(join(dir, 'lock'));
    expect(left.filter((name) => !name.startsWith('holder.'))).toEqual(['server.lock']);
  });

  test.each([
    ['whose process number belongs to another process now', { startTime: '1' }],
    ['from before the machine was started', { bootId: 'another' }],
    ['whose process is gone', { pid: 4_194_305 }],
  ])('a lock %s is taken over', async (_name, change) => {
    const dir = await newFolder();
    await plantLock(dir, change);
    const lock = await lockFolder(dir, 'serve');
    await expect(lockFolder(dir, 'serve')).rejects.toMatchObject({ code: 'folder-in-use' });
    lock.release();
  });

  test('a lock of another machine counts for half an hour after its last sign of life', async () => {
    const dir = await newFolder();
    const path = await plantLock(dir, { host: 'elsewhere', bootId: 'another' });
    await expect(lockFolder(dir, 'serve')).rejects.toMatchObject({
      message: expect.stringContaining('elsewhere'),
    });
    const longAgo = new Date(Date.now() - 31 * 60_000);
    await utimes(path, longAgo, longAgo);
    (await lockFolder(dir, 'serve')).release();
  });

  test('of 50 processes that find a dead holder’s lock exactly one gets it', async () => {
    const dir = await newFolder();
    await plantLock(dir, { pid: 4_194_305 });
    const script = `
      import { lockFolder } from '${await serverModule('local/folder-lock')}';
      process.stdin.once('data', async () => {
        const answer = await lockFolder(process.argv[1], 'serve').then(() => 'taken', (error) => error.code);
        process.stdout.write(answer);
        process.stdin.once('data', () => process.exit());
      });
      process.stdout.write('.');`;
    const children = Array.from({ length: 50 }, () =>
      spawn(process.execPath, ['--input-type=module', '-e', script, dir], {
        stdio: ['pipe', 'pipe', 'inherit'],
      }),
    );
    onTestFinished(() => {
      for (const child of children) child.kill('SIGKILL');
    });
    const say = (): Promise<string>[] =>
      children.map(async ({ stdout }) => String((await once(stdout, 'data'))[0]));
    await Promise.all(say());
    const answers = say();
    for (const child of children) child.stdin.write('go\n');
    const counts = { taken: 0, 'folder-in-use': 0 };
    for (const answer of await Promise.all(answers)) counts[answer as keyof typeof counts] += 1;
    expect(counts).toEqual({ taken: 1, 'folder-in-use': 49 });
  });
});

describe('a vault in a thread', () => {
  const startThread = threadsOf(new URL('../../dist/server/local/local-worker.js', import.meta.url));

  test('answers, keeps others out, and lets go when closed', async () => {
    const dir = await newFolder();
    const local = await startLocalVault({ dir, startThread });
    expect((await ask(local.url, 'GET', '/-/vaults')).status).toBe(200);
    await expect(startVaultServer({ dir })).rejects.toMatchObject({ code: 'folder-in-use' });
    const waiting = startLocalVault({ dir, startThread, onWaiting: () => void local.close() });
    const second = await waiting;
    expect(second.folderId).toBe(local.folderId);
    await second.close();
    await start(dir);
  });

  test('tells why it cannot start', async () => {
    const dir = await newFolder();
    await writeFile(join(dir, 'other'), '');
    const failing = (faults: string[]) => startLocalVault({ dir, startThread, faults });
    await expect(failing([])).rejects.toMatchObject({ name: 'VaultServerError', code: 'folder-unusable' });
    await expect(failing(['x'])).rejects.toMatchObject({ name: 'VaultServerError', code: 'bad-fault' });
  });

  test('stops waiting when told to', async () => {
    const dir = await newFolder();
    await start(dir);
    const stop = new AbortController();
    const reason = new Error('enough');
    const waiting = startLocalVault({
      dir,
      startThread,
      signal: stop.signal,
      onWaiting: () => stop.abort(reason),
    });
    await expect(waiting).rejects.toBe(reason);
  });
});
