/** Several operands of one run: which are under way together, the order of their results, and the count at the end. */
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import {
  OperandWindow,
  oneByOne,
  type Stay,
  type WindowRules,
} from '../../../src/cli/operands/operand-window.js';
import { ResultsInOrder } from '../../../src/cli/operands/results-in-order.js';
import { Tally } from '../../../src/cli/operands/summary.js';

describe('the window', () => {
  /** An operand is `units` or `units:key`; two units are enough to begin. */
  function open(changes: Partial<WindowRules> = {}) {
    const rules: WindowRules = {
      look: async (operand) => {
        const [units, key = operand] = operand.split(':');
        return { units: Number(units), key };
      },
      capacity: () => 8,
      enoughToBegin: 2,
      most: 100,
      isUnproven: () => false,
      ...changes,
    };
    const window = new OperandWindow(rules);
    const mayWait = { now: true };
    /** Whether the operand begins at once; its stay, once it has. */
    const enter = async (operand: string) => {
      const entry: { stay: Stay | null | undefined } = { stay: undefined };
      void window
        .enter(operand, () => mayWait.now)
        .then((stay) => {
          entry.stay = stay;
        });
      await turn();
      return entry;
    };
    return { window, enter, mayWait };
  }

  test('holds as many as there is room for', async () => {
    const { enter } = open();
    const first = await enter('4:a');
    expect((await enter('4:b')).stay).toBeTruthy();
    const third = await enter('1:c');
    expect(third.stay).toBe(undefined);
    first.stay?.leave();
    await turn();
    expect(third.stay).toBeTruthy();
  });

  test('lets one begin when enough for its first parts is free, though it will take more', async () => {
    const { enter } = open();
    await enter('6:a');
    expect((await enter('100:b')).stay).toBeTruthy();
    const { enter: enterOther } = open();
    await enterOther('7:a');
    expect((await enterOther('100:b')).stay).toBe(undefined);
  });

  test('holds any operand when nothing else is under way', async () => {
    const { enter } = open({ capacity: () => 1 });
    expect((await enter('100:a')).stay).toBeTruthy();
  });

  test('gives room as an operand takes less', async () => {
    const { enter } = open();
    const first = await enter('8:a');
    const second = await enter('2:b');
    expect(second.stay).toBe(undefined);
    first.stay?.take(6);
    await turn();
    expect(second.stay).toBeTruthy();
    first.stay?.leave();
    expect((await enter('6:c')).stay).toBeTruthy();
    expect((await enter('1:d')).stay).toBe(undefined);
  });

  test('lets those that are the same go one after the other', async () => {
    const { enter } = open();
    const first = await enter('1:a');
    const second = await enter('1:a');
    expect(second.stay).toBe(undefined);
    expect((await enter('1:b')).stay).toBeTruthy();
    first.stay?.leave();
    await turn();
  });

  test('holds no more than so many, however little they take', async () => {
    const { enter } = open({ most: 2 });
    await enter('1:a');
    await enter('1:b');
    expect((await enter('1:c')).stay).toBe(undefined);
  });

  test('holds one while nobody knows whether the service answers', async () => {
    let isUnproven = true;
    const { window, enter } = open({ isUnproven: () => isUnproven });
    await enter('1:a');
    const second = await enter('1:b');
    expect(second.stay).toBe(undefined);
    isUnproven = false;
    window.changed();
    await turn();
    expect(second.stay).toBeTruthy();
  });

  test('lets nobody in when there is no use in it any more', async () => {
    const { window, enter, mayWait } = open();
    await enter('8:a');
    const waiting = await enter('8:b');
    mayWait.now = false;
    window.changed();
    await turn();
    expect(waiting.stay).toBe(null);
    const { enter: enterOther, mayWait: other } = open();
    other.now = false;
    expect((await enterOther('1:a')).stay).toBe(null);
  });

  test('of one after the other holds one', async () => {
    const { enter } = open(oneByOne);
    const first = await enter('a');
    const second = await enter('b');
    expect(second.stay).toBe(undefined);
    first.stay?.leave();
    await turn();
    expect(second.stay).toBeTruthy();
  });
});

test('results are written in the order of their operands, each as soon as those before it are', () => {
  const results = new ResultsInOrder();
  const written: string[] = [];
  const writes = (...names: string[]) => names.map((name) => () => void written.push(name));
  results.done(1, writes('b1', 'b2'));
  expect(written).toEqual([]);
  expect(results.ahead(3)).toBe(3);
  results.done(0, writes('a'));
  expect(written).toEqual(['a', 'b1', 'b2']);
  expect(results.ahead(3)).toBe(1);
  results.done(2, []);
  results.done(3, writes('d'));
  expect(written).toEqual(['a', 'b1', 'b2', 'd']);
  expect(results.ahead(4)).toBe(0);
});

describe('the count at the end', () => {
  const operands = ['a', 'b', 'c', 'd', 'e'];

  test('is of each fate, and names those that were not tried in their order', () => {
    const tally = new Tally(operands, 0);
    tally.ended(2, 'c', 'notTried');
    tally.ended(0, 'a', 'archived');
    tally.ended(1, 'b', 'notTried');
    tally.count(10);
    tally.count(5);
    tally.stoppedAt(3);
    expect(tally.notTried).toEqual(['b', 'c', 'd', 'e']);
    expect([tally.countOf('archived'), tally.countOf('failed'), tally.countOf('notTried')]).toEqual([
      1, 0, 4,
    ]);
    expect([tally.total, tally.archivedBytes, tally.isRestUnread]).toEqual([5, 15, false]);
  });

  test('of a run that came to its end has no rest', () => {
    const tally = new Tally(operands, 0);
    operands.forEach((operand, index) => {
      tally.ended(index, operand, 'archived');
    });
    expect([tally.total, tally.notTried, tally.isRestUnread]).toEqual([5, [], false]);
  });

  test('of a list of which the rest is not read says so', () => {
    const tally = new Tally(new Set(operands), 0);
    tally.ended(0, 'a', 'failed');
    expect(tally.isRestUnread).toBe(false);
    tally.stoppedAt(1);
    expect([tally.total, tally.notTried, tally.isRestUnread]).toEqual([1, [], true]);
  });
});
