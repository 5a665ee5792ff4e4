/** `upload -` as it is shipped: real pipes, real producers, killed at any point, and a vault that misbehaves. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { MiB } from '../helpers/bytes.js';
import { type Machine, makeMachine, program } from './helpers/machine.js';
import { assertPromise } from './helpers/promise.js';
import { runHereUntilDone } from './helpers/run-here.js';
import { readVault, serveHere } from './helpers/served-vault.js';

const canTrace = spawnSync('strace', ['-qq', '-o', '/dev/null', 'true']).status === 0;

async function prepare(faults: readonly string[] = []) {
  const machine = makeMachine();
  const vault = await serveHere({ faults });
  await vault.createVault('demo');
  const words = ['upload', '-', '--name', 'photos.tar', '--part-size', '1M', ...vault.words('demo')];
  const exec = [...words, '--exec', `cat '${machine.file}'`];
  return { machine, vault, words, exec, promised: { vaultFolder: vault.folder, vault: 'demo' } };
}

function spooled({ home }: Machine): string[] {
  const folder = join(home, '.local/state/glacier-up/spool');
  return existsSync(folder) ? readdirSync(folder) : [];
}

/** Starts the program and hands over to the test what happens to it. */
function start(machine: Machine, words: readonly string[]): ChildProcess & { said: () => string } {
  const child = spawn(process.execPath, [program, ...words], {
    env: machine.env,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (text) => {
    said += text;
  });
  child.stdin.on('error', () => {});
  onTestFinished(() => void child.kill('SIGKILL'));
  return Object.assign(child, { said: () => said });
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
}

function isAlive(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) [ZX]/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

describe('upload - from a real pipe', () => {
  test('archives it, and the promise holds', async () => {
    const { machine, words, promised } = await prepare();
    const input = readFileSync(machine.file);
    await machine.run([...words, '--eof-completes'], { input });
    assertPromise(machine, promised);
    expect(spooled(machine)).toEqual([]);
  });

  test('ends at once when it fails, though the pipe stays open', async () => {
    const { machine, words } = await prepare(['upload-part:error=AccessDeniedException']);
    const child = start(machine, words);
    child.stdin?.write(readFileSync(machine.file));
    const [code] = await once(child, 'exit');
    expect({ code, said: child.said() }).toMatchObject({ code: 7 });
    expect(spooled(machine)).toEqual([]);
  });

  test('a command line that is wrong does not wait for the pipe', async () => {
    const { machine, words } = await prepare();
    const child = start(machine, [...words, 'another']);
    const [code] = await once(child, 'exit');
    expect(code).toBe(2);
  });
});

describe('upload - --exec', () => {
  test('archives what the command prints, and passes its messages on', async () => {
    const { machine, words, promised } = await prepare();
    const { stderr } = await machine.run([...words, '--exec', `echo busy >&2; cat '${machine.file}'`]);
    expect(stderr).toContain('busy\n');
    assertPromise(machine, promised);
  });

  test('gives the command its standard input', async () => {
    const { machine, words, promised } = await prepare();
    await machine.run([...words, '--exec', 'cat'], { input: readFileSync(machine.file) });
    assertPromise(machine, promised);
  });

  test.each(['SIGINT', 'SIGTERM'] as const)(
    '%s ends the command and all that it has started',
    async (signal) => {
      const { machine, words, promised, exec } = await prepare();
      const pids = join(machine.folder, 'pids');
      const script = `(echo $$; sh -c 'echo $$; sleep 1000; true' & wait) > '${pids}'; cat '${machine.file}'`;
      const child = start(machine, [...words, '--exec', script]);
      await until(() => existsSync(pids) && readFileSync(pids, 'utf8').split('\n').length === 3);
      child.kill(signal);
      const [code, by] = await once(child, 'exit');
      expect({ code, by }).toEqual({ code: null, by: signal });
      const started = readFileSync(pids, 'utf8').trim().split('\n').map(Number);
      expect(started).toHaveLength(2);
      await until(() => !started.some(isAlive));
      rmSync(pids);
      await runHereUntilDone(machine, exec);
      assertPromise(machine, promised);
    },
  );

  test('Ctrl-C between two parts keeps what is stored', async () => {
    const { machine, words, promised, exec } = await prepare();
    const script = `head -c 2097152 '${machine.file}'; sleep 1000`;
    const child = start(machine, [...words, '--verbose', '--exec', script]);
    await until(() => (child.said().match(/part \S+ stored/g)?.length ?? 0) === 2);
    child.kill('SIGINT');
    await once(child, 'exit');
    const { stderr } = await machine.run(exec);
    expect(stderr).toContain('2 parts of 1 MiB (2 MiB) are stored already');
    assertPromise(machine, promised);
  });
});

describe('upload - killed by SIGKILL and run again', () => {
  test('in the middle of a part: nothing is left in the spool after the next run', async () => {
    const { machine, words, promised, exec } = await prepare();
    const script = `head -c 2500000 '${machine.file}'; sleep 1000`;
    const child = start(machine, [...words, '--exec', script]);
    await until(() => readVault(promised.vaultFolder, 'demo').openUploads[0]?.partLines === 2);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(spooled(machine)).not.toEqual([]);
    await runHereUntilDone(machine, exec);
    assertPromise(machine, promised);
    expect(spooled(machine)).toEqual([]);
  });

  const points = [
    ...[1, 3, 5, 8].map((n) => `rename:signal=KILL:when=${n}`),
    ...[3, 7, 11].map((n) => `fsync:signal=KILL:when=${n}`),
    ...[2, 4].map((n) => `unlink:signal=KILL:when=${n}`),
  ];

  test.skipIf(!canTrace).each(points)('at %s: one archive, one receipt', async (inject) => {
    const { machine, promised, exec } = await prepare();
    const call = inject.split(':')[0];
    const prefix = [
      'strace',
      '-qq',
      '-f',
      '-o',
      '/dev/null',
      '-e',
      `trace=${call}`,
      '-e',
      `inject=${inject}`,
    ];
    await machine.run(exec, { prefix });
    await runHereUntilDone(machine, exec);
    assertPromise(machine, { ...promised, mayDieBy: ['SIGKILL'] });
    expect(spooled(machine)).toEqual([]);
  });
});

test('a spooled part that the disk gives back with other bytes is refused, and the next run mends it', async () => {
  // While the first part is stuck, the second one waits on the disk.
  const { machine, exec, promised } = await prepare(['upload-part#1:stall@4K']);
  const child = start(machine, [...exec, '--concurrency', '1', '--read-timeout', '10s']);
  const second = (): string | undefined => spooled(machine).find((name) => name.endsWith('-1.part'));
  const folder = join(machine.home, '.local/state/glacier-up/spool');
  await until(() => second() !== undefined && statSync(join(folder, String(second()))).size === MiB);
  const fd = openSync(join(folder, String(second())), 'r+');
  writeSync(fd, Buffer.from('other bytes'), 0, 11, 1000);
  closeSync(fd);
  const [code] = await once(child, 'exit');
  expect({ code, said: child.said() }).toMatchObject({ code: 10 });
  await runHereUntilDone(machine, exec);
  assertPromise(machine, promised);
});

describe('upload - to a vault that misbehaves', () => {
  test.each([
    ['loses the reply to a part', 'upload-part#2:lose-reply'],
    ['cuts a part', 'upload-part#2:cut@300K'],
    ['is overloaded', 'upload-part#1-4:error=ServiceUnavailableException'],
    ['throttles', 'upload-part#2-3:error=ThrottlingException'],
    ['computes another tree hash', 'upload-part#3:wrong-tree-hash'],
    ['loses the reply to Initiate', 'initiate#1:lose-reply'],
    ['loses the reply to Complete', 'complete#1:lose-reply'],
    ['does not name the archive', 'complete#1:no-archive-id'],
  ])('and %s: one run, one archive', async (_, fault) => {
    const { machine, exec, promised } = await prepare([fault]);
    await machine.run(exec);
    assertPromise(machine, promised);
  });

  test('that allows no Abort: content that is archived already is still found, and its ID printed', async () => {
    const { machine, exec, promised } = await prepare(['abort:error=AccessDeniedException']);
    const first = await machine.run(exec);
    const second = await machine.run(exec);
    expect(second).toMatchObject({ exitCode: 0, stdout: first.stdout });
    expect(second.stderr).toContain('the service drops it within about a day');
    expect(readVault(promised.vaultFolder, 'demo').archives).toHaveLength(1);
    expect(readdirSync(machine.sessionFolder)).toEqual([]);
  });

  test('that damaged a part refuses to complete; the next run sends that part again', async () => {
    const { machine, exec, promised } = await prepare(['upload-part#2:corrupt']);
    const first = await machine.run([...exec, '--concurrency', '1']);
    expect(first).toMatchObject({ exitCode: 1, stdout: '' });
    const second = await machine.run(exec);
    expect(second.stderr).toContain('part 1048576-2097151 is not in the vault as it was sent');
    assertPromise(machine, promised);
    expect(JSON.parse(readFileSync(machine.receiptFile, 'utf8')).parts).toEqual({
      total: 5,
      sent: 1,
      kept: 4,
    });
  });

  test('that is not there is tried again, and then exit 5 keeps everything', async () => {
    const { machine, exec, promised } = await prepare(['upload-part#3-6:error=ServiceUnavailableException']);
    const first = await machine.run([...exec, '--retry-for', '0', '--concurrency', '1']);
    expect(first.exitCode).toBe(5);
    const last = await runHereUntilDone(machine, [...exec, '--retry-for', '0', '--concurrency', '1']);
    expect(last.exitCode).toBe(0);
    assertPromise(machine, promised);
  });
});
