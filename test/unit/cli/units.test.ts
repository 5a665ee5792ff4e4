import { describe, expect, test } from 'vitest';
import { ageText, sizeText } from '../../../src/cli/output/units.js';

describe('a size', () => {
  test.each([
    [0, '0 bytes'],
    [1, '1 byte'],
    [1023, '1023 bytes'],
    [1024, '1 KiB'],
    [1500, '1.46 KiB'],
    [15_000, '14.6 KiB'],
    [150_000, '146 KiB'],
    [64 * 1024 ** 2, '64 MiB'],
    [40_000 * 1024 ** 3, '39.1 TiB'],
    [5000 * 1024 ** 4, '5000 TiB'],
  ])('of %i bytes is %s', (sizeBytes, text) => {
    expect(sizeText(sizeBytes)).toBe(text);
  });
});

describe('an age', () => {
  const minuteMs = 60_000;

  test.each([
    [0, 'less than a minute'],
    [minuteMs - 1, 'less than a minute'],
    [minuteMs, '1 minute'],
    [59 * minuteMs, '59 minutes'],
    [60 * minuteMs, '1 hour'],
    [2879 * minuteMs, '47 hours'],
    [2880 * minuteMs, '2 days'],
  ])('of %d ms is %s', (ageMs, text) => {
    expect(ageText(ageMs)).toBe(text);
  });
});
