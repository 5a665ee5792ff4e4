import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { JournalWriter } from '../../../src/whole-vault/journal.js';
import { BookKeeper } from '../../../src/whole-vault/restore/book-keeper.js';
import { readLedger } from '../../../src/whole-vault/restore/ledger.js';
import { steppedClock } from '../../helpers/fake-clock.js';
import { tempFolder } from '../../helpers/temp-folder.js';

const total = 6;

/** What a run of six archives writes down. */
function written(): { file: string; bytes: Buffer } {
  const file = join(tempFolder(), 'journal.jsonl');
  const journal = new JournalWriter(file);
  const keeper = new BookKeeper({
    journal,
    ledger: readLedger(file, total),
    clock: steppedClock(),
    onFault: () => {},
  });
  keeper.asking([0, 1, 2, 3], 4, 1000);
  keeper.asked(0, 'job-0', 1001);
  keeper.asked(1, 'job-1', 1002);
  keeper.unasked([3], 1);
  keeper.done(0, () => {});
  keeper.gone(1);
  keeper.flush();
  keeper.asking([1, 4], 2, 2000);
  keeper.asked(4, 'job-4', 2001);
  keeper.link(1234);
  keeper.flush();
  journal.close();
  return { file, bytes: readFileSync(file) };
}

describe('the ledger of a plan to restore', () => {
  test('knows which archives have jobs, which are in doubt, and what was spent', () => {
    const { file } = written();
    const { progress, asked, spent, bytesPerSecond } = readLedger(file, total);
    expect(progress.done).toBe(1);
    expect(Object.fromEntries(asked)).toEqual({
      1: { jobId: null, atMs: 2000 },
      2: { jobId: null, atMs: 1000 },
      4: { jobId: 'job-4', atMs: 2001 },
    });
    expect({ spent, bytesPerSecond }).toEqual({ spent: 5, bytesPerSecond: 1234 });
  });

  test('cut at any byte, says what its whole lines say, and is written on from there', () => {
    const { file, bytes } = written();
    for (let size = 0; size <= bytes.length; size += 1) {
      writeFileSync(file, bytes.subarray(0, size));
      const lines = bytes.subarray(0, bytes.subarray(0, size).lastIndexOf(0x0a) + 1);
      const cut = readLedger(file, total);
      writeFileSync(file, lines);
      expect(readLedger(file, total)).toEqual(cut);
      writeFileSync(file, bytes.subarray(0, size));
      const journal = new JournalWriter(file);
      journal.append([5], []);
      journal.close();
      expect(readFileSync(file, 'utf8')).toBe(`${lines}{"n":5,"s":"done"}\n`);
    }
  });

  test('holds nothing of archives that are done, however many', () => {
    const many = 100_000;
    const file = join(tempFolder(), 'journal.jsonl');
    const lines: string[] = [];
    for (let n = 0; n < many; n += 1000) {
      const numbers = Array.from({ length: 1000 }, (_, at) => n + at);
      lines.push(JSON.stringify({ s: 'asking', n: numbers, cost: 1, at: 1 }));
      lines.push(JSON.stringify({ s: 'asked', jobs: numbers.map((one) => [one, `job-${one}`, 1]) }));
      for (const one of numbers) lines.push(`{"n":${one},"s":"done"}`);
    }
    writeFileSync(file, `${lines.join('\n')}\n`);
    const { asked, progress } = readLedger(file, many);
    expect(progress.done).toBe(many);
    expect(asked.size).toBe(0);
  });
});
