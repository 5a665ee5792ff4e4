import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  parseAccountId,
  parseAmount,
  parseArchiveId,
  parseConcurrency,
  parseCount,
  parseDescription,
  parseDuration,
  parseEndpointUrl,
  parseExclusion,
  parseExpectedSize,
  parseGlob,
  parseJobId,
  parseName,
  parsePartSize,
  parsePort,
  parseRange,
  parseRate,
  parseSize,
  parseTime,
  parseTimeout,
  parseTreeHash,
  parseUploadId,
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
  'ftp://localhost',
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

describe('a time', () => {
  test.each([
    ['2020-01-31', '2020-01-31T00:00:00.000Z'],
    ['2020-02-29', '2020-02-29T00:00:00.000Z'],
    ['2020-12-31T23:59Z', '2020-12-31T23:59:00.000Z'],
    ['2020-01-31T12:00:00+02:00', '2020-01-31T10:00:00.000Z'],
    ['2020-01-31T12:00:00.5Z', '2020-01-31T12:00:00.500Z'],
  ])('%s is %s', (text, time) => {
    expect(parseTime(text)).toBe(time);
  });

  test.each([
    '2021-02-29',
    '2020-04-31',
    '2020-13-01',
    '2020-01-32',
    '2020-01-31T12:00',
    '2020-1-31',
    '',
    'now',
    '2020',
  ])('%j is refused', (text) => {
    expect(() => parseTime(text)).toThrow('Write a date, or a time with its zone');
  });
});

describe('a number', () => {
  test.each<[string, (text: string) => number, string, number]>([
    ['a count', parseCount, '1', 1],
    ['a number of parts at a time', parseConcurrency, '1', 1],
    ['a number of parts at a time', parseConcurrency, '64', 64],
    ['a port', parsePort, '0', 0],
    ['a port', parsePort, '65535', 65_535],
    ['an amount', parseAmount, '0.50', 0.5],
    ['an amount', parseAmount, '25', 25],
    ['a rate', parseRate, '1', 1],
    ['an expected size', parseExpectedSize, '1', 1],
  ])('%s is taken from %s %s', (_, parse, text, value) => {
    expect(parse(text)).toBe(value);
  });

  test.each<[string, (text: string) => number, string[]]>([
    ['a count', parseCount, ['0', '-1', '1.5', '', '9007199254740993', 'x']],
    ['a number of parts at a time', parseConcurrency, ['0', '65', '1.5', '', 'all']],
    ['a port', parsePort, ['65536', '-1', '', '1.5', 'http']],
    ['an amount', parseAmount, ['-1', '', '1.', '.5', 'x', '9'.repeat(400)]],
    ['a rate', parseRate, ['0', '0M', 'x']],
    ['an expected size', parseExpectedSize, ['0', 'x']],
    ['a time limit', parseTimeout, ['0', '0s', 'x']],
  ])('%s is not %s', (_, parse, texts) => {
    for (const text of texts) expect(() => parse(text), text).toThrow();
  });
});

describe('a text with a form of its own', () => {
  const hash = 'aB'.repeat(32);
  test.each<[string, (text: string) => unknown, string, unknown]>([
    ['a pattern', parseGlob, 'photos/**', 'photos/**'],
    ['a pattern to leave out', parseExclusion, 'cache/', 'cache/'],
    ['an archive ID', parseArchiveId, '-a_Z9', '-a_Z9'],
    ['an upload ID', parseUploadId, '-a_Z9', '-a_Z9'],
    ['a job ID', parseJobId, '-a_Z9', '-a_Z9'],
    ['a range', parseRange, '0-1048575', { start: 0, end: 1_048_576 }],
    ['a tree hash', parseTreeHash, hash, hash.toLowerCase()],
    ['a description', parseDescription, 'photos of 2020', 'photos of 2020'],
    ['a name', parseName, 'x', 'x'],
    ['an endpoint', parseEndpointUrl, 'https://a.example//', 'https://a.example'],
  ])('is %s', (_, parse, text, value) => {
    expect(parse(text)).toEqual(value);
  });

  test.each<[string, (text: string) => unknown, string[], string]>([
    ['a pattern', parseGlob, ['', '[a', 'a\\'], 'It is no pattern'],
    ['a pattern to leave out', parseExclusion, ['', '/', '[a'], 'It is no pattern'],
    ['an archive ID', parseArchiveId, ['a b', ''], 'An archive ID has only'],
    ['an upload ID', parseUploadId, ['a b', ''], 'An upload ID has only'],
    ['a job ID', parseJobId, ['a b', ''], 'A job ID has only'],
    ['a range', parseRange, ['5', '5-4', 'a-b', ''], 'Write first and last byte'],
    ['a tree hash', parseTreeHash, [hash.slice(1), `${hash}0`, 'g'.repeat(64)], '64 hexadecimal digits'],
    ['a description', parseDescription, ['ü', 'x'.repeat(1025), '{nothing}'], 'Glacier does not take'],
    ['a name', parseName, [''], 'It is empty.'],
    ['an endpoint', parseEndpointUrl, ['https://a@b', 'https://:p@b'], 'name or password'],
    ['an account', parseAccountId, ['1234567890123', '--', ''], 'number of 12 digits'],
  ])('is not %s of %j', (_, parse, texts, message) => {
    for (const text of texts) expect(() => parse(text), text).toThrow(message);
  });
});
