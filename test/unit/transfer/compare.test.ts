/** The parts that the service lists, beside the parts of the file. */
import { describe, expect, test } from 'vitest';
import { compareParts, countParts, firstGap } from '../../../src/transfer/compare.js';
import { assertFileOfUpload } from '../../../src/transfer/compare-with-service.js';
import { planParts } from '../../../src/transfer/plan.js';
import { MiB } from '../../helpers/bytes.js';

/** Two full parts and a rest of 5 bytes. */
const plan = planParts(2 * MiB + 5, MiB);
const hash = (byte: number) => Buffer.alloc(32, byte);
const listed = (start: number, end: number, byte = 1) => ({
  range: { start, end },
  treeHash: hash(byte).toString('hex'),
});
const compare = (
  parts: ReturnType<typeof listed>[],
  local: (index: number) => Buffer | null = () => hash(1),
) => compareParts(plan, parts, local);
const states = (parts: ReturnType<typeof compare>) => parts.map(({ index, state }) => `${index} ${state}`);

describe('each part', () => {
  test('is missing, matching or different, or unknown where its hash is not known here', () => {
    const parts = compare([listed(MiB, 2 * MiB), listed(2 * MiB, 2 * MiB + 5)]);
    expect(states(parts)).toEqual(['0 missing', '1 matching', '2 matching']);
    expect(parts[0]).toMatchObject({
      range: { start: 0, end: MiB },
      treeHash: hash(1).toString('hex'),
      serverTreeHash: null,
    });
    expect(states(compare([listed(0, MiB, 2)]))).toEqual(['0 different', '1 missing', '2 missing']);
    expect(states(compare([listed(0, MiB)], () => null))).toEqual(['0 unknown', '1 missing', '2 missing']);
  });

  test.each([
    [
      'longer than the rest of the file',
      listed(2 * MiB, 3 * MiB),
      ['0 missing', '1 missing', '2 missing', 'null unexpected'],
    ],
    ['shorter than a part', listed(0, MiB - 1), ['null unexpected', '0 missing', '1 missing', '2 missing']],
    [
      'beyond the file',
      listed(3 * MiB, 3 * MiB + 5),
      ['0 missing', '1 missing', '2 missing', 'null unexpected'],
    ],
    ['between two parts', listed(5, MiB), ['0 missing', 'null unexpected', '1 missing', '2 missing']],
  ])('that is %s is none of the file’s', (_, part, expected) => {
    expect(states(compare([part]))).toEqual(expected);
  });

  test('is counted by its state, and the first gap is the first that is missing', () => {
    const parts = compare([listed(0, MiB), listed(2 * MiB, 2 * MiB + 5, 2), listed(5 * MiB, 6 * MiB)]);
    expect(countParts(parts)).toEqual({ matching: 1, missing: 1, different: 1, unexpected: 1, unknown: 0 });
    expect(firstGap(parts)).toEqual({ start: MiB, end: 2 * MiB });
    expect(firstGap(compare([listed(0, MiB), listed(MiB, 2 * MiB), listed(2 * MiB, 2 * MiB + 5)]))).toBe(
      null,
    );
  });
});

describe('an upload that was begun elsewhere', () => {
  const next = { replace: 'replace them', leave: null };
  const assertFile = (parts: ReturnType<typeof listed>[], replaceParts = false) =>
    assertFileOfUpload(compare(parts), replaceParts, next);

  test('is of the file whose parts it has, also while some are missing', () => {
    assertFile([]);
    assertFile([listed(0, MiB)]);
  });

  test('with other parts is refused, unless they are to be replaced', () => {
    expect(() => assertFile([listed(0, MiB, 2)])).toThrow('differ from the file: 0-1048575');
    assertFile([listed(0, MiB, 2)], true);
  });

  test('with parts that the file cannot have is refused, also when parts are to be replaced', () => {
    expect(() => assertFile([listed(5, MiB)], true)).toThrow('cannot have: 5-1048575');
  });
});
