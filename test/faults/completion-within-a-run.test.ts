/** Complete within one run, and a run that is killed at it. */
import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { makeMachine, program, runUntilDone } from './helpers/machine.js';
import { assertPromise } from './helpers/promise.js';
import { type ServedPlace, servedPlace } from './helpers/served-place.js';
import { readVault, serve } from './helpers/served-vault.js';

/** Each runs the program several times. */
vi.setConfig({ testTimeout: 180_000 });

const upload = (place: ServedPlace, ...words: string[]) =>
  place.run(['upload', place.file, '--part-size', '1M', '--concurrency', '1', ...words]);

function expectOnce(place: ServedPlace, { code, stdout, stderr }: Awaited<ReturnType<typeof upload>>): void {
  expect(code, stderr).toBe(0);
  expect(place.archives()).toMatchObject([{ archiveId: stdout.trim() }]);
  expect(place.receipts()).toMatchObject([{ archiveId: stdout.trim() }]);
  expect(place.sessions()).toEqual([]);
}

describe('the same process carries on when Complete', () => {
  test.each([
    ['once names no archive', ['complete#1:no-archive-id']],
    ['once names another hash', ['complete#1:wrong-tree-hash']],
    ['once is refused for nothing (400)', ['complete#1:error=InvalidParameterValueException']],
    ['is refused for a part that was stored wrongly (400)', ['upload-part#2:corrupt']],
    [
      'is refused for a part that the service has lost (400)',
      ['complete#1:error=InvalidParameterValueException', 'list-parts#1:omit-part=2'],
    ],
    ['loses its reply five times', ['complete#1-5:lose-reply']],
    ['is throttled for a while', ['complete#1-8:error=ThrottlingException']],
  ])('%s', async (_, faults) => {
    const place = await servedPlace();
    await place.faults(...faults);
    expectOnce(place, await upload(place));
  });
});

describe('the run ends with everything kept when Complete', () => {
  test.each([
    [
      'is refused twice though every part is right: exit 1',
      'complete:error=InvalidParameterValueException',
      1,
    ],
    ['names no archive, ever: exit 6', 'complete:no-archive-id', 6],
    ['names another hash, ever: exit 10', 'complete:wrong-tree-hash', 10],
    ['loses its reply, ever: exit 5', 'complete:lose-reply', 5],
    ['is answered by a portal, ever: exit 5', 'complete:html=200', 5],
  ])('%s; the next run makes no second archive', async (_, fault, code) => {
    const place = await servedPlace();
    await place.faults(fault);
    const result = await upload(place);
    expect(result, result.stderr).toMatchObject({ code, stdout: '' });
    expect(result.stderr).toMatch(/^hint: /m);
    expect(place.sessions()).toMatchObject([{ phase: 'completing' }]);
    await place.faults();
    expectOnce(place, await upload(place));
  });

  test('loses its reply, and the service forgets the upload before it is asked again: exit 6', async () => {
    const place = await servedPlace();
    await place.faults('complete#1:lose-reply');
    const onStderr = (text: string): void => {
      if (/try 1 failed/.test(text)) place.passADay();
    };
    const words = ['upload', place.file, '--part-size', '1M', '--verbose'];
    const { code, stderr } = await place.run(words, { onStderr });
    expect(code, stderr).toBe(6);
    expect(place.archives()).toHaveLength(1);
    // Only who insists gets another one.
    expect(await upload(place, '--start-over')).toMatchObject({ code: 6 });
    expect(place.archives()).toHaveLength(1);
    expect(await upload(place, '--start-over', '--force')).toMatchObject({ code: 0 });
    expect(place.archives()).toHaveLength(2);
  });

  test('of another tool’s upload loses its reply, and is then forgotten: it only asked, so the upload is gone', async () => {
    const place = await servedPlace();
    const signals = new EventEmitter();
    let stored = 0;
    const onStderr = (text: string): void => {
      stored += text.match(/part \S+ stored/g)?.length ?? 0;
      if (stored === 3) {
        stored = 4;
        signals.emit('SIGINT');
      }
      if (/try 1 failed/.test(text)) place.passADay();
    };
    const words = ['upload', place.file, '--part-size', '1M', '--verbose', '--concurrency', '1'];
    await place.run(words, { signals, onStderr });
    expect(await place.other.complete()).toMatchObject({ status: 201 });
    await place.faults('complete#1:lose-reply');
    const { code, stdout, stderr } = await place.run(words, { onStderr });
    expect(code, stderr).toBe(0);
    expect(place.receipts()).toMatchObject([{ archiveId: stdout.trim() }]);
    expect(place.sessions()).toEqual([]);
  });
});

describe('an upload that another tool drops just before the first Complete', () => {
  const dropping = (place: ServedPlace): { onStderr: (text: string) => void } => {
    let stored = 0;
    return {
      onStderr: (text) => {
        const before = stored;
        stored += text.match(/part \S+ stored/g)?.length ?? 0;
        if (before < 3 && stored >= 3) void place.other.abort();
      },
    };
  };

  test('was not completed: upload sends the file again', async () => {
    const place = await servedPlace();
    await place.faults('complete#1:delay=1s');
    const words = ['upload', place.file, '--part-size', '1M', '--concurrency', '1', '--verbose'];
    const result = await place.run(words, dropping(place));
    expect(result.stderr).toContain('the upload is not open any more');
    expectOnce(place, result);
  });

  test('was not completed: from a pipe, the same command archives it', async () => {
    const place = await servedPlace();
    await place.faults('complete#1:delay=1s');
    const words = [
      'upload',
      '-',
      '--name',
      's',
      '--eof-completes',
      '--part-size',
      '1M',
      '--concurrency',
      '1',
    ];
    const stdin = readFileSync(place.file);
    const result = await place.run([...words, '--verbose'], { stdin, ...dropping(place) });
    expect(result.code, result.stderr).toBe(8);
    expect(result.stderr).toContain('hint: run the same command again');
    expect(place.sessions()).toMatchObject([{ phase: 'uploading' }]);
    expectOnce(place, await place.run(words, { stdin }));
  });
});

describe('a run that is killed at its Complete', () => {
  test.each([
    ['before the service has done it', 'complete:black-hole', 0],
    ['after the service has done it', 'complete:slow-reply=10m', 1],
  ])('%s, is carried on by the same command', async (_, fault, archives) => {
    const machine = makeMachine();
    const server = await serve({ faults: [fault] });
    await server.createVault('v');
    const words = ['upload', machine.file, '--part-size', '1M', ...server.words('v')];
    const run = spawn(process.execPath, [program, ...words], { env: machine.env, stdio: 'ignore' });
    onTestFinished(() => void run.kill('SIGKILL'));
    const isCompleting = (): boolean =>
      readdirSync(machine.sessionFolder).some(
        (name) =>
          name.endsWith('.json') &&
          readFileSync(join(machine.sessionFolder, name), 'utf8').includes('"completing"'),
      );
    for (;;) {
      try {
        if (isCompleting() && readVault(server.folder, 'v').archives.length === archives) break;
      } catch {
        // Not there yet, or being replaced just now.
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    run.kill('SIGKILL');
    await once(run, 'exit');
    await server.kill();
    await serve({ folder: server.folder, port: new URL(server.url).port });
    await runUntilDone(machine, words);
    assertPromise(machine, { vaultFolder: server.folder, vault: 'v' });
  });
});

describe('--again', () => {
  test.each([
    ['before its first part', 'upload-part#1:status=503', 5],
    ['in the middle', 'upload-part#3:status=503', 5],
    ['at Complete, which worked', 'complete#1:lose-reply', 5],
    ['at Complete, which did not', 'complete#1:status=503', 5],
  ])('interrupted %s and carried on makes exactly one archive more', async (_, fault, code) => {
    const place = await servedPlace();
    expect(await upload(place)).toMatchObject({ code: 0 });
    for (const words of [['--again'], []]) {
      const before = place.archives().length;
      await place.faults(fault);
      expect(await upload(place, '--again', '--retry-for', '0')).toMatchObject({ code });
      await place.faults();
      const { code: end, stdout } = await upload(place, ...words);
      expect(end).toBe(0);
      expect(place.archives()).toHaveLength(before + 1);
      expect(place.receipts().at(-1)?.archiveId).toBe(stdout.trim());
      expect(place.receipts()).toHaveLength(before + 1);
    }
    // Without it, nothing more.
    const count = place.archives().length;
    expect(await upload(place)).toMatchObject({ code: 0 });
    expect(place.archives()).toHaveLength(count);
  });
});
