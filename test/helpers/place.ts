/** A home, an embedded vault in a folder, and a file to archive. */

import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MiB, seededFile } from './bytes.js';
import { type CliOptions, type CliResult, runCli } from './cli.js';
import { interruptWhen, PART_STORED } from './interrupt.js';
import { tempFolder } from './temp-folder.js';

export interface Place {
  folder: string;
  file: string;
  /** What an archive of the file is described as: its path without the leading `/`. */
  description: string;
  vaultFolder: string;
  /** Runs with `--vault demo --local FOLDER`. */
  run(words: string[], options?: Partial<CliOptions>): Promise<CliResult>;
  /** Runs with the same home and nothing added. */
  plain(words: string[], options?: Partial<CliOptions>): Promise<CliResult>;
  /** Makes vault `demo` in the folder. */
  makeVault(): Promise<void>;
  /** Runs and sends SIGINT once `parts` parts are stored. */
  interrupted(words: string[], parts: number, options?: Partial<CliOptions>): Promise<CliResult>;
  /** The plain SHA-256 of each archive in the vault, oldest first. */
  archives(): string[];
  receipts(): Record<string, unknown>[];
  sessions(): Record<string, unknown>[];
  sessionFile(): string;
}

/** Runs with this `run`, and sends SIGINT once `parts` parts are stored. */
export function interruptedBy(run: Place['run']): Place['interrupted'] {
  return (words, parts, options = {}) =>
    run([...words, '--verbose', '--concurrency', '1'], { ...options, ...interruptWhen(PART_STORED, parts) });
}

/**
 * @param sizeBytes of the file; 3.5 parts of 1 MiB when not given
 * @param parent where its folder is made
 */
export function makePlace(sizeBytes = 3.5 * MiB, parent?: string): Place {
  const folder = tempFolder(parent);
  const file = join(folder, 'backup.tar');
  seededFile(file, sizeBytes);
  const vaultFolder = join(folder, 'vault');
  const receiptFile = join(folder, 'home/.local/share/glacier-up/receipts.jsonl');
  const sessionFolder = join(folder, 'home/.local/state/glacier-up/sessions');
  const plain: Place['plain'] = (words, options = {}) => runCli(words, { folder, ...options });
  const run: Place['run'] = (words, options = {}) =>
    plain([...words, '--vault', 'demo', '--local', vaultFolder], options);
  const sessionFiles = (): string[] =>
    existsSync(sessionFolder) ? readdirSync(sessionFolder).filter((name) => name.endsWith('.json')) : [];
  return {
    folder,
    file,
    description: file.slice(1),
    vaultFolder,
    plain,
    run,
    makeVault: async () => {
      const { code, stderr } = await plain(['vaults', 'create', 'demo', '--local', vaultFolder]);
      if (code !== 0) throw new Error(stderr);
    },
    interrupted: interruptedBy(run),
    archives: () => {
      const archives = join(vaultFolder, 'vaults/1/archives');
      const names = readdirSync(archives).filter((name) => name.endsWith('.archive'));
      return names.sort().map((name) => sha256Of(join(archives, name)));
    },
    receipts: () =>
      existsSync(receiptFile)
        ? readFileSync(receiptFile, 'utf8')
            .split('\n')
            .filter(Boolean)
            .map((line) => JSON.parse(line))
        : [],
    sessions: () =>
      sessionFiles().map((name) => JSON.parse(readFileSync(join(sessionFolder, name), 'utf8')).session),
    sessionFile: () => join(sessionFolder, sessionFiles()[0] ?? 'none'),
  };
}

/** Compared instead of the bytes: a test that fails should not print megabytes. */
export function sha256Of(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

/** The JSON Lines of a command's stdout. */
export function jsonLines({ stdout }: CliResult): Record<string, unknown>[] {
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}
