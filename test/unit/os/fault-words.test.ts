import { getSystemErrorMap } from 'node:util';
import { describe, expect, test } from 'vitest';
import { faultWords } from '../../../src/os/fault-words.js';

const fault = (code: string) => Object.assign(new Error(`${code}: it failed, open 'x'`), { code });

describe('a failed system call in words', () => {
  test.each([
    ['ENOENT', 'no such file'],
    ['EACCES', 'permission denied'],
    ['EISDIR', 'it is a folder'],
    ['ENOSPC', 'the disk is full'],
  ])('%s is "%s"', (code, text) => {
    expect(faultWords(fault(code))).toBe(text);
  });

  test('has the words of the place where it failed, if there are some', () => {
    expect(faultWords(fault('ENOENT'), { ENOENT: 'no such folder' })).toBe('no such folder');
    expect(faultWords(fault('EIO'), { ENOENT: 'no such folder' })).toBe('the disk reports an error');
  });

  test('without words is its errno', () => {
    expect(faultWords(fault('EDOM'))).toBe('EDOM');
  });

  test('of every name of the system is never empty', () => {
    for (const [name] of getSystemErrorMap().values()) expect(faultWords(fault(name))).not.toBe('');
  });
});

test('another failure is told by its message, and what is no error as text', () => {
  expect(faultWords(new Error('no luck'))).toBe('no luck');
  expect(faultWords('no luck')).toBe('no luck');
});
