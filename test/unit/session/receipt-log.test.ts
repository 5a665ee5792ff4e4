import {
  appendFileSync,
  closeSync,
  cpSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { realClock } from '../../../src/clock.js';
import { LineFields, sizeHash, subjectHash, textHash } from '../../../src/session/receipts/line-fields.js';
import { isNote, parseLine } from '../../../src/session/receipts/lines.js';
import { type Receipt, subjectKey } from '../../../src/session/receipts/receipt.js';
import { openReceiptLog, type ReceiptLog } from '../../../src/session/receipts/receipt-log.js';
import { steppedClock } from '../../helpers/fake-clock.js';
import { tempFolder } from '../../helpers/temp-folder.js';

const hex = (length: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length });
const word = fc.string({ unit: fc.constantFrom(...'abcXYZ019-_'), minLength: 1, maxLength: 20 });

const receipts: fc.Arbitrary<Receipt> = fc
  .record({
    archiveId: word,
    account: fc.constantFrom('111122223333', ''),
    endpoint: fc.option(fc.constant('http://h:1/"uploadId":')),
    uploadId: fc.option(word),
    sizeBytes: fc.maxSafeNat(),
    treeHash: hex(64),
    description: fc.string(),
    path: fc.option(fc.string({ unit: 'binary' }).map((text) => `/${text}`)),
    streamName: fc.option(fc.string(), { nil: undefined }),
    identity: fc.option(fc.constant({ device: '1', inode: '2', sizeBytes: 3, mtimeNs: '4', ctimeNs: '5' })),
  })
  .map(({ account, endpoint, path, streamName, ...fields }) => ({
    schema: 1,
    archiveId: fields.archiveId,
    location: `/${account}/vaults/v/archives/${fields.archiveId}`,
    accountId: account,
    destination: { profile: null, accountOption: '-', region: 'eu-west-1', endpoint, vault: 'v' },
    uploadId: fields.uploadId,
    sizeBytes: fields.sizeBytes,
    treeHash: fields.treeHash,
    description: fields.description,
    partSizeBytes: null,
    parts: null,
    startedAt: null,
    completedAt: '2026-01-01T00:00:00.000Z',
    path,
    ...(path === null && streamName !== undefined ? { streamName } : {}),
    identity: fields.identity,
  }));

/** Another program may write the same object in another form. */
const spellings: ((receipt: Receipt) => string)[] = [
  (receipt) => JSON.stringify(receipt),
  (receipt) => JSON.stringify(receipt, null, ' ').replaceAll('\n', ''),
  (receipt) => JSON.stringify(receipt).replaceAll('/', '\\/'),
  (receipt) =>
    JSON.stringify(receipt).replace(
      /[^ -~]/g,
      (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
    ),
];

describe('the keys of lines', () => {
  test('are those of the parsed lines, in any spelling, with any text before and behind them', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(receipts, fc.constantFrom(...spellings)), { minLength: 1, maxLength: 8 }),
        (written) => {
          const lines = written.map(([receipt, spell]) => Buffer.from(spell(receipt)));
          const log = Buffer.concat(lines.flatMap((line) => [line, Buffer.from('\n')]));
          const fields = new LineFields();
          let start = 0;
          for (const [index, line] of lines.entries()) {
            const receipt = written[index]?.[0] as Receipt;
            expect(fields.keysOf(log, start, start + line.length)).toEqual({
              archive: textHash(receipt.archiveId),
              upload: receipt.uploadId === null ? null : textHash(receipt.uploadId),
              size: sizeHash(receipt.sizeBytes),
              content: textHash(receipt.treeHash),
              subject: subjectHash(subjectKey(receipt)),
            });
            start += line.length + 1;
          }
        },
      ),
    );
  });

  test('a line cut off anywhere has none, or those of the whole line', () => {
    const [receipt] = fc.sample(receipts, 1);
    const whole = Buffer.from(JSON.stringify(receipt));
    const keys = new LineFields().keysOf(whole, 0, whole.length);
    for (let end = 0; end < whole.length; end += 1) {
      const cut = new LineFields().keysOf(whole.subarray(0, end), 0, end);
      if (cut !== null) expect(cut).toEqual(keys);
    }
  });
});

interface Kept {
  folder: string;
  file: string;
  log: ReceiptLog;
  /** As another process sees it. */
  other: ReceiptLog;
}

function kept(): Kept {
  const folder = tempFolder();
  const open = () => openReceiptLog(folder, undefined, realClock);
  return { folder, file: join(folder, 'receipts.jsonl'), log: open(), other: open() };
}

function receipt(n: number, changes: Partial<Receipt> = {}): Receipt {
  return {
    schema: 1,
    archiveId: `archive-${n}`,
    location: `/111122223333/vaults/v/archives/archive-${n}`,
    accountId: '111122223333',
    destination: { profile: null, accountOption: '-', region: 'eu-west-1', endpoint: null, vault: 'v' },
    uploadId: `upload-${n}`,
    sizeBytes: 1000 + n,
    treeHash: String(n).padStart(64, '0'),
    description: `file-${n}`,
    partSizeBytes: 1024 ** 2,
    parts: { total: 1, sent: 1, kept: 0 },
    startedAt: '2026-01-01T00:00:00.000Z',
    completedAt: '2026-01-01T00:00:01.000Z',
    path: `/data/file-${n}`,
    identity: null,
    ...changes,
  };
}

const idsOf = (archives: Iterable<{ archiveId: string }>) => [...archives].map(({ archiveId }) => archiveId);

describe('the receipt log', () => {
  test('finds an archive by its ID, upload, size, content and path', async () => {
    const { log } = kept();
    for (let n = 0; n < 50; n += 1) await log.append(receipt(n));
    expect(log.byArchiveId('archive-7')).toEqual(receipt(7));
    expect(log.byUploadId('upload-7')).toEqual(receipt(7));
    expect(log.byUploadId(null)).toBeNull();
    expect(idsOf(log.bySize(1007))).toEqual(['archive-7']);
    expect(idsOf(log.byContent(1007, receipt(7).treeHash))).toEqual(['archive-7']);
    expect(idsOf(log.byContent(1008, receipt(7).treeHash))).toEqual([]);
    expect([...log.bySubject('/data/file-7')]).toEqual([{ archive: receipt(7), identity: null }]);
    expect(idsOf(log.all())).toEqual(Array.from({ length: 50 }, (_, n) => `archive-${n}`));
  });

  test('finds each of many that is asked for, and the latest of those that are alike first', async () => {
    const { log, other } = kept();
    const archives = Array.from({ length: 4200 }, (_, n) =>
      receipt(n, { sizeBytes: n % 700, path: n % 10 === 0 ? null : `/${n}` }),
    );
    await log.appendAll(archives);
    for (let n = 0; n < archives.length; n += 70) {
      if (n % 700 === 0) await log.append(receipt(10_000 + n));
      expect(other.byArchiveId(`archive-${n + 1}`)).toEqual(archives[n + 1]);
      expect([...other.bySubject(`/${n}`)]).toEqual([]);
      expect(idsOf([...other.bySubject(`/${n + 1}`)].map(({ archive }) => archive))).toEqual([
        `archive-${n + 1}`,
      ]);
      expect(idsOf(other.bySize(n % 700))).toEqual(
        [5, 4, 3, 2, 1, 0].map((time) => `archive-${time * 700 + (n % 700)}`),
      );
    }
  });

  test('sees at once what another process appends', async () => {
    const { log, other } = kept();
    await log.append(receipt(1));
    expect(other.byUploadId('upload-1')).not.toBeNull();
    await log.append(receipt(2));
    expect(other.byUploadId('upload-2')).not.toBeNull();
    expect(idsOf(other.bySize(1002))).toEqual(['archive-2']);
  });

  test('never appends again what another process has appended meanwhile', async () => {
    const { log, other } = kept();
    await log.appendAll([receipt(1), receipt(2)]);
    await other.appendAll([receipt(2), receipt(3)]);
    expect(await log.appendAll([receipt(1), receipt(3), receipt(4), receipt(4)])).toEqual([receipt(4)]);
    expect(idsOf(other.all())).toEqual(['archive-1', 'archive-2', 'archive-3', 'archive-4']);
  });

  test('is read from its beginning when it was replaced or cut back', async () => {
    const { log, other, file } = kept();
    for (let n = 0; n < 5; n += 1) await log.append(receipt(n));
    expect(other.byArchiveId('archive-4')).not.toBeNull();
    const lines = readFileSync(file, 'utf8').split('\n');
    truncateSync(file, lines.slice(0, 2).join('\n').length + 1);
    appendFileSync(
      file,
      `${JSON.stringify(receipt(8))}\n${JSON.stringify(receipt(9))}\n${JSON.stringify(receipt(7))}\n`,
    );
    expect(idsOf(other.bySize(1007))).toEqual(['archive-7']);
    expect(idsOf(other.bySize(1008))).toEqual(['archive-8']);
    expect(idsOf(other.bySize(1003))).toEqual([]);
    expect(idsOf(other.bySize(1004))).toEqual([]);
    const fresh = `${file}.new`;
    writeFileSync(fresh, `${JSON.stringify(receipt(20))}\n`);
    renameSync(fresh, file);
    expect(idsOf(other.bySize(1020))).toEqual(['archive-20']);
    expect(other.byArchiveId('archive-4')).toBeNull();
  });

  test('reads a last line without its newline if it is whole, and once it is', async () => {
    const { log, file } = kept();
    await log.append(receipt(1));
    const line = JSON.stringify(receipt(2));
    appendFileSync(file, line.slice(0, 100));
    expect(log.byArchiveId('archive-2')).toBeNull();
    appendFileSync(file, line.slice(100));
    expect(log.byArchiveId('archive-2')).toEqual(receipt(2));
    await log.append(receipt(3));
    expect(idsOf(log.all())).toEqual(['archive-1', 'archive-2', 'archive-3']);
  });

  test('appends that come together are each kept, once, in their order', async () => {
    const { log, file } = kept();
    const numbers = Array.from({ length: 40 }, (_, n) => n);
    await Promise.all(numbers.map((n) => log.append(receipt(n))));
    await Promise.all(numbers.map((n) => log.append(receipt(n))));
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    expect(lines.map((line) => parseLine(line)?.archiveId)).toEqual(numbers.map((n) => `archive-${n}`));
  });

  test('an append leaves nothing running that would keep the process from its end', async () => {
    const { log } = kept();
    await log.append(receipt(1));
    await expect.poll(() => process.getActiveResourcesInfo()).not.toContain('Immediate');
  });

  test('folds notes into the receipt, in the order of the log', async () => {
    const { log } = kept();
    await log.append(receipt(1));
    await log.noteGone('archive-1', 'not-listed');
    await log.noteGone('archive-1', 'forgotten');
    expect(log.byArchiveId('archive-1')?.gone?.reason).toBe('not-listed');
    await log.noteFound('archive-1');
    expect(log.byArchiveId('archive-1')?.gone).toBeUndefined();
    await log.noteDeleted('archive-1');
    await log.noteDeleted('archive-1');
    const [archive, ...others] = log.all();
    expect(archive?.deletedAt).toBeDefined();
    expect(others).toEqual([]);
  });

  test('names the archive that was bound to a path last', async () => {
    const { log } = kept();
    await log.append(receipt(1, { path: '/a' }));
    await log.append(receipt(2, { path: '/a' }));
    await log.bind('archive-1', { path: '/a', identity: null });
    expect([...log.bySubject('/a')].map(({ archive }) => archive.archiveId)).toEqual([
      'archive-1',
      'archive-2',
      'archive-1',
    ]);
    expect([...log.subjects()]).toEqual(['/a']);
  });

  test('a receipt from an inventory gives way to that of an upload, and becomes that of the file it is bound to', async () => {
    const { log } = kept();
    const rebuilt = { uploadId: null, path: null, identity: null };
    await log.append(receipt(1, rebuilt));
    await log.append(receipt(2, rebuilt));
    await log.append(receipt(1));
    await log.bind('archive-2', { path: '/two', identity: null });
    expect(log.byArchiveId('archive-1')?.uploadId).toBe('upload-1');
    expect(log.byArchiveId('archive-2')?.path).toBe('/two');
    expect(idsOf(log.all())).toEqual(['archive-1', 'archive-2']);
  });

  test('tallies what was looked up', async () => {
    const { log } = kept();
    for (let n = 0; n < 4; n += 1) await log.append(receipt(n));
    await log.noteGone('archive-1', 'not-found');
    const tally = log.tally();
    tally.see('archive-1');
    tally.see('archive-3');
    expect(tally.see('archive-9')).toBeNull();
    expect(idsOf(tally.unseen())).toEqual(['archive-0', 'archive-2']);
  });

  test('a tally leaves out what is appended after it began', async () => {
    const { log, other } = kept();
    await log.appendAll([receipt(0), receipt(1)]);
    const tally = log.tally();
    await other.append(receipt(2));
    await log.noteGone('archive-2', 'not-found');
    expect(tally.see('archive-0')).toEqual(receipt(0));
    expect(idsOf(tally.unseen())).toEqual(['archive-1']);
  });

  test('names each vault once for each way in which it is spelled', async () => {
    const { log, file } = kept();
    const { destination } = receipt(0);
    const vault = (name: string) => ({ destination: { ...destination, vault: name } });
    await log.appendAll([receipt(1), receipt(2, vault('w')), receipt(3), receipt(4, { accountId: '' })]);
    await log.noteGone('archive-1', 'not-found');
    appendFileSync(file, `${JSON.stringify(receipt(5, vault('x')), null, ' ').replaceAll('\n', '')}\n`);
    appendFileSync(file, `${JSON.stringify(receipt(6, vault('cut off'))).slice(0, -20)}\n`);
    await log.append(receipt(7, vault('cut off')));
    expect([...log.vaults()]).toEqual([
      { destination, accountId: '111122223333' },
      { ...vault('w'), accountId: '111122223333' },
      { destination, accountId: '' },
      { ...vault('x'), accountId: '111122223333' },
      { ...vault('cut off'), accountId: '111122223333' },
    ]);
  });

  test('counts every line once, also in a log that is longer than its buffer', async () => {
    const { log, file } = kept();
    await log.appendAll(Array.from({ length: 4000 }, (_, n) => receipt(n)));
    appendFileSync(file, 'not a receipt\n');
    await log.append(receipt(4000));
    const unreadable: number[] = [];
    expect(idsOf(log.all((lineNumber) => unreadable.push(lineNumber)))).toHaveLength(4001);
    expect(unreadable).toEqual([4001]);
  });

  test('finds lines that lie side by side, in any order, each whole', async () => {
    const { log, other } = kept();
    const archives = Array.from({ length: 300 }, (_, n) =>
      receipt(n, { description: 'é'.repeat((n * 977) % 5000) }),
    );
    await log.appendAll(archives);
    const isFound = (n: number): boolean =>
      other.byArchiveId(`archive-${n}`)?.description === archives[n]?.description;
    const numbers = archives.map((_, n) => n);
    expect(numbers.filter((n) => !isFound(n))).toEqual([]);
    expect(numbers.reverse().filter((n) => !isFound(n))).toEqual([]);
    expect(numbers.map((n) => (n * 7) % 300).filter((n) => !isFound(n))).toEqual([]);
  });

  test('reads lines longer than its buffer', async () => {
    const { log, file } = kept();
    const long = receipt(1, { description: 'x'.repeat(3_000_000) });
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(
      file,
      `${JSON.stringify(receipt(0))}\n${JSON.stringify(long)}\n${JSON.stringify(receipt(2))}\n`,
    );
    expect(log.byArchiveId('archive-1')?.description).toHaveLength(3_000_000);
    expect(idsOf(log.bySize(1002))).toEqual(['archive-2']);
  });

  test('gives what the golden file of the first version says', () => {
    const { log, file } = kept();
    cpSync(join(import.meta.dirname, '../../faults/golden/receipts-v1.golden'), file);
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n').map(parseLine);
    for (const line of lines) {
      if (line === null || isNote(line)) continue;
      expect(log.byUploadId(line.uploadId)?.archiveId).toBe(line.archiveId);
      expect(idsOf(log.byContent(line.sizeBytes, line.treeHash))).toContain(line.archiveId);
    }
  });
});

describe('a log to which is appended many times', () => {
  const aReceipt = (archiveId: string): Receipt => ({
    ...(fc.sample(receipts, { seed: 1, numRuns: 1 })[0] as Receipt),
    archiveId,
  });
  const holders = (folder: string) => readdirSync(folder).filter((name) => name.startsWith('holder.lock.'));

  test('is found writable once a second at most', () => {
    const folder = tempFolder();
    const clock = steppedClock(Date.now());
    const log = openReceiptLog(folder, undefined, clock);
    log.assertWritable();
    rmSync(log.file);
    mkdirSync(log.file);
    clock.pass(999);
    log.assertWritable();
    clock.pass(1);
    expect(() => log.assertWritable()).toThrow(expect.objectContaining({ code: 'state-unusable' }));
  });

  test('keeps, while it is kept open, what its locks are links of', async () => {
    const folder = tempFolder();
    const log = openReceiptLog(folder, undefined, realClock);
    for (const round of ['1', '2']) {
      await log.keptOpen(async () => {
        expect(holders(folder)).toEqual([]);
        await log.append(aReceipt(`first-${round}`));
        const [kept] = holders(folder);
        expect(kept).toBeDefined();
        await log.keptOpen(() => log.append(aReceipt(`second-${round}`)));
        expect(holders(folder)).toEqual([kept]);
      });
      expect(holders(folder)).toEqual([]);
    }
    await log.append(aReceipt('third'));
    expect(readdirSync(folder)).toEqual(['receipts.jsonl']);
    expect([...log.all()]).toHaveLength(5);
  });

  test('is read again when another file takes its name, also while it is kept open', async () => {
    const folder = tempFolder();
    const log = openReceiptLog(folder, undefined, realClock);
    const number = () => {
      const fd = openSync(folder, 'r');
      closeSync(fd);
      return fd;
    };
    await log.append(aReceipt('first'));
    await log.keptOpen(async () => {
      expect(log.byArchiveId('first')).not.toBeNull();
      const before = number();
      for (let round = 0; round < 3; round += 1) {
        // Of the same length, and with the same end: another archive ID is all that differs.
        const text = readFileSync(log.file, 'utf8').replace(
          /"archiveId":"....."/,
          `"archiveId":"oth_${round}"`,
        );
        const other = join(folder, 'other');
        writeFileSync(other, text);
        renameSync(other, log.file);
        expect(log.byArchiveId('first')).toBeNull();
        expect(log.byArchiveId(`oth_${round}`)).not.toBeNull();
      }
      expect(number()).toBe(before);
    });
  });

  test('is read to its end by whoever reads it, when another file takes its name meanwhile', async () => {
    const folder = tempFolder();
    const log = openReceiptLog(folder, undefined, realClock);
    await log.appendAll([aReceipt('first'), aReceipt('second')]);
    const seen: string[] = [];
    for (const { archiveId } of log.all()) {
      seen.push(archiveId);
      if (seen.length === 1) renameSync(log.file, join(folder, 'moved'));
      expect(log.byArchiveId('second')).not.toBeNull();
    }
    expect(seen).toEqual(['first', 'second']);
  });
});
