/** State that may not be read, or that the disk fails to give, is never taken for "there is none". */
import { chmodSync, chownSync, existsSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { startServerProcess } from '../server/helpers/process.js';
import { type Machine, makeMachine } from './helpers/machine.js';
import { type ServedVault, serveHere } from './helpers/served-vault.js';
import { canTrace } from './helpers/strace.js';

/** Each runs the program dozens of times. */
vi.setConfig({ testTimeout: 300_000 });

const isRoot = process.getuid?.() === 0;
const service = 54_321;
const stranger = 54_322;
const asUser = (id: number): string[] => ['setpriv', `--reuid=${id}`, `--regid=${id}`, '--clear-groups'];

interface Stage {
  machine: Machine;
  server: ServedVault;
  /** The words that lead to the vault. */
  where: string[];
}

/** The service has a receipt, an unfinished upload and an inventory in its home, which is closed to others. */
async function serviceWithState(): Promise<Stage> {
  const machine = makeMachine();
  const options = ['--inventory-every', '0s', '--job-delay', '0s'];
  const server = await serveHere({ options, faults: ['upload-part#6:error=AccessDeniedException'] });
  await server.createVault('demo');
  const where = server.words('demo');
  chmodSync(machine.folder, 0o755);
  for (const name of ['cwd', 'source', 'tmp']) chmodSync(join(machine.folder, name), 0o777);
  chownSync(machine.home, service, service);
  const prefix = asUser(service);
  const upload = ['upload', machine.file, '--part-size', '1M', ...where];
  expect(await machine.run(upload, { prefix })).toMatchObject({ exitCode: 0 });
  expect(await machine.run(['inventory', '--wait', ...where], { prefix })).toMatchObject({ exitCode: 0 });
  expect(await machine.run([...upload, '--again'], { prefix })).toMatchObject({ exitCode: 7 });
  return { machine, server, where };
}

/** Every command that reads state, on a machine where this file has a receipt. */
function commands({ machine: { file, folder, treeHash, sizeBytes }, where }: Stage): string[][] {
  return [
    ['receipts'],
    ['receipts', file],
    ['receipts', '--against', 'kept'],
    ['receipts', '--rebuild', 'kept', ...where],
    ['sessions'],
    ['list-uploads', ...where],
    ['list-parts', file],
    ['reconcile'],
    ['reconcile', file],
    ['resume', '--all'],
    ['resume', file],
    ['abort', '--yes', file],
    ['complete', file],
    ['complete', '--upload-id=gone', '--tree-hash', treeHash, '--size', String(sizeBytes), ...where],
    ['treehash', '--receipts'],
    ['treehash', '--receipts', file],
    ['inventory', '--kept', ...where],
    ['retrieve', file, '-o', join(folder, 'tmp', 'out'), ...where],
    ['delete', '--yes', file, ...where],
    ['upload', '-n', file, ...where],
    ['upload', file, ...where],
    ['upload', file, '--begin', ...where],
  ];
}

test.skipIf(!isRoot)(
  'a file that may not be read is exit 3 before the service is asked anything (needs root)',
  async () => {
    const machine = makeMachine();
    const server = await serveHere({ faults: ['describe-vault:error=ServiceUnavailableException'] });
    await server.createVault('demo');
    chmodSync(machine.folder, 0o755);
    for (const name of ['cwd', 'source', 'tmp']) chmodSync(join(machine.folder, name), 0o777);
    chownSync(machine.home, stranger, stranger);
    chmodSync(machine.file, 0o600);
    const upload = ['upload', machine.file, '--retry-for', '0', ...server.words('demo')];
    const { exitCode, stderr } = await machine.run(upload, { prefix: asUser(stranger) });
    expect({ exitCode, stderr }).toMatchObject({
      exitCode: 3,
      stderr: expect.stringMatching(/: permission denied\nhint: give yourself read permission/),
    });
  },
);

describe.skipIf(!isRoot)('state of a service (needs root)', () => {
  test('that another user may not read ends every command that reads it with exit 9', async () => {
    const stage = await serviceWithState();
    const { machine } = stage;
    for (const words of commands(stage)) {
      const refused = await machine.run(words, { prefix: asUser(stranger) });
      expect(refused, `${words.join(' ')}: ${refused.stderr}`).toMatchObject({ exitCode: 9, stdout: '' });
      expect(refused.stderr, words.join(' ')).toMatch(/permission denied, it belongs to user 54321/);
      expect(refused.stderr, words.join(' ')).toMatch(/run glacier-up as that user/);
    }
  });

  test('is refused to root, who is told to run as the service and never to take the files from it', async () => {
    const stage = await serviceWithState();
    const { machine, where } = stage;
    for (const words of commands(stage)) {
      const refused = await machine.run(words);
      expect(refused, `${words.join(' ')}: ${refused.stderr}`).toMatchObject({ exitCode: 9, stdout: '' });
      expect(refused.stderr, words.join(' ')).toMatch(/belongs to user 54321/);
      expect(refused.stderr, words.join(' ')).toMatch(/run glacier-up as that user \(sudo -u '#54321'\)/);
      expect(refused.stderr, words.join(' ')).not.toMatch(/your own/);
    }
    const again = await machine.run(['upload', machine.file, ...where], { prefix: asUser(service) });
    expect(again, again.stderr).toMatchObject({ exitCode: 0 });
  });
});

describe.skipIf(!canTrace)('a disk that fails to tell whether state is there', () => {
  test.each(['EIO', 'ESTALE', 'ELOOP', 'EACCES', 'EMFILE'])(
    'with %s is no machine without state',
    async (errno) => {
      const { machine } = await serviceOfOurs();
      for (const [words, path] of [
        [['receipts'], machine.receiptFile],
        [['sessions'], machine.sessionFolder],
        [['resume', '--all'], machine.sessionFolder],
        [['reconcile'], machine.sessionFolder],
      ] as const) {
        const prefix = ['strace', '-f', '-qq', '-o', '/dev/null', '-P', path];
        prefix.push('-e', 'trace=%file', '-e', `inject=%file:error=${errno}`);
        const refused = await machine.run(words, { prefix });
        expect(refused, `${words.join(' ')}: ${refused.stderr}`).toMatchObject({ exitCode: 9, stdout: '' });
      }
    },
  );

  test.each(['access,faccessat,faccessat2', 'statx'])(
    'costs an embedded vault no upload (%s)',
    async (calls) => {
      const { machine, server } = await serviceOfOurs(['upload-part#2-:error=AccessDeniedException']);
      expect(machine.outcomes.at(-1)).toMatchObject({ exitCode: 7 });
      await server.kill();
      const bytes = join(server.folder, 'vaults/1/uploads/1/archive');
      const { size } = statSync(bytes);
      const prefix = ['strace', '-f', '-qq', '-o', '/dev/null', '-P', bytes];
      prefix.push('-e', `trace=${calls}`, '-e', `inject=${calls}:error=EIO`);
      const restarted = await startServerProcess(server.folder, prefix).catch(String);
      expect(existsSync(bytes) && statSync(bytes).size, String(restarted)).toBe(size);
    },
  );
});

async function serviceOfOurs(faults: string[] = []): Promise<{ machine: Machine; server: ServedVault }> {
  const machine = makeMachine();
  const server = await serveHere({ faults });
  await server.createVault('demo');
  mkdirSync(machine.sessionFolder, { recursive: true, mode: 0o700 });
  const words = ['upload', machine.file, '--part-size', '1M', '--concurrency', '1', ...server.words('demo')];
  await machine.run(words);
  return { machine, server };
}
