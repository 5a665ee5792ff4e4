import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  parseAccountId,
  parseDuration,
  parseEndpointUrl,
  parsePartSize,
  parseSize,
  parseTimeout,
  parseVaultName,
} from '../../../src/cli/options/option-values.js';

describe('a size', () => {
  test.each([
    ['67108864', 67_108_864],
    ['64M', 64 * 1024 ** 2],
    ['64MiB', 64 * 1024 ** 2],
    ['64m', 64 * 1024 ** 2],
    ['1K', 1024],
    ['40T', 40 * 1024 ** 4],
    ['0', 0],
  ])('%s is %d bytes', (text, sizeBytes) => {
    expect(parseSize(text)).toBe(sizeBytes);
  });

  test.each(['64MB', '1e3', '-1', '1.5M', '64 M', '', 'M', '64Mfoo', '0x10', '64Mi', '99999999T', '١'])(
    '%j is refused',
    (text) => {
      expect(() => parseSize(text)).toThrow();
    },
  );

  test('is either refused or exactly what its digits and unit say', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        let sizeBytes: number;
        try {
          sizeBytes = parseSize(text);
        } catch {
          return;
        }
        expect(Number.isSafeInteger(sizeBytes)).toBe(true);
        expect(text).toMatch(/^\d+([KMGT](iB)?)?$/i);
      }),
    );
  });
});

describe('a part size', () => {
  test.each([
    ['3M', '2M or 4M'],
    ['1K', '1M'],
    ['8G', '4G'],
    ['100M', '64M or 128M'],
  ])('%s is refused with the nearest legal ones, %s', (text, nearest) => {
    expect(() => parsePartSize(text)).toThrow(`the nearest to ${text} is ${nearest}.`);
  });

  test('is a power of two from 1M to 4G', () => {
    expect(parsePartSize('1M')).toBe(1024 ** 2);
    expect(parsePartSize('4G')).toBe(4 * 1024 ** 3);
  });
});

test.each([
  ['30s', 30_000],
  ['15m', 900_000],
  ['2h30m', 9_000_000],
  ['500ms', 500],
  ['0', 0],
])('a duration of %s is %d ms', (text, durationMs) => {
  expect(parseDuration(text)).toBe(durationMs);
});

test.each(['10', '5 m', '-1s', '1.5h', 'm', '', '1w'])('a duration of %j is refused', (text) => {
  expect(() => parseDuration(text)).toThrow();
});

test.each([
  'https://glacier.eu-west-1.amazonaws.com',
  'http://127.0.0.1:8080',
  'http://localhost',
  'http://[::1]:1',
])('the endpoint %s is taken', (url) => {
  expect(parseEndpointUrl(url)).toBe(url);
});

test.each([
  'http://example.com',
  'ftp://x',
  'x',
  'https://key:secret@example.com',
  'http://127.0.0.1.evil.com',
])('the endpoint %s is refused', (url) => {
  expect(() => parseEndpointUrl(url)).toThrow();
});

test.each(['..', '.', 'a/b', '', 'ü', 'a b', 'x'.repeat(256), 'a\u0000b'])(
  'the vault name %j is refused',
  (name) => {
    expect(() => parseVaultName(name)).toThrow('This is no vault name');
  },
);

test('an account ID is - or twelve digits, with hyphens or without', () => {
  expect(parseAccountId('-')).toBe('-');
  expect(parseAccountId('1234-5678-9012')).toBe('123456789012');
  expect(() => parseAccountId('12345')).toThrow();
});

test('a duration beyond 100 years is refused: no date can be reckoned with it', () => {
  expect(parseDuration('36500d')).toBe(36_500 * 86_400_000);
  expect(() => parseDuration('36600d')).toThrow('longer than 100 years');
  expect(() => parseDuration(`${'9'.repeat(400)}h`)).toThrow('longer than 100 years');
});

test('a time limit that no timer can hold is refused', () => {
  expect(parseTimeout('24d')).toBe(24 * 86_400_000);
  expect(() => parseTimeout('25d')).toThrow('The longest time limit is 24d.');
});
