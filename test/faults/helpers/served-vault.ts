/** The embedded vault that `glacier-up serve` starts, reached by its URL. */
import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished, vi } from 'vitest';
import { main } from '../../../src/cli/main.js';
import { realClock } from '../../../src/clock.js';
import { readCheckedLine } from '../../../src/server/store/append-log.js';
import { makeContext } from '../../helpers/cli.js';
import { sha256Of } from '../../helpers/place.js';
import { scratchFolder } from '../../helpers/scratch.js';
import { ask } from '../../server/helpers/vault.js';
import { program } from './machine.js';

export interface ServedVault {
  url: string;
  /** Holds `vaults/`. */
  folder: string;
  /** Makes a vault; the client never does, but for `--local`. */
  createVault(name: string): Promise<void>;
  /** The words that lead an `upload` here. */
  words(vault: string): string[];
  kill(): Promise<void>;
}

export interface ServeOptions {
  faults?: readonly string[];
  /** Other options of `serve`. */
  options?: readonly string[];
  /** A folder to carry on with; a new one when not given. */
  folder?: string;
  /** That of a server before, so that the same command leads to it. */
  port?: string;
  /** Registers the clean-up; `onTestFinished` when not given, `afterAll` for a server that several tests share. */
  atEnd?: (cleanUp: () => Promise<void>) => void;
}

/** The embedded vault as a process of its own: for what must outlive, or not outlive, the process of the tests. */
export async function serve({
  faults = [],
  options = [],
  folder,
  port = '0',
  atEnd = onTestFinished,
}: ServeOptions = {}): Promise<ServedVault> {
  const dir = folder ?? mkdtempSync(join(scratchFolder, 'glacier-up-serve-'));
  const child = spawn(process.execPath, [program, ...serveWords(dir, port, options, faults)], {
    env: { PATH: process.env.PATH ?? '' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (text) => {
    said += text;
  });
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  atEnd(async () => {
    await kill();
    if (folder === undefined) rmSync(dir, { recursive: true, force: true });
  });
  const [line] = (await Promise.race([
    once(child.stdout, 'data'),
    once(child, 'exit').then(() => Promise.reject(new Error(`serve did not start: ${said}`))),
  ])) as [Buffer];
  return servedVault(line.toString(), dir, kill);
}

/**
 * The same in the process of the tests, which costs a tenth: for sweeps that serve hundreds of vaults to clients that are
 * processes of their own. `kill` ends it in order.
 */
export async function serveHere({
  faults = [],
  options = [],
  folder,
  port = '0',
  atEnd = onTestFinished,
}: ServeOptions = {}): Promise<ServedVault> {
  const dir = folder ?? mkdtempSync(join(scratchFolder, 'glacier-up-serve-'));
  const signals = new EventEmitter();
  const { context, stdout, stderr } = makeContext({ folder: dir, signals, clock: realClock });
  const ended = main(serveWords(dir, port, options, faults), context);
  const kill = async (): Promise<void> => {
    signals.emit('SIGTERM');
    await ended;
  };
  atEnd(async () => {
    await kill();
    if (folder === undefined) rmSync(dir, { recursive: true, force: true });
  });
  const hasEnded = ended.then(() => Promise.reject(new Error(`serve did not start: ${stderr()}`)));
  await Promise.race([vi.waitUntil(() => stdout() !== '', { timeout: 60_000, interval: 5 }), hasEnded]);
  hasEnded.catch(() => {});
  return servedVault(stdout(), dir, kill);
}

function serveWords(
  dir: string,
  port: string,
  options: readonly string[],
  faults: readonly string[],
): string[] {
  const rules = faults.flatMap((rule) => ['--fault', rule]);
  return ['serve', '--dir', dir, '--port', port, ...options, ...rules];
}

/** @param said what `serve` prints when it is ready */
function servedVault(said: string, folder: string, kill: () => Promise<void>): ServedVault {
  const url = /http:\S+/.exec(said)?.[0] ?? '';
  return {
    url,
    folder,
    createVault: async (name) => {
      const { status } = await ask(url, 'PUT', `/-/vaults/${name}`);
      if (status !== 201) throw new Error(`creating vault ${name}: ${status}`);
    },
    words: (vault) => ['--vault', vault, '--endpoint-url', url],
    kill,
  };
}

export interface StoredArchive {
  archiveId: string;
  treeHash: string;
  sizeBytes: number;
  description: string | null;
  /** Of the bytes in the folder. */
  sha256: string;
}

/** What stands in a vault's folder: archives, and uploads that are open still with the number of parts noted. */
export interface VaultContents {
  archives: StoredArchive[];
  openUploads: { uploadId: string; partLines: number }[];
}

export function readVault(folder: string, vault: string): VaultContents {
  const vaults = join(folder, 'vaults');
  // A folder without a record is a vault whose making failed half way.
  const made = numbersIn(vaults).filter((name) => existsSync(join(vaults, name, 'vault.json')));
  const number = made.find((name) => json(join(vaults, name, 'vault.json')).name === vault);
  if (number === undefined) return { archives: [], openUploads: [] };
  const archiveFolder = join(vaults, number, 'archives');
  const records = archiveRecords(`${archiveFolder}.log`);
  // A line without bytes is an addition that failed half way.
  const archives = numbersIn(archiveFolder, '.archive').map((name) => ({
    ...(records.get(name) as StoredArchive),
    sha256: sha256Of(join(archiveFolder, `${name}.archive`)),
  }));
  const uploads = join(vaults, number, 'uploads');
  // One without bytes has become an archive, and its end could not be noted.
  const open = numbersIn(uploads).filter(
    (name) =>
      existsSync(join(uploads, name, 'upload.json')) &&
      existsSync(join(uploads, name, 'archive')) &&
      !existsSync(join(uploads, name, 'ended.json')),
  );
  return {
    archives,
    openUploads: open.map((name) => ({
      uploadId: String(json(join(uploads, name, 'upload.json')).uploadId),
      partLines: readFileSync(join(uploads, name, 'parts.log'), 'latin1').split('\n').length - 1,
    })),
  };
}

function archiveRecords(log: string): Map<string, StoredArchive> {
  if (!existsSync(log)) return new Map();
  const lines = readFileSync(log, 'latin1').split('\n').slice(0, -1);
  return new Map(
    lines.flatMap((line) => {
      const { number, ...archive } = readCheckedLine<StoredArchive & { number: number }>(line) ?? {};
      return number === undefined ? [] : [[String(number), archive as StoredArchive]];
    }),
  );
}

function numbersIn(folder: string, suffix = ''): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith(suffix) && /^\d+$/.test(name.slice(0, name.length - suffix.length)))
    .map((name) => name.slice(0, name.length - suffix.length))
    .sort((a, b) => Number(a) - Number(b));
}

function json(file: string): Record<string, unknown> {
  return JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
}
