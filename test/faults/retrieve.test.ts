/** The way back as its users run it: killed at every step and run again; and another client looking on. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { aws, isAwsInstalled } from '../helpers/aws-cli.js';
import { MiB } from '../helpers/bytes.js';
import { sha256Of } from '../helpers/place.js';
import { type Machine, makeMachine, type Outcome } from './helpers/machine.js';
import { runHere, runHereUntilDone } from './helpers/run-here.js';
import { serveHere } from './helpers/served-vault.js';

interface Scene {
  machine: Machine;
  url: string;
  archiveId: string;
  out: string;
  /** The words that retrieve the archive. */
  words: string[];
}

/** An archive of three ranges, and jobs that end at once. */
async function archived(): Promise<Scene> {
  const machine = makeMachine({ sizeBytes: 34 * MiB + 5 });
  const vault = await serveHere({ options: ['--job-delay', '0', '--inventory-every', '0'] });
  await vault.createVault('demo');
  const where = vault.words('demo');
  const archiveId = (await runHere(machine, ['upload', machine.file, ...where])).stdout.trim();
  const out = join(machine.folder, 'cwd/restored.tar');
  const words = ['retrieve', '-o', out, '--concurrency', '1', ...where, '--', archiveId];
  return { machine, url: vault.url, archiveId, out, words };
}

/** Runs under strace, which kills the program at the `when`th call of a kind. */
function killedAt(scene: Scene, call: string, when: number): Promise<Outcome> {
  return runWith(scene, call, `signal=KILL:when=${when}`);
}

/** Runs under strace, which does something to a kind of system call. */
function runWith({ machine, words }: Scene, call: string, fault: string): Promise<Outcome> {
  const trace = ['-e', `trace=${call}`, '-e', `inject=${call}:${fault}`];
  return machine.run(words, { prefix: ['strace', '-f', '-qq', '-o', '/dev/null', ...trace] });
}

describe('retrieve killed by SIGKILL and run again', () => {
  test.each([
    ['as it takes its lock', 'link', 1],
    ['as its first bytes are written', 'pwrite64', 1],
    ['in the middle of the bytes', 'pwrite64', 4],
    ['as what is proved is flushed', 'fdatasync', 1],
    ['as the file is flushed', 'fsync', 1],
    ['as the file is given its name', 'link', 2],
    ['as the name is flushed', 'fsync', 2],
    ['as the name before is taken away', 'unlink', 2],
    ['as what it had noted is taken away', 'unlink', 3],
  ])('%s leaves the whole file and nothing else', async (_, call, when) => {
    const scene = await archived();
    const { machine, words, out } = scene;
    const killed = await killedAt(scene, call, when);
    expect(killed.signal).toBe('SIGKILL');
    // At every moment a file of that name is the whole one.
    if (existsSync(out)) expect(sha256Of(out)).toBe(machine.sha256);
    await runHereUntilDone(machine, words);
    expect(sha256Of(out)).toBe(machine.sha256);
    expect(readdirSync(join(machine.folder, 'cwd')).filter((name) => !name.endsWith('.tmp'))).toEqual([
      'restored.tar',
    ]);
  });
});

describe('a write that is cut short', () => {
  test('is carried on with: what stops it is told, and no hole is left', async () => {
    const scene = await archived();
    const { machine, words, out } = scene;
    // In KiB: of the last write all but five bytes fit.
    const prefix = ['bash', '-c', 'ulimit -f 34816; exec "$@"', '--'];
    const stopped = await machine.run(words, { prefix });
    expect(stopped).toMatchObject({ exitCode: 9, stdout: '' });
    expect(stopped.stderr).toContain('larger than files may be here');
    expect(statSync(`${out}.part`).size).toBe(34 * MiB);
    await runHereUntilDone(machine, words);
    expect(sha256Of(out)).toBe(machine.sha256);
  });
});

describe('a disk that fails while what is proved is flushed', () => {
  test('gives the file no name, though the kernel reports it only once; the same command mends it', async () => {
    const scene = await archived();
    const { machine, words, out } = scene;
    const failed = await runWith(scene, 'fdatasync', 'error=EIO:when=1');
    expect(failed).toMatchObject({ exitCode: 9, stdout: '' });
    expect(failed.stderr).toContain('the disk reports an error');
    expect(existsSync(out)).toBe(false);
    // What was read back may have come from memory: all of it is fetched again.
    expect(existsSync(`${out}.part.ranges`)).toBe(false);
    await runHereUntilDone(machine, words);
    expect(sha256Of(out)).toBe(machine.sha256);
  });
});

describe.skipIf(!isAwsInstalled)("Debian's awscli beside it", () => {
  test('sees the job, fetches the same bytes by it, and its inventory is the one that is kept', async () => {
    const { machine, url, archiveId, out, words } = await archived();
    await machine.run(words);
    const glacier = async (...more: string[]): Promise<string> => {
      const common = ['--endpoint-url', url, '--account-id', '-', '--vault-name', 'demo'];
      const env = { ...machine.env, PATH: '/usr/bin:/bin' };
      const [operation = '', ...rest] = more;
      return aws(['glacier', operation, ...common, ...rest], env);
    };
    const { JobList: jobs } = JSON.parse(await glacier('list-jobs'));
    expect(jobs).toMatchObject([
      { Action: 'ArchiveRetrieval', ArchiveId: archiveId, Tier: 'Standard', StatusCode: 'Succeeded' },
    ]);
    const theirs = join(machine.folder, 'theirs');
    await glacier('get-job-output', `--job-id=${jobs[0].JobId}`, theirs);
    expect(sha256Of(theirs)).toBe(sha256Of(out));
    const where = ['--vault', 'demo', '--endpoint-url', url];
    expect((await machine.run(['inventory', ...where])).exitCode).toBe(0);
    const [inventory] = JSON.parse(await glacier('list-jobs')).JobList;
    await glacier('get-job-output', `--job-id=${inventory.JobId}`, theirs);
    const folder = join(machine.home, '.local/share/glacier-up/inventories');
    const [kept = ''] = readdirSync(folder);
    expect(readFileSync(join(folder, kept)).equals(readFileSync(theirs))).toBe(true);
    expect((await machine.run(['delete', '--yes', ...where, '--', archiveId])).exitCode).toBe(0);
    const refused = await glacier(
      'initiate-job',
      '--job-parameters',
      JSON.stringify({ Type: 'archive-retrieval', ArchiveId: archiveId }),
    ).catch((error: Error) => error.message);
    expect(refused).toContain('ResourceNotFoundException');
  });
});
