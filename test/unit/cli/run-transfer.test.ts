/** What is printed of a transfer, and what options ask of one. */
import { describe, expect, test } from 'vitest';
import { printOutcome, requestOptions } from '../../../src/cli/operands/run-transfer.js';
import { GlacierUpError } from '../../../src/errors.js';
import type { Receipt } from '../../../src/session/receipts/receipt.js';
import { UnsavedReceiptError } from '../../../src/transfer/lifecycle/settle.js';
import { commandRun } from './helpers/command-run.js';
import { idOf, receiptOf } from './helpers/known-here.js';

const treeHash = 'a'.repeat(64);

describe('of a transfer', () => {
  test.each<[string, Partial<Receipt>, boolean, string, string]>([
    [
      'a new archive is told with its parts',
      { parts: { total: 3, sent: 2, kept: 1 } },
      true,
      'archived',
      `f: archived, 2 KiB, tree hash ${treeHash} (2 of 3 parts sent)`,
    ],
    [
      'a single part has the right noun',
      {},
      true,
      'archived',
      `f: archived, 2 KiB, tree hash ${treeHash} (1 of 1 part sent)`,
    ],
    [
      'one from an inventory has no parts',
      { parts: null },
      true,
      'archived',
      `f: archived, 2 KiB, tree hash ${treeHash} `,
    ],
    [
      'an earlier one has its date',
      {},
      false,
      'archivedAlready',
      'f: archived already, on 2026-02-01T00:00:00.000Z',
    ],
  ])('%s', async (_, changes, isNew, outcome, note) => {
    const { command, stdout, stderr } = commandRun();
    const counted: number[] = [];
    const what = await printOutcome(
      command.reporter,
      async () => ({ receipt: receiptOf('A', changes), isNew }),
      { name: 'f', file: 'f', withName: false, count: (sizeBytes) => void counted.push(sizeBytes) },
    );
    expect(what).toBe(outcome);
    expect(stderr()).toBe(`glacier-up: ${note}\n`);
    expect(stdout()).toBe(`${idOf('A')}\n`);
    expect(counted).toEqual(isNew ? [2048] : []);
  });

  test('the result has the name of its file where there are several, and waits for its turn', async () => {
    const { command, stdout } = commandRun();
    const writes: (() => void)[] = [];
    await printOutcome(command.reporter, async () => ({ receipt: receiptOf('A'), isNew: true }), {
      name: 'f',
      file: 'f',
      withName: true,
      print: (write) => writes.push(write),
    });
    expect(stdout()).toBe('');
    for (const write of writes) write();
    expect(stdout()).toBe(`${idOf('A')}  f\n`);
  });

  test.each([
    ['whose receipt could not be saved, the archive is printed', true, `${idOf('A')}\n`],
    ['that fails, nothing is printed', false, ''],
  ])('%s', async (_, isStored, printed) => {
    const { command, stdout } = commandRun();
    const full = new GlacierUpError('state-unusable', 'the disk is full');
    const error = isStored ? new UnsavedReceiptError(receiptOf('A'), full) : full;
    const failed = printOutcome(command.reporter, () => Promise.reject(error), {
      name: 'f',
      file: 'f',
      withName: false,
    });
    await expect(failed).rejects.toBe(error);
    expect(stdout()).toBe(printed);
  });
});

describe('options that ask for', () => {
  test.each<[string, object, object]>([
    ['nothing', {}, { verify: false, replaceParts: false }],
    [
      'everything',
      { uploadId: 'an-upload', verify: true, onChange: 'restart', replaceParts: true },
      { uploadId: 'an-upload', verify: true, onChange: 'restart', replaceParts: true },
    ],
  ])('%s', (_, options, request) => {
    expect(requestOptions(commandRun(options).command)).toStrictEqual(request);
  });
});
