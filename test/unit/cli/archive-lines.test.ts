import { describe, expect, test } from 'vitest';
import { archiveFields, entryText, receiptName } from '../../../src/cli/output/archive-lines.js';
import { describedName, nameMarks } from '../../../src/cli/output/described-name.js';
import type { InventoryEntry } from '../../../src/glacier/inventory/inventory.js';
import type { KnownReceipt } from '../../../src/session/receipts/receipt.js';

const entry: InventoryEntry = {
  archiveId: 'id',
  description: '{"Path":"photos/a.jpg","UTCDateModified":"20200131T120000Z"}',
  createdAt: '2020-02-01T00:00:00Z',
  sizeBytes: 1024,
  treeHash: 'a'.repeat(64),
};

describe('an entry of an inventory', () => {
  test('is its ID, date, size and the name in its description', () => {
    expect(entryText(entry)).toBe('id  2020-02-01T00:00:00Z  1 KiB  photos/a.jpg');
    expect(entryText(entry, { isQuoted: true })).toBe('id  2020-02-01T00:00:00Z  1 KiB  "photos/a.jpg"');
  });

  test('is told by its description as it is when that is asked for', () => {
    expect(entryText(entry, { isRaw: true })).toBe(`id  2020-02-01T00:00:00Z  1 KiB  ${entry.description}`);
  });

  test('without a name in it is told by its description', () => {
    expect(entryText({ ...entry, description: '' })).toBe('id  2020-02-01T00:00:00Z  1 KiB  ');
    expect(describedName('just words')).toBe('just words');
  });

  test('that lacks something says what, and what it lacks is a question mark', () => {
    const faulty: InventoryEntry = {
      archiveId: null,
      description: 'b',
      createdAt: '',
      sizeBytes: null,
      treeHash: null,
      fault: 'no archive ID',
    };
    expect(entryText(faulty)).toBe('?  ?  ? bytes  b  (no archive ID)');
    expect(entryText(faulty, { isRaw: true })).toBe('?  ?  ? bytes  b  (no archive ID)');
  });
});

test('what is unusual about a name is told beside it, in its order', () => {
  const plain = { name: 'a', modifiedAt: null, writer: null };
  expect(nameMarks(plain)).toEqual([]);
  expect(nameMarks({ ...plain, isFolder: true })).toEqual(['folder']);
  expect(nameMarks({ ...plain, isCompressed: true, isEncrypted: true, otherName: 'b\n' })).toEqual([
    'compressed',
    'encrypted',
    'or "b\\n"',
  ]);
});

const receipt: KnownReceipt = {
  schema: 1,
  archiveId: 'id',
  location: '/l',
  accountId: '123456789012',
  destination: { profile: null, accountOption: '-', region: 'eu-west-1', endpoint: null, vault: 'v' },
  uploadId: 'upload',
  sizeBytes: 1,
  treeHash: 'a'.repeat(64),
  description: 'said',
  partSizeBytes: 1024 ** 2,
  parts: { total: 1, sent: 1, kept: 0 },
  startedAt: '2026-01-01T00:00:00.000Z',
  completedAt: '2026-01-01T00:00:01.000Z',
  path: '/photos/a\tb',
  identity: null,
};

describe('an archive', () => {
  test('is known by its file, else by the name of its pipe', () => {
    expect(receiptName(receipt)).toBe('/photos/a\\tb');
    expect(receiptName({ ...receipt, path: null, streamName: 'dump' })).toBe('dump');
  });

  test('without either is known by its upload, and a rebuilt one by what its description says', () => {
    expect(receiptName({ ...receipt, path: null })).toBe('upload upload');
    expect(receiptName({ ...receipt, path: null, uploadId: null })).toBe('"said"');
    const { description } = entry;
    expect(receiptName({ ...receipt, path: null, uploadId: null, description })).toBe('"photos/a.jpg"');
  });

  test('in JSON has a name only if it came from a pipe, and says when it is gone', () => {
    const fields = archiveFields(receipt, '/photos/a');
    expect(fields).toMatchObject({ type: 'archive', file: '/photos/a', deletedAt: null, gone: null });
    expect('name' in fields || 'recorded' in fields).toBe(false);
    const gone = { reason: 'not-found', goneAt: '2026-02-01T00:00:00.000Z' } as const;
    const recorded = { name: 'b', modifiedAt: null, writer: 'sagu' } as const;
    const deletedAt = '2026-03-01T00:00:00.000Z';
    expect(archiveFields({ ...receipt, streamName: 'dump', gone, deletedAt, recorded }, null)).toMatchObject({
      file: null,
      name: 'dump',
      deletedAt,
      gone,
      recorded,
    });
  });
});
