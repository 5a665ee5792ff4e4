import { describe, expect, test } from 'vitest';
import { modifiedAtOf } from '../../../src/session/receipts/receipt.js';

const identity = { device: '1', inode: '1', sizeBytes: 1, mtimeNs: '0', ctimeNs: '0' };
const modified = (mtimeNs: string): string | null =>
  modifiedAtOf({ description: 'photo.jpg', identity: { ...identity, mtimeNs } });

describe('the time of the file of a receipt', () => {
  test('is that of the file as it was uploaded', () => {
    expect(modified('1425445567000000000')).toBe('2015-03-04T05:06:07.000Z');
  });

  test('is not known when it is later than a Date can be, as after touch -d @9999999999999', () => {
    expect(modified('9999999999999000000000')).toBe(null);
  });
});
