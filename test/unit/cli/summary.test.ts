/** The line at the end of a run with several operands. */
import { describe, expect, test } from 'vitest';
import { type Fate, Tally, tellSummary, type Work } from '../../../src/cli/operands/summary.js';
import { commandRun } from './helpers/command-run.js';

const sending: Work = { command: 'upload', nouns: 'files', outcomes: ['archived', 'archivedAlready'] };
const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'];

interface Case {
  /** In the order of the operands. */
  fates: Fate[];
  options?: { json?: true; quiet?: true; verbose?: true };
  work?: Partial<Work>;
  /** A list, of which the rest is not read. */
  isList?: boolean;
  stoppedAt?: number;
  archivedBytes?: number;
  tookMs?: number;
}

function told({ fates, options = {}, work, isList, stoppedAt, archivedBytes = 0, tookMs = 0 }: Case) {
  const { command, clock, stdout, stderr } = commandRun(options);
  const operands = names.slice(0, fates.length);
  clock.pass(1000);
  const tally = new Tally(isList ? new Set(operands) : operands, clock.monotonicMs());
  fates.forEach((fate, index) => {
    if (stoppedAt === undefined || index < stoppedAt) tally.ended(index, names[index] ?? '', fate);
  });
  if (stoppedAt !== undefined) tally.stoppedAt(stoppedAt);
  tally.count(archivedBytes);
  clock.pass(tookMs);
  tellSummary(command, { ...sending, ...work }, tally);
  return { stdout: stdout(), stderr: stderr() };
}

const notTried = (count: number): Fate[] => ['failed', ...Array<Fate>(count).fill('notTried')];

describe('the line at the end', () => {
  test.each<[string, Case, string]>([
    ['counts each fate that came', { fates: ['archived', 'archived'] }, '2 files: 2 archived'],
    [
      'has them in the order of the work, then what did not go well',
      { fates: ['interrupted', 'failed', 'archivedAlready', 'archived'] },
      '4 files: 1 archived, 1 archived already, 1 failed, 1 interrupted',
    ],
    ['is not there for a single operand', { fates: ['failed'] }, ''],
    ['is not there for none', { fates: [] }, ''],
    [
      'is there for a single one of a list of which the rest was not read',
      { fates: ['failed'], isList: true, stoppedAt: 1 },
      '1 file: 1 failed; the rest of the list was not read',
    ],
    [
      'has bytes and time where they are measured',
      { fates: ['archived', 'archived'], work: { isMeasured: true }, archivedBytes: 2048, tookMs: 2000 },
      '2 files: 2 archived; 2 KiB in 2s',
    ],
    ['names one that was not tried', { fates: notTried(1) }, '2 files: 1 failed, 1 not tried (b)'],
    ['names four that were not tried', { fates: notTried(4) }, '5 files: 1 failed, 4 not tried (b, c, d, e)'],
    [
      'names three of five that were not tried, and the last',
      { fates: notTried(5) },
      '6 files: 1 failed, 5 not tried (b, c, d and 2 more, to f)',
    ],
    [
      'names all with --verbose',
      { fates: notTried(6), options: { verbose: true } },
      '7 files: 1 failed, 6 not tried (b, c, d, e, f, g)',
    ],
    [
      'names those that the run did not come to',
      { fates: notTried(3), stoppedAt: 1 },
      '4 files: 1 failed, 3 not tried (b, c, d)',
    ],
  ])('%s', (_, given, text) => {
    expect(told(given)).toEqual({ stdout: '', stderr: text === '' ? '' : `glacier-up: ${text}\n` });
  });

  test.each<[Fate[], boolean]>([
    [['archived', 'archivedAlready'], true],
    [['archived', 'failed'], false],
    [['archived', 'interrupted'], false],
    [['archived', 'notTried'], false],
  ])('of %j is left out under --quiet: %s', (fates, isLeftOut) => {
    expect(told({ fates, options: { quiet: true } }).stderr === '').toBe(isLeftOut);
  });

  test('is there under --quiet when the rest of a list was not read', () => {
    const fates: Fate[] = ['archived', 'archived'];
    const { stderr } = told({ fates, options: { quiet: true }, isList: true, stoppedAt: 2 });
    expect(stderr).toContain('the rest of the list was not read');
  });
});

describe('the object at the end', () => {
  test('has a number for each fate, and no line beside it', () => {
    const { stdout, stderr } = told({
      fates: ['archived', 'failed', 'notTried'],
      options: { json: true },
    });
    expect(JSON.parse(stdout)).toEqual({
      type: 'summary',
      schema: 1,
      command: 'upload',
      total: 3,
      archived: 1,
      archivedAlready: 0,
      failed: 1,
      interrupted: 0,
      notTried: 1,
      notTriedNames: ['c'],
    });
    expect(stderr).toBe('');
  });

  test('has bytes, whole milliseconds and the unread rest where there are any', () => {
    const { stdout } = told({
      fates: ['archived', 'archived'],
      options: { json: true },
      work: { isMeasured: true },
      isList: true,
      stoppedAt: 2,
      archivedBytes: 7,
      tookMs: 12.4,
    });
    expect(JSON.parse(stdout)).toMatchObject({
      total: 2,
      archivedBytes: 7,
      elapsedMs: 12,
      restUnread: true,
    });
  });
});
