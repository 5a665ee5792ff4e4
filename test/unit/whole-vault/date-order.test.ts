import { describe, expect, test } from 'vitest';
import { DateOrder } from '../../../src/whole-vault/date-order.js';

describe('the order of a plan', () => {
  test('is by date, then by ID, for more archives than there was room for at first', () => {
    const order = new DateOrder();
    const archives = Array.from({ length: 5000 }, (_, at) => ({
      createdMs: (at * 7919) % 97,
      archiveId: `${((at * 104_729) % 5000).toString(36).padStart(8, '0')}-and-more`,
    }));
    for (const [at, { createdMs, archiveId }] of archives.entries())
      order.add(createdMs, archiveId, at * 10, at);
    const sorted = [...order.sorted()];
    expect(sorted.map((at) => order.offset(at))).toEqual(sorted.map((at) => at * 10));
    expect(sorted.map((at) => order.length(at))).toEqual(sorted);
    const expected = archives
      .map((archive, at) => ({ ...archive, at }))
      .sort((a, b) => a.createdMs - b.createdMs || (a.archiveId < b.archiveId ? -1 : 1))
      .map(({ at }) => at);
    expect(sorted).toEqual(expected);
  });

  test('has a date that cannot be read first, and keeps what is equal in its order', () => {
    const order = new DateOrder();
    for (const createdMs of [5, Number.NaN, 5, Number.NaN]) order.add(createdMs, 'same', 0, 0);
    expect([...order.sorted()]).toEqual([1, 3, 0, 2]);
  });
});
