import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { asOfText, assertYoung } from '../../../src/cli/open/inventory-age.js';
import { inventoryFile } from '../../../src/cli/open/inventory-file.js';
import type { InventorySource } from '../../../src/glacier/inventory/inventory-source.js';
import { makeContext } from '../../helpers/cli.js';
import { fakeClock } from '../../helpers/fake-clock.js';
import { tempFolder } from '../../helpers/temp-folder.js';

type Run = Parameters<typeof inventoryFile>[0] & Parameters<typeof assertYoung>[0];

const dayMs = 86_400_000;
const nowMs = Date.parse('2026-01-10T00:00:00Z');
const text = JSON.stringify({
  VaultARN: 'arn:aws:glacier:us-east-1:123456789012:vaults/demo',
  InventoryDate: '2026-01-07T00:00:00Z',
  ArchiveList: [],
});

function running(options: Run['options'] = {}, stdin?: Readable, signal = new AbortController().signal): Run {
  const how = { folder: '/nonexistent', clock: fakeClock(nowMs), ...(stdin ? { stdin } : {}) };
  return { context: makeContext(how).context, options, signal } as Run;
}

async function summaryOf(source: InventorySource) {
  const reading = source.read();
  for await (const _ of reading);
  return reading.summary;
}

describe('an inventory that is named', () => {
  test('is read from its file, as often as it is needed', async () => {
    const file = join(tempFolder(), 'inventory');
    writeFileSync(file, text);
    const source = inventoryFile(running(), file);
    expect(source).toMatchObject({ name: file, askedAtMs: null });
    expect(source.isOnce).toBeUndefined();
    for (let time = 0; time < 2; time += 1) {
      expect(await summaryOf(source)).toMatchObject({ archives: 0, takenAt: '2026-01-07T00:00:00Z' });
    }
  });

  test('- is read from standard input, once', async () => {
    const source = inventoryFile(
      running({}, Readable.from([text.slice(0, 20), Buffer.from(text.slice(20))])),
      '-',
    );
    expect(source).toMatchObject({ name: 'standard input', isOnce: true });
    expect(source.read()).toBe(source.read());
    expect(await summaryOf(source)).toMatchObject({ archives: 0 });
  });

  test('that is not there, or a folder, is told so', async () => {
    const folder = tempFolder();
    mkdirSync(join(folder, 'sub'));
    for (const [name, reason] of [
      ['none', 'no such file'],
      ['sub', 'it is a folder'],
    ] as const) {
      const file = join(folder, name);
      await expect(summaryOf(inventoryFile(running(), file))).rejects.toMatchObject({
        code: 'archive-unusable',
        message: `the inventory ${file}: ${reason}`,
      });
    }
  });

  test('whose pipe breaks is told with the reason', async () => {
    const stdin = new PassThrough();
    const reading = summaryOf(inventoryFile(running({}, stdin), '-'));
    stdin.destroy(Object.assign(new Error('broken'), { code: 'EIO' }));
    await expect(reading).rejects.toMatchObject({
      code: 'archive-unusable',
      message: 'the inventory standard input: the disk reports an error',
    });
  });

  test.each(['-', 'file'])('%s is read no further after a signal', async (name) => {
    const abort = new AbortController();
    const reason = new Error('SIGINT');
    const file = join(tempFolder(), 'file');
    writeFileSync(file, text);
    const source = inventoryFile(running({}, new PassThrough(), abort.signal), name === '-' ? name : file);
    const reading = summaryOf(source);
    abort.abort(reason);
    await expect(reading).rejects.toBe(reason);
  });
});

describe('the age of an inventory', () => {
  const sourceOf = (askedAtMs: number | null, takenAt: string | null): InventorySource => ({
    ...inventoryFile(
      running(
        {},
        Readable.from([
          takenAt === null ? 'ArchiveId,ArchiveDescription,CreationDate,Size,SHA256TreeHash\n' : text,
        ]),
      ),
      '-',
    ),
    name: 'in\tventory',
    askedAtMs,
  });

  test('does not matter without --max-age', async () => {
    await assertYoung(running(), sourceOf(0, null));
  });

  test('counts from when it was asked for', async () => {
    await assertYoung(running({ maxAge: 2 * dayMs }), sourceOf(nowMs - 2 * dayMs, null));
    await expect(
      assertYoung(running({ maxAge: 2 * dayMs }), sourceOf(nowMs - 2 * dayMs - 1, null)),
    ).rejects.toMatchObject({
      code: 'inventory-old',
      message: 'the inventory in\\tventory was asked for 2 days ago, longer than --max-age',
    });
  });

  test('else from when it was taken, as the inventory says', async () => {
    await assertYoung(running({ maxAge: 3 * dayMs }), sourceOf(null, 'said'));
    await expect(assertYoung(running({ maxAge: 3 * dayMs - 1 }), sourceOf(null, 'said'))).rejects.toThrow(
      'the inventory in\\tventory was taken 3 days ago, longer than --max-age',
    );
  });

  test('that it does not say is too old', async () => {
    await expect(assertYoung(running({ maxAge: 100 * dayMs }), sourceOf(null, null))).rejects.toMatchObject({
      code: 'inventory-old',
      message: 'the inventory in\\tventory does not say when it was taken',
    });
  });

  test('is told in words', () => {
    expect(asOfText({ takenAt: '2026-01-07T00:00:00Z' }, nowMs)).toBe(
      ', as of 2026-01-07T00:00:00Z (3 days ago)',
    );
    expect(asOfText({ takenAt: null }, nowMs)).toBe('');
  });
});
