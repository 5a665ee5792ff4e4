/*
 * What a power cut would leave, read off the system calls of a real upload. Bytes that were not flushed may be missing,
 * and so may names whose folder was not flushed. The promise hangs on three moments: before an upload is asked for the
 * intent must last, before Complete what is being completed, and before the archive ID is shown its receipt.
 */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeMachine } from './helpers/machine.js';
import { assertPromise } from './helpers/promise.js';
import { serve } from './helpers/served-vault.js';
import { canTrace, type TracedCall, trace } from './helpers/strace.js';

/** Locks and spare copies are of no use after a power cut: their loss is none. */
const mayBeLost = /\.lock|\.json\.prev$|\.json\.tmp-/;

/** A disk that keeps only what was flushed. */
class LazyDisk {
  /** Files with bytes, and paths with names, that a power cut could take. */
  readonly #bytes = new Set<string>();
  readonly #names = new Set<string>();
  /** New and still empty: no loss. */
  readonly #created = new Set<string>();

  get atRisk(): string[] {
    return [...this.#bytes, ...this.#names].filter((path) => !mayBeLost.test(path));
  }

  take({ name, text }: TracedCall): void {
    if (/= -1 E/.test(text)) return;
    const [first = '', second = ''] = [...text.matchAll(/"([^"]*)"/g)].map((match) => match[1]);
    const open = /^\d+<([^>]*)>/.exec(text)?.[1] ?? '';
    if (name === 'openat' && text.includes('O_CREAT')) this.#created.add(first);
    else if (name === 'mkdir') this.#names.add(first);
    else if (name === 'write' || name === 'pwrite64') {
      this.#bytes.add(open);
      if (this.#created.has(open)) this.#names.add(open);
    } else if (name === 'fsync' || name === 'fdatasync') this.#flush(open);
    else if (name === 'rename') {
      expect(this.#bytes.has(first), `${first} was renamed before it was flushed`).toBe(false);
      this.#names.add(second);
      this.#names.delete(first);
    }
  }

  #flush(path: string): void {
    this.#bytes.delete(path);
    for (const names of [this.#names, this.#created]) {
      for (const name of names) if (dirname(name) === path) names.delete(name);
    }
  }
}

const moments: [moment: string, is: (call: TracedCall) => boolean][] = [
  [
    'an upload is asked for',
    ({ text }) => /<TCP.*"POST \/-\/vaults\/demo\/multipart-uploads HTTP/.test(text),
  ],
  ['Complete is sent', ({ text }) => /<TCP.*"POST \/-\/vaults\/demo\/multipart-uploads\/\S/.test(text)],
  ['the archive ID is shown', ({ name, text }) => name === 'write' && text.startsWith('1<')],
];

describe.skipIf(!canTrace)('a power cut (needs strace)', () => {
  test('at any moment that counts finds the state on the disk: bytes, names, and new folders', async () => {
    const machine = makeMachine();
    const server = await serve();
    await server.createVault('demo');
    const words = ['upload', machine.file, '--part-size', '1M', ...server.words('demo')];
    const { calls } = await trace(machine, words, {
      calls: ['openat', 'mkdir', 'write', 'pwrite64', 'fsync', 'fdatasync', 'rename'],
      threads: 'main',
    });
    assertPromise(machine, { vaultFolder: server.folder, vault: 'demo' });

    const disk = new LazyDisk();
    const passed: string[] = [];
    for (const call of calls) {
      const moment = moments.find(([, is]) => is(call))?.[0];
      if (moment !== undefined) {
        passed.push(moment);
        expect(disk.atRisk, `when ${moment}`).toEqual([]);
      }
      if (call.text.includes(machine.home)) disk.take(call);
    }
    expect(passed).toEqual(moments.map(([moment]) => moment));
  });

  test('each save writes beside the file, flushes, renames, and flushes the folder', async () => {
    const machine = makeMachine();
    const server = await serve();
    await server.createVault('demo');
    const words = ['upload', machine.file, '--part-size', '1M', ...server.words('demo')];
    const { calls } = await trace(machine, words, {
      calls: ['pwrite64', 'fsync', 'rename'],
      threads: 'main',
    });
    const steps = calls
      .filter(({ text }) => text.includes(machine.sessionFolder) && !text.includes('.lock'))
      .map(({ name, text }) => {
        const target = /^\d+<([^>]*)>/.exec(text)?.[1];
        return name === 'fsync' && target === machine.sessionFolder ? 'fsync of the folder' : name;
      });
    const save = ['pwrite64', 'fsync', 'rename', 'fsync of the folder'];
    // Made, then saved as intent, uploading and completing, then removed.
    expect(steps.slice(0, 12)).toEqual([...save, ...save, ...save]);
    expect(steps.at(-1)).toBe('fsync of the folder');
  });

  test('on a file system that cannot flush a folder does not keep the program from working', async () => {
    const machine = makeMachine();
    const server = await serve();
    await server.createVault('demo');
    const words = ['upload', machine.file, '--part-size', '1M', ...server.words('demo')];
    const folders = ['-P', machine.sessionFolder, '-P', dirname(machine.receiptFile)];
    const strace = ['strace', '-qq', '-o', '/dev/null', ...folders];
    // The folders must be there for strace to know them.
    for (const folder of [machine.sessionFolder, dirname(machine.receiptFile)]) {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
    }
    const prefix = [...strace, '-e', 'trace=fsync', '-e', 'inject=fsync:error=EINVAL'];
    const { exitCode, stderr } = await machine.run(words, { prefix });
    expect(exitCode, stderr).toBe(0);
    assertPromise(machine, { vaultFolder: server.folder, vault: 'demo' });
  });
});
