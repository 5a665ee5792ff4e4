/** The shipped program as its users run it: a process of its own, with a home of its own and marker credentials. */
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { execa } from 'execa';
import { onTestFinished } from 'vitest';
import { MiB, seededBytes } from '../../helpers/bytes.js';
import { scratchFolder } from '../../helpers/scratch.js';
import { slowTreeHash } from '../../unit/treehash/slow-tree-hash.js';

export const program = join(import.meta.dirname, '..', '..', '..', 'bin', 'glacier-up.js');

/** Must never appear in a file or in output. The key ID is sent with each request, and is no secret to the server. */
export const markers = {
  AWS_ACCESS_KEY_ID: 'AKIAMARKERFAULTS0001',
  AWS_SECRET_ACCESS_KEY: 'marker/Secret+Key0123456789abcdefFAULTS0',
  AWS_SESSION_TOKEN: 'marker-session-token-FAULTS-0123456789',
};

/** How one run of the program ended, and what it said. */
export interface Outcome {
  words: readonly string[];
  /** null when it died by a signal. */
  exitCode: number | null;
  signal: string | null;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  env?: Record<string, string>;
  /** A command to run the program under, such as strace. */
  prefix?: readonly string[];
  input?: string | Uint8Array;
  cwd?: string;
}

/** One user's machine: everything in it is in one folder. */
export interface Machine {
  folder: string;
  home: string;
  /** The file to archive. */
  file: string;
  sizeBytes: number;
  sha256: string;
  treeHash: string;
  /** Of the file when it was made. */
  sourceStats: { mtimeNs: bigint; mode: bigint; size: bigint };
  env: Record<string, string>;
  sessionFolder: string;
  receiptFile: string;
  /** Everything that has been run here, in order. */
  outcomes: Outcome[];
  run(words: readonly string[], options?: RunOptions): Promise<Outcome>;
  /** The same, to be watched and sent signals while it runs. */
  start(words: readonly string[], options?: RunOptions): Running;
}

/** A run that has not ended. */
export interface Running {
  ended: Promise<Outcome>;
  send(signal: NodeJS.Signals): void;
  /** Resolves when stderr has told it; rejects when the run ends before. */
  said(pattern: RegExp): Promise<void>;
}

/** Far longer than anything here takes; a run that hangs is a failure and not a waiting test. */
const longestRunMs = 180_000;

interface Content {
  bytes: Buffer;
  sha256: string;
  treeHash: string;
}

const contents = new Map<string, Content>();

/** Made once: most machines of a test file have the same. */
function contentOf(sizeBytes: number, seed: number): Content {
  const key = `${sizeBytes} ${seed}`;
  const known = contents.get(key);
  if (known) return known;
  const bytes = seededBytes(sizeBytes, seed);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const content = { bytes, sha256, treeHash: slowTreeHash(bytes, MiB).toString('hex') };
  contents.set(key, content);
  return content;
}

/** @param sizeBytes of the file to archive; 4.5 parts of 1 MiB when not given */
export function makeMachine({ sizeBytes = 4.5 * MiB, seed = 1 } = {}): Machine {
  const folder = mkdtempSync(join(scratchFolder, 'glacier-up-faults-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const home = join(folder, 'home');
  for (const name of ['home', 'tmp', 'cwd', 'source']) mkdirSync(join(folder, name));
  const file = join(folder, 'source', 'backup.tar');
  const { bytes, sha256, treeHash } = contentOf(sizeBytes, seed);
  writeFileSync(file, bytes);
  const { mtimeNs, mode, size } = statSync(file, { bigint: true });
  const outcomes: Outcome[] = [];
  const env = {
    PATH: process.env.PATH ?? '/usr/bin:/bin',
    HOME: home,
    TMPDIR: join(folder, 'tmp'),
    AWS_REGION: 'eu-west-1',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: join(folder, 'no-config'),
    AWS_SHARED_CREDENTIALS_FILE: join(folder, 'no-credentials'),
    ...markers,
  };
  const start: Machine['start'] = (
    words,
    { env: more = {}, prefix = [], input, cwd = join(folder, 'cwd') } = {},
  ) => {
    const [command = '', ...rest] = [...prefix, process.execPath, program, ...words];
    const child = execa(command, rest, {
      cwd,
      env: { ...env, ...more },
      extendEnv: false,
      ...(input === undefined ? { stdin: 'ignore' as const } : { input }),
      reject: false,
      stripFinalNewline: false,
      forceKillAfterDelay: false,
      timeout: longestRunMs,
      killSignal: 'SIGKILL',
    });
    const ended = child.then((result) => {
      if (result.timedOut) throw new Error(`${words.join(' ')} did not end: ${result.stderr}`);
      const { exitCode = null, signal = null, stdout, stderr } = result;
      const outcome: Outcome = { words, exitCode, signal, stdout, stderr };
      outcomes.push(outcome);
      return outcome;
    });
    return {
      ended,
      send: (signal) => void child.kill(signal),
      said: (pattern) => saidOn(child.stderr, pattern, ended),
    };
  };
  return {
    folder,
    home,
    file,
    sizeBytes,
    sha256,
    treeHash,
    sourceStats: { mtimeNs, mode, size },
    env,
    sessionFolder: join(home, '.local/state/glacier-up/sessions'),
    receiptFile: join(home, '.local/share/glacier-up/receipts.jsonl'),
    outcomes,
    start,
    run: (words, options) => start(words, options).ended,
  };
}

/** Runs the same command until it exits 0: what the promise asks of its user. */
export function runUntilDone(
  machine: Machine,
  words: readonly string[],
  options: RunOptions = {},
): Promise<Outcome> {
  return untilDone(() => machine.run(words, options));
}

const mostRuns = 5;

/** @param run called until it ends with exit 0 */
export async function untilDone(run: () => Promise<Outcome>): Promise<Outcome> {
  for (let tries = 1; ; tries += 1) {
    const outcome = await run();
    if (outcome.exitCode === 0) return outcome;
    if (tries >= mostRuns) throw new Error(`not done after ${tries} runs: ${outcome.stderr}`);
  }
}

async function saidOn(stderr: Readable, pattern: RegExp, ended: Promise<Outcome>): Promise<void> {
  let text = '';
  await new Promise<void>((resolve, reject) => {
    stderr.on('data', (piece) => {
      text += piece;
      if (pattern.test(text)) resolve();
    });
    ended.then(({ stderr: all }) => {
      if (pattern.test(all)) resolve();
      else reject(new Error(`it ended without saying ${pattern}: ${all}`));
    }, reject);
  });
}
