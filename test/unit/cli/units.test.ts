import { describe, expect, test } from 'vitest';
import { sizeText } from '../../../src/cli/output/units.js';

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
