import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { GlacierUpError } from '../../../src/errors.js';
import type { RetryingVault } from '../../../src/glacier/retry/retrying-vault.js';
import { openReceiptLog } from '../../../src/session/receipts/receipt-log.js';
import { emptyByPlan } from '../../../src/whole-vault/empty.js';
import { readJournal } from '../../../src/whole-vault/journal.js';
import { openPlanShelf } from '../../../src/whole-vault/plan-folder.js';
import { writeReport } from '../../../src/whole-vault/report.js';
import { Window } from '../../../src/whole-vault/window.js';
import { fakeClock } from '../../helpers/fake-clock.js';
import { tempFolder } from '../../helpers/temp-folder.js';

const destination = { profile: null, accountOption: '-', region: 'x', endpoint: null, vault: 'v' };

/** A plan of archives `a0`, `a1`, … of a vault that answers as `reply` says. */
function scene(total: number, reply: (archiveId: string, signal: AbortSignal) => Promise<void>) {
  const folder = tempFolder();
  const shelf = openPlanShelf(join(folder, 'plans'), process.getuid?.());
  shelf.prepare();
  const paths = shelf.pathsOf('empty', destination);
  mkdirSync(paths.folder, { mode: 0o700 });
  const items = Array.from({ length: total }, (_, n) => `${JSON.stringify({ n, archiveId: `a${n}` })}\n`);
  writeFileSync(paths.items, items.join(''));
  const clock = fakeClock();
  const receipts = openReceiptLog(join(folder, 'receipts'), process.getuid?.(), clock);
  const asked: string[] = [];
  const vault = {
    deleteUnlessThrottled: (archiveId: string, signal: AbortSignal) => {
      asked.push(archiveId);
      return reply(archiveId, signal);
    },
  } as RetryingVault;
  const stop = new AbortController();
  const run = async (receiptLog = receipts) => {
    const progress = readJournal(paths.journal, total);
    const window = new Window();
    const ended = await emptyByPlan(paths, progress, {
      vault,
      receipts: receiptLog,
      window,
      clock,
      signal: stop.signal,
      patienceMs: 60_000,
      onDone: () => {},
    }).then(
      () => null,
      (error: unknown) => error,
    );
    return { ended, progress, window };
  };
  return { paths, receipts, asked, stop, run, clock };
}

const soon = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const refused = (code: 'archive-gone' | 'access-denied' | 'throttled', httpStatus: number) =>
  new GlacierUpError(code, 'refused', { service: { operation: 'DeleteArchive', httpStatus } });

describe('emptying by a plan', () => {
  test('asks for the first alone, then for several at a time, and for each once', async () => {
    let underWay = 0;
    const most: number[] = [];
    const { run, asked, clock } = scene(500, async () => {
      underWay += 1;
      most.push(underWay);
      for (let turn = 0; turn < 5; turn += 1) await soon();
      clock.pass(20);
      underWay -= 1;
    });
    const { ended, progress } = await run();
    expect({ ended, done: progress.done }).toEqual({ ended: null, done: 500 });
    expect(most.slice(0, 6)).toEqual([1, 1, 2, 3, 4, 4]);
    expect(Math.max(...most)).toBe(64);
    expect(asked).toEqual(Array.from({ length: 500 }, (_, n) => `a${n}`));
  });

  test('counts what is gone as done, and what is in another vault as failed', async () => {
    const { run, paths } = scene(3, async (archiveId) => {
      if (archiveId === 'a1') throw refused('archive-gone', 404);
      if (archiveId === 'a2') throw refused('archive-gone', 400);
    });
    const { ended, progress } = await run();
    expect(ended).toBeNull();
    writeReport(paths, progress, 'empty');
    const report = readFileSync(paths.report, 'utf8').trim().split('\n');
    expect(report.map((line) => JSON.parse(line))).toEqual([
      { n: 0, archiveId: 'a0', outcome: 'done' },
      { n: 1, archiveId: 'a1', outcome: 'done' },
      { n: 2, archiveId: 'a2', outcome: 'failed', code: 'archive-gone', message: 'refused' },
    ]);
  });

  test('sends again what was throttled, and knows of no failure', async () => {
    let tries = 0;
    const { run, asked } = scene(50, async () => {
      await soon();
      tries += 1;
      if (tries % 3 !== 1) throw refused('throttled', 400);
    });
    const { ended, progress, window } = await run();
    expect(ended).toBeNull();
    expect([progress.done, progress.failed]).toEqual([50, 0]);
    expect(window.throttles).toBe(asked.length - 50);
  });

  test('has in the journal what was under way when it was stopped, and came to its end', async () => {
    const { run, stop, asked, paths } = scene(100, async (archiveId) => {
      if (archiveId === 'a20') stop.abort(new Error('SIGINT'));
      await soon();
    });
    const { ended, progress } = await run();
    expect(ended).toEqual(new Error('SIGINT'));
    expect(progress.done).toBe(asked.length);
    expect(readJournal(paths.journal, 100).done).toBe(asked.length);
  });

  test('cuts off what does not come to its end after it was stopped', async () => {
    const { run, stop } = scene(100, async (archiveId, signal) => {
      if (archiveId !== 'a20') return;
      stop.abort(new Error('SIGINT'));
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    });
    const { ended, progress } = await run();
    expect(ended).toEqual(new Error('SIGINT'));
    expect(progress.isDone(20)).toBe(false);
    expect(progress.isDone(19)).toBe(true);
  });

  test('ends at the first that is refused', async () => {
    const { run, asked } = scene(100, async () => {
      throw refused('access-denied', 403);
    });
    const { ended, progress } = await run();
    expect(ended).toMatchObject({ code: 'access-denied' });
    expect(asked).toEqual(['a0']);
    expect([progress.done, progress.failed]).toEqual([0, 0]);
  });

  test('ends when deletions cannot be noted, and the journal does not know them either', async () => {
    const { run, receipts, paths } = scene(5000, () => soon());
    const full = new GlacierUpError('state-unusable', 'the disk is full');
    const { ended } = await run({ ...receipts, noteDeleted: () => Promise.reject(full) });
    expect(ended).toBe(full);
    expect(readJournal(paths.journal, 5000).done).toBe(0);
    const again = await run();
    expect([again.ended, again.progress.done]).toEqual([null, 5000]);
    expect(receipts.isNotedDeleted('a4999')).toBe(true);
  });
});
