/** What the job files of docs/many-machines work with: one home, one file, and one vault for many processes. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { readVault, type ServeOptions, serve } from '../faults/helpers/served-vault.js';
import { MiB, seededFile } from './bytes.js';
import { sha256Of } from './place.js';
import { tempFolder } from './temp-folder.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
export const jobFile = (name: string): string => join(root, 'docs/many-machines', name);

export interface Ended {
  status: number | null;
  stdout: string;
  stderr: string;
}

/** A home that all processes share, a file of 20 parts, `glacier-up` on the path, and a vault served by a process. */
export async function cluster(options: ServeOptions = {}) {
  const folder = tempFolder();
  for (const name of ['bin', 'home', 'archives', 'state']) mkdirSync(join(folder, name));
  const command = join(folder, 'bin/glacier-up');
  const started = join(folder, 'started');
  writeFileSync(
    command,
    `#!/bin/sh\necho "$*" >>'${started}'\nexec '${process.execPath}' '${root}bin/glacier-up.js' "$@"\n`,
  );
  chmodSync(command, 0o755);
  const file = join(folder, 'archives/big.tar');
  seededFile(file, 19.5 * MiB);
  const served = await serve(options);
  await served.createVault('photos');
  const env: Record<string, string> = {
    HOME: join(folder, 'home'),
    PATH: `${join(folder, 'bin')}:${process.env.PATH}`,
    AWS_ACCESS_KEY_ID: 'any',
    AWS_SECRET_ACCESS_KEY: 'any',
    AWS_REGION: 'eu-west-1',
    AWS_ENDPOINT_URL_GLACIER: served.url,
    GLACIER_UP_VAULT: 'photos',
    GLACIER_UP_PART_SIZE: '1M',
  };
  const start = (words: string[], more: Record<string, string> = {}) => {
    const [name = '', ...rest] = words;
    const child = spawn(name, rest, { env: { ...env, ...more }, stdio: ['ignore', 'pipe', 'pipe'] });
    const said = { stdout: '', stderr: '' };
    child.stdout.on('data', (text) => {
      said.stdout += text;
    });
    child.stderr.on('data', (text) => {
      said.stderr += text;
    });
    const ended = once(child, 'close').then(([status]): Ended => ({ status, ...said }));
    return { ended };
  };
  const run = (words: string[], more?: Record<string, string>): Promise<Ended> => start(words, more).ended;
  return {
    folder,
    file,
    served,
    env,
    start,
    run,
    begin: async (): Promise<string> => (await run(['glacier-up', 'upload', file, '--begin'])).stdout.trim(),
    /** The words of every `glacier-up` that has been started, in order. */
    starts: (): string[] => readFileSync(started, 'utf8').trim().split('\n'),
    contents: () => readVault(served.folder, 'photos'),
    receiptIds: (state = join(folder, 'home/.local/share/glacier-up')): string[] =>
      readFileSync(join(state, 'receipts.jsonl'), 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).archiveId),
  };
}

export type Cluster = Awaited<ReturnType<typeof cluster>>;

export function expectOneArchive(at: Cluster, archiveId: string): void {
  const { archives, openUploads } = at.contents();
  expect(archives).toMatchObject([{ archiveId, sha256: sha256Of(at.file), sizeBytes: 19.5 * MiB }]);
  expect(openUploads).toEqual([]);
}

/** Processes of Node that send a shard of the file; the shells that start them are none. */
export function shardProcesses(file: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
        return words[0]?.endsWith('node') && words.includes('--shard') && words.includes(file);
      } catch {
        return false;
      }
    })
    .map(Number);
}

/** Waits for at most two minutes. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await isSo()); tries += 1) {
    if (tries > 12_000) throw new Error('it did not come to that');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
