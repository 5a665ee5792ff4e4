import { describe, expect, test } from 'vitest';
import {
  builtInPrices,
  earlyDeletionCost,
  parsePrices,
  retrievalCost,
  storageCost,
  uploadCost,
} from '../../src/prices.js';

const GiB = 1024 ** 3;
const dayMs = 24 * 60 * 60 * 1000;

describe('estimates', () => {
  test('of requests: 6,400 parts of 100 GiB cost 32 cents', () => {
    expect(uploadCost(builtInPrices, 6400)).toBeCloseTo(0.32, 10);
  });

  test('of a month of storage count 32 KiB more for each archive', () => {
    expect(storageCost(builtInPrices, 100 * GiB)).toBeCloseTo(0.36, 4);
    expect(storageCost(builtInPrices, 1)).toBeCloseTo((0.0036 * 32_769) / GiB, 15);
  });

  test('of a retrieval count the job and the bytes', () => {
    expect(retrievalCost(builtInPrices, 'Standard', 100 * GiB)).toBeCloseTo(1.00005, 10);
    expect(retrievalCost(builtInPrices, 'Expedited', 0)).toBeCloseTo(0.01, 10);
  });

  test('of early deletion are the rest of 90 days, and nothing after them', () => {
    const month = storageCost(builtInPrices, 100 * GiB);
    expect(earlyDeletionCost(builtInPrices, 100 * GiB, 0)).toEqual({ daysLeft: 90, cost: 3 * month });
    expect(earlyDeletionCost(builtInPrices, 100 * GiB, 60.5 * dayMs)).toEqual({
      daysLeft: 30,
      cost: expect.closeTo((month * 29.5) / 30, 10),
    });
    expect(earlyDeletionCost(builtInPrices, 100 * GiB, 90 * dayMs)).toEqual({ daysLeft: 0, cost: 0 });
  });
});

describe('prices that are given', () => {
  test('replace the built-in ones', () => {
    const prices = { ...builtInPrices, storagePerGibMonth: 1, currency: 'EUR' };
    expect(parsePrices(JSON.stringify(prices))).toEqual(prices);
  });

  test('may lack that of the transfer out, as those of earlier versions do', () => {
    const { transferOutPerGib: _, ...earlier } = { ...builtInPrices, currency: 'EUR' };
    expect(parsePrices(JSON.stringify(earlier))).toEqual({ ...builtInPrices, currency: 'EUR' });
  });

  test.each([
    ['no JSON', '{', 'no JSON'],
    ['nothing', 'null', 'the whole is no object'],
    ['a text', '"text"', 'the whole is no object'],
    ['a list', '[]', 'asOf is no text'],
    [
      'a price below nothing',
      JSON.stringify({ ...builtInPrices, uploadsPer1000: -1 }),
      'uploadsPer1000 is no number',
    ],
    [
      'a tier left out',
      JSON.stringify({ ...builtInPrices, retrieval: { Bulk: builtInPrices.retrieval.Bulk } }),
      'retrieval.Expedited is no object',
    ],
  ])('are refused when they are %s', (_, text, message) => {
    expect(() => parsePrices(text)).toThrow(message);
  });
});
