/** `receipts` without an inventory: the list, the archives of a file, and what is not shown. */
import { appendFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { run } from '../../../src/cli/commands/receipts/run.js';
import { openReceipts } from '../../../src/cli/open/open-state.js';
import type { Receipt } from '../../../src/session/receipts/receipt.js';
import { commandRun } from './helpers/command-run.js';
import { appendReceipts, demo, idOf, receiptOf } from './helpers/known-here.js';

interface Given {
  receipts?: Receipt[];
  options?: object;
  givenOptions?: string[];
  files?: string[];
  /** Archives that are noted as gone. */
  gone?: string[];
  /** Appended to the receipts as it is. */
  line?: string;
}

async function listed({ receipts = [], options = {}, givenOptions, files = [], gone = [], line }: Given) {
  const runOf = commandRun(options, givenOptions ? { givenOptions } : {});
  const log = await appendReceipts(runOf.command, receipts);
  for (const letter of gone) await log.noteGone(idOf(letter), 'not-listed');
  if (line !== undefined) appendFileSync(openReceipts(runOf.command).file, line);
  const error = await run(runOf.command, files).then(
    () => null,
    (thrown: unknown) => thrown as Error & { code: string },
  );
  return {
    ...runOf,
    error: error && { code: error.code, message: error.message },
    lines: runOf.stdout().split('\n').filter(Boolean),
    said: runOf.stderr(),
  };
}

const shown = (letter: string, end = '') =>
  `${idOf(letter)}  2026-02-01T00:00:00.000Z  demo  2 KiB  /data/A${end}`;
const inOther = receiptOf('B', { destination: { ...demo, vault: 'other' } });
const notListed = '  an inventory of the vault does not list it (noted on 2026-03-01T12:00:00.000Z)';

describe('the list of receipts', () => {
  test('has a line for each, with its endpoint and why it is gone', async () => {
    const { lines, said } = await listed({
      receipts: [
        receiptOf('A'),
        receiptOf('B', { path: '/data/A', destination: { ...demo, endpoint: 'http://h:1\u001b' } }),
      ],
      gone: ['A'],
    });
    expect(lines).toEqual([shown('A', notListed), shown('B').replace('demo', 'demo (http://h:1\\x1b)')]);
    expect(said).toBe('');
  });

  test('as JSON has an object for each', async () => {
    const { objects } = await listed({ receipts: [receiptOf('A'), inOther], options: { json: true } });
    expect(objects()).toMatchObject([
      { type: 'archive', archiveId: idOf('A'), file: '/data/A', vault: 'demo' },
      { type: 'archive', archiveId: idOf('B'), file: '/data/B', vault: 'other' },
    ]);
  });

  test('is whole, in order and written in pieces, however long it is', async () => {
    const receipts = Array.from({ length: 1001 }, (_, index) =>
      receiptOf('A', { archiveId: `${index}`.padStart(138, 'x') }),
    );
    const runOf = commandRun();
    await openReceipts(runOf.command).appendAll(receipts);
    const { stdout } = runOf.command.context;
    const { write } = stdout;
    const pieces: number[] = [];
    Object.assign(stdout, {
      write: (text: string) => {
        pieces.push(text.split('\n').length - 1);
        return write(text);
      },
    });
    await run(runOf.command, []);
    expect(pieces).toEqual([500, 500, 1]);
    const ids = runOf
      .stdout()
      .trim()
      .split('\n')
      .map((line) => line.split('  ')[0]);
    expect(ids).toEqual(receipts.map(({ archiveId }) => archiveId));
  });

  test('ends when nobody reads it any more', async () => {
    const receipts = Array.from({ length: 1001 }, (_, index) =>
      receiptOf('A', { archiveId: `${index}`.padStart(138, 'x') }),
    );
    const runOf = commandRun();
    await openReceipts(runOf.command).appendAll(receipts);
    let writes = 0;
    const stdout = {
      ...runOf.command.context.stdout,
      fault: new Error('nobody reads'),
      write: () => {
        writes += 1;
        return true;
      },
    };
    Object.assign(runOf.command.context.stdout, stdout);
    await run(runOf.command, []);
    expect(writes).toBe(1);
  });

  test.each([
    [{}, 'glacier-up: no receipts\n'],
    [{ vault: 'photos' }, 'glacier-up: no receipts of vault photos\n'],
  ])('that is empty with %j says so', async (options, said) => {
    expect(await listed({ options })).toMatchObject({ lines: [], said, error: null });
  });

  test.each<[string, object, string[], string]>([
    [
      'the vault',
      { vault: 'demo' },
      [],
      'glacier-up: 1 receipt of other vaults is not shown, since GLACIER_UP_VAULT is demo\n',
    ],
    [
      'vault and region',
      { vault: 'demo', region: 'eu-west-1' },
      [],
      'glacier-up: 1 receipt of other vaults is not shown, since GLACIER_UP_VAULT is demo and GLACIER_UP_REGION is eu-west-1\n',
    ],
    ['nothing that was given on the command line', { vault: 'demo' }, ['vault'], ''],
  ])('names as what hides others %s', async (_, options, givenOptions, said) => {
    const result = await listed({ receipts: [receiptOf('A'), inOther], options, givenOptions });
    expect(result).toMatchObject({ lines: [shown('A')], said });
  });

  test('says nothing of variables that hide nothing', async () => {
    const options = { vault: 'demo' };
    expect((await listed({ receipts: [receiptOf('A')], options, givenOptions: [] })).said).toBe('');
  });

  test('names the lines that are no receipts, after all others', async () => {
    const { lines, error } = await listed({ receipts: [receiptOf('A')], line: '{"half": \n' });
    expect(lines).toEqual([shown('A')]);
    expect(error).toMatchObject({
      code: 'state-unusable',
      message: expect.stringMatching(/receipts\.jsonl: invalid receipts on lines 2$/),
    });
  });
});

describe('the receipts of a file', () => {
  const path = '/data/A';

  test('are those of each time, the last one last; earlier content is marked', async () => {
    const { lines } = await listed({
      receipts: [receiptOf('A'), receiptOf('B', { path }), receiptOf('C')],
      gone: ['A'],
      files: [path],
    });
    expect(lines).toEqual([shown('A', `${notListed}  earlier content`), shown('B')]);
  });

  test('are current in each vault', async () => {
    const { objects } = await listed({
      receipts: [
        receiptOf('A'),
        receiptOf('B', { path }),
        receiptOf('C', { path, destination: inOther.destination }),
      ],
      files: [path],
      options: { json: true },
    });
    expect(objects()).toMatchObject([
      { archiveId: idOf('A'), file: path, content: 'earlier' },
      { archiveId: idOf('B'), content: 'current' },
      { archiveId: idOf('C'), content: 'current' },
    ]);
  });

  test('may be of several files; one without any is a failure', async () => {
    const { lines, failures } = await listed({
      receipts: [receiptOf('A'), receiptOf('B')],
      files: ['/data/B', '/data/nothing', path],
    });
    expect(lines).toHaveLength(2);
    expect(failures).toMatchObject([
      { file: '/data/nothing', error: { code: 'receipt-unknown', message: 'no receipt is known here' } },
    ]);
  });

  test('cannot be told where the file cannot', async () => {
    const runOf = commandRun();
    const loop = join(runOf.folder, 'loop');
    symlinkSync('loop', loop);
    await run(runOf.command, [loop]);
    expect(runOf.failures).toMatchObject([{ error: { code: 'archive-unusable' }, file: loop }]);
  });
});

describe('receipts --forget', () => {
  test('notes it, and says of which file the archive was', async () => {
    const { said, command } = await listed({ receipts: [receiptOf('A')], options: { forget: idOf('A') } });
    expect(said).toBe(`glacier-up: archive ${idOf('A')} (/data/A) does not count as uploaded any more\n`);
    expect(openReceipts(command).byArchiveId(idOf('A'))).toMatchObject({ gone: { reason: 'forgotten' } });
  });

  test('of an archive that is not known is exit 4', async () => {
    expect((await listed({ options: { forget: idOf('A') } })).error).toEqual({
      code: 'receipt-unknown',
      message: `no receipt of archive ${idOf('A')} is known here`,
    });
  });
});
