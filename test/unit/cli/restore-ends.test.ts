/** How a run of `restore` ends, which names it is given, and how long it may take. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { conclude } from '../../../src/cli/commands/restore/conclude.js';
import { readNames } from '../../../src/cli/commands/restore/read-names.js';
import { withinTimeLimit } from '../../../src/cli/commands/restore/time-limit.js';
import { GlacierUpError } from '../../../src/errors.js';
import type { Tier } from '../../../src/glacier/jobs.js';
import type { Plan } from '../../../src/whole-vault/plan-folder.js';
import type { Ledger } from '../../../src/whole-vault/restore/ledger.js';
import type { RestoreEnd } from '../../../src/whole-vault/restore/restoring.js';
import { steppedClock } from '../../helpers/fake-clock.js';
import { tempFolder } from '../../helpers/temp-folder.js';
import { commandRun } from './helpers/command-run.js';

describe('a run of restore', () => {
  const nowMs = Date.parse('2026-03-01T12:00:00Z');
  const hourMs = 3_600_000;

  interface State {
    /** Of ten archives. */
    done?: number;
    failed?: number;
    faulty?: number;
    tier?: Tier;
    end?: Partial<RestoreEnd> | null;
  }

  function ended({ done = 10, failed = 0, faulty = 0, tier = 'Bulk', end = {} }: State) {
    const { command } = commandRun();
    const plan = { leftOut: { faulty } } as Plan;
    const ledger = { progress: { total: 10, done, failed } } as Ledger;
    const whole = end && { pending: null, isOverBudget: false, refused: null, ...end };
    try {
      conclude(command, { plan, ledger, end: whole, tier });
      return null;
    } catch (error) {
      const { code, message, hint } = error as GlacierUpError;
      return { code, message, hint };
    }
  }
  const pending = (count: number, oldestAskedMs = nowMs - hourMs) => ({
    pending: { count, sizeBytes: 2048, oldestAskedMs },
  });

  test('that has restored all ends well, also when there was nothing left to do', () => {
    expect(ended({})).toBe(null);
    expect(ended({ end: null })).toBe(null);
  });

  test('with jobs under way says how many, and when to come back', () => {
    expect(ended({ done: 5, failed: 1, end: pending(3) })).toEqual({
      code: 'job-pending',
      message: '3 retrieval jobs (2 KiB) not done yet, and 1 archive not asked for',
      hint: 'run the same command again after 2026-03-01 23:00 UTC and within 24 hours of it, or now with --wait',
    });
  });

  test.each<[Tier, number, string]>([
    ['Standard', nowMs, '2026-03-01 17:00'],
    ['Expedited', nowMs, '2026-03-01 12:05'],
    ['Bulk', nowMs - 48 * hourMs, '2026-03-01 12:01'],
  ])('of tier %s, begun at %i, is to come back at %s', (tier, askedMs, time) => {
    expect(ended({ done: 0, tier, end: pending(1, askedMs) })?.hint).toContain(`after ${time} UTC`);
  });

  test.each<[string, State, string, string]>([
    [
      'that is refused for now, though its budget is used up, too',
      { done: 5, end: { refused: new GlacierUpError('throttled', 'too fast'), isOverBudget: true } },
      'throttled',
      'too fast',
    ],
    [
      'over its budget',
      { done: 5, failed: 1, end: { isOverBudget: true } },
      'limit-reached',
      'the budget is used up: 4 archives not asked for',
    ],
    [
      'over its budget with one left',
      { done: 9, end: { isOverBudget: true } },
      'limit-reached',
      'the budget is used up: 1 archive not asked for',
    ],
    [
      'over its budget with nothing left but what failed',
      { done: 9, failed: 1, end: { isOverBudget: true } },
      'failed',
      '1 archive could not be restored',
    ],
    ['with failures', { done: 8, failed: 2 }, 'failed', '2 archives could not be restored'],
    [
      'with failures of an earlier run',
      { done: 8, failed: 2, end: null },
      'failed',
      '2 archives could not be restored',
    ],
    [
      'with faulty entries in its inventory',
      { faulty: 1 },
      'failed',
      '1 entry of the inventory is faulty, and nothing was restored for them',
    ],
  ])('%s says so', (_, state, code, message) => {
    expect(ended(state)).toMatchObject({ code, message });
  });

  test('over its budget with all restored ends well', () => {
    expect(ended({ end: { isOverBudget: true } })).toBe(null);
  });
});

describe('a list of names', () => {
  async function names(text: string) {
    const file = join(tempFolder(), 'names');
    writeFileSync(file, text);
    const { entries, sha256 } = await readNames(file).catch((error: Error) => {
      error.message = error.message.replace(file, 'F');
      throw error;
    });
    return { entries: Object.fromEntries(entries), sha256 };
  }

  test.each<[string, string, Record<string, string>]>([
    ['with blanks', 'A-1  a b \n', { 'A-1': 'a b ' }],
    ['with a tab', 'A\tb', { A: 'b' }],
    ['with a comma', 'A , b', { A: 'b' }],
    ['with a comma and quotes', 'A,"b, ""c"""  ', { A: 'b, "c"' }],
    ['with a comma and a quote within', 'A,b "c"', { A: 'b "c"' }],
    ['with quotes after a blank, which are part of the name', 'A "b"', { A: '"b"' }],
    ['with a mark of UTF-8 at its beginning', '\ufeffA b', { A: 'b' }],
    ['with empty lines and remarks', '# all\n\n   \nA b\n#\n', { A: 'b' }],
    ['of an archive named twice', 'A b\nA c', { A: 'c' }],
    ['that is empty', '', {}],
  ])('%s is read', async (_, text, entries) => {
    expect((await names(text)).entries).toEqual(entries);
  });

  test.each([
    ['without a name', 'A b\nB\n', 2],
    ['with an empty name in quotes', 'A,""', 1],
    ['with a # that begins no comment', 'A b\n # c d\n', 2],
    ['with a mark of UTF-8 in its middle', 'A b\n\ufeffB c', 2],
  ])('with a line %s is refused by its number', async (_, text, number) => {
    await expect(names(text)).rejects.toMatchObject({
      code: 'usage',
      message: `line ${number} of F is not an archive ID and a name`,
    });
  });

  test('is known again by what it says, not by how it is written', async () => {
    const { sha256 } = await names('A b\nB c\n');
    expect((await names('# list\nA,b\n\nB\t"c"\n'.replace('"c"', 'c'))).sha256).toBe(sha256);
    expect((await names('A b\nB d\n')).sha256).not.toBe(sha256);
    expect((await names('A bB\n')).sha256).not.toBe((await names('AbB x\n')).sha256);
  });

  test.each([
    ['is missing', 'no such', 'no such file'],
    ['is a folder', '.', 'it is a folder'],
  ])('that %s cannot be read', async (_, name, reason) => {
    const file = join(tempFolder(), name);
    await expect(readNames(file)).rejects.toMatchObject({
      code: 'archive-unusable',
      message: `the names ${file}: ${reason}`,
    });
  });
});

describe('the time of a run', () => {
  test('is not limited without --max-duration', async () => {
    const { command } = commandRun();
    const result = await withinTimeLimit(command, async (signal) => signal === command.signal);
    expect(result).toBe(true);
  });

  test('ends the run when it is over', async () => {
    const clock = steppedClock();
    const { command } = commandRun({ maxDuration: 1000 }, { clock });
    const running = withinTimeLimit(
      command,
      (signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    );
    clock.pass(1000);
    await expect(running).rejects.toMatchObject({
      code: 'limit-reached',
      message: 'the time of --max-duration is over',
      hint: 'run the same command again to go on',
    });
  });

  test('ends no run that is done before', async () => {
    const clock = steppedClock();
    const { command, stop } = commandRun({ maxDuration: 1000 }, { clock });
    let seen: AbortSignal | undefined;
    expect(
      await withinTimeLimit(command, async (signal) => {
        seen = signal;
        return 'done';
      }),
    ).toBe('done');
    clock.pass(2000);
    expect(seen?.aborted).toBe(false);
    stop();
    expect(seen?.aborted).toBe(true);
  });
});
