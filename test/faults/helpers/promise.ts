/**
 * The promise, as a check: run the same command until it exits 0; then the file is in the vault exactly once, its
 * tree hash proved, its archive ID on stdout and in the receipts, and nothing else was done to anybody's files.
 */
import { existsSync, lstatSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect } from 'vitest';
import { sha256Of } from '../../helpers/place.js';
import { type Machine, markers, type Outcome } from './machine.js';
import { readVault, type StoredArchive } from './served-vault.js';

export interface Promised {
  /** The folder that `serve` or `--local` keeps. */
  vaultFolder: string;
  vault: string;
  /** Signals that the fault itself sent, or may have made the program die of, and exit codes of Node itself. */
  mayDieBy?: readonly (string | number)[];
}

/** Exit codes that the manual lists. */
export const documentedExitCodes = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];

/** Folders of a machine that the program may write to. */
const ours = ['home/.local/state/glacier-up', 'home/.local/share/glacier-up'];

/** What a run that was killed may leave, a lock among it, whose holder is dead; later runs sweep it. */
const orphans = /\.(lock|tmp(-[0-9a-f]+)?|after-\S+|corrupt\S*)$/;

/** Checks everything once the last run has exited 0. Throws what `expect` throws. */
export function assertPromise(
  machine: Machine,
  { vaultFolder, vault, mayDieBy = [] }: Promised,
): StoredArchive {
  const story = storyOf(machine.outcomes);
  for (const { exitCode, signal } of machine.outcomes) {
    if (exitCode === null) expect(mayDieBy, `died by an unexpected signal\n${story}`).toContain(signal);
    else expect([...documentedExitCodes, ...mayDieBy], story).toContain(exitCode);
  }
  const last = machine.outcomes.at(-1);
  expect(last?.exitCode, story).toBe(0);

  const { archives, openUploads } = readVault(vaultFolder, vault);
  expect(archives, `archives in the vault\n${story}`).toHaveLength(1);
  const archive = archives[0] as StoredArchive;
  expect(archive, story).toMatchObject({
    sha256: machine.sha256,
    treeHash: machine.treeHash,
    sizeBytes: machine.sizeBytes,
  });
  // Begun twice because a crash hid the first one's ID; but never with parts in both.
  for (const upload of openUploads) expect(upload.partLines, `parts left behind\n${story}`).toBe(0);

  expect(last?.stdout.trim(), story).toBe(archive.archiveId);
  const receipts = receiptsOf(machine);
  expect(receipts, `receipts\n${story}`).toHaveLength(1);
  expect(receipts[0], story).toMatchObject({
    archiveId: archive.archiveId,
    treeHash: machine.treeHash,
    sizeBytes: machine.sizeBytes,
  });
  expect(sessionsLeft(machine), `sessions left\n${story}`).toEqual([]);
  assertTidy(machine, story);
  assertSourceUntouched(machine, story);
  assertNoMarkers(machine, story);
  return archive;
}

export function receiptsOf({ receiptFile }: Machine): Record<string, unknown>[] {
  if (!existsSync(receiptFile)) return [];
  const receipts: Record<string, unknown>[] = [];
  for (const line of readFileSync(receiptFile, 'utf8').split('\n')) {
    try {
      if (line !== '') receipts.push(JSON.parse(line) as Record<string, unknown>);
    } catch {
      // A line that a crash cut off is none; `receipts` reports it.
    }
  }
  return receipts;
}

/** Names in the session folder that are no orphans of a run that was killed or could not clean up. */
export function sessionsLeft({ sessionFolder }: Machine): string[] {
  return existsSync(sessionFolder) ? readdirSync(sessionFolder).filter((name) => !orphans.test(name)) : [];
}

/** Nothing was written outside the state and data folders, and all of it is its owner's alone. */
export function assertTidy(machine: Machine, story = storyOf(machine.outcomes)): void {
  const written = namesUnder(machine.folder).filter(
    (name) => !['home', 'tmp', 'cwd', 'source'].includes(name),
  );
  for (const name of written) {
    const path = join(machine.folder, name);
    if (path === machine.file || name.startsWith('vault')) continue;
    const isOurs = ours.some((folder) => name === folder || name.startsWith(`${folder}/`));
    const leadsToOurs = ours.some((folder) => folder.startsWith(`${name}/`));
    expect(isOurs || leadsToOurs, `${name} was written\n${story}`).toBe(true);
    const stats = lstatSync(path);
    expect(stats.mode & 0o777, `mode of ${name}\n${story}`).toBe(stats.isDirectory() ? 0o700 : 0o600);
  }
}

/** The bytes, the times and the mode of the file are as they were. */
export function assertSourceUntouched(machine: Machine, story = storyOf(machine.outcomes)): void {
  expect(sha256Of(machine.file), `the source changed\n${story}`).toBe(machine.sha256);
  const { mtimeNs, mode, size } = statSync(machine.file, { bigint: true });
  expect({ mtimeNs, mode, size }, `the source changed\n${story}`).toEqual(machine.sourceStats);
  expect(readdirSync(join(machine.folder, 'source')), story).toHaveLength(1);
}

/** No credential stands in any file of the machine, nor in anything that the program said. */
export function assertNoMarkers(machine: Machine, story = storyOf(machine.outcomes)): void {
  const secrets = Object.values(markers);
  for (const { words, stdout, stderr } of machine.outcomes) {
    for (const secret of secrets) {
      expect(
        `${words.join(' ')}${stdout}${stderr}`.includes(secret),
        `output holds ${secret}\n${story}`,
      ).toBe(false);
    }
  }
  for (const name of namesUnder(machine.folder)) {
    const path = join(machine.folder, name);
    if (path === machine.file || !lstatSync(path).isFile()) continue;
    const bytes = readFileSync(path);
    for (const secret of secrets)
      expect(bytes.includes(secret), `${name} holds ${secret}\n${story}`).toBe(false);
  }
}

function namesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true }).map((name) => relative(folder, join(folder, String(name))));
}

/** How it came to this, for the message of a check that fails. */
export function storyOf(outcomes: readonly Outcome[]): string {
  return outcomes
    .map(({ exitCode, signal, stdout, stderr }) => `→ ${exitCode ?? signal}\n${stdout}${stderr}`)
    .join('');
}
