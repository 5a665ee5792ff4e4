import { describe, expect, test } from 'vitest';
import { knownError } from '../../../src/cli/output/known-error.js';
import { GlacierUpError } from '../../../src/errors.js';

const errorWith = (message: string, code: string): Error => Object.assign(new Error(message), { code });

describe('an error that ended a command', () => {
  test('is told as it is when it is one of ours', () => {
    const ours = new GlacierUpError('usage', 'no such option');
    expect(knownError(ours)).toBe(ours);
  });

  test.each([
    errorWith("EMFILE: too many open files, open '/dist/cli/run.js'", 'EMFILE'),
    errorWith("ENFILE: file table overflow, open '/dist/cli/run.js'", 'ENFILE'),
    errorWith('Worker initialization failure: EMFILE', 'ERR_WORKER_INIT_FAILED'),
  ])('is the limit on open files, and no bug: %s', (error) => {
    expect(knownError(error)).toMatchObject({
      code: 'failed',
      message: `too many open files (${error.message})`,
      hint: expect.stringContaining('ulimit -n'),
      cause: error,
    });
  });

  test('is a part of the program that went away, as in an upgrade, and no bug', () => {
    const error = errorWith("Cannot find module './run.js'", 'MODULE_NOT_FOUND');
    expect(knownError(error)).toMatchObject({
      code: 'failed',
      message: "a part of the program is missing: Cannot find module './run.js'",
      hint: expect.stringContaining('upgraded'),
    });
  });

  test('is that also where a request failed for it', () => {
    const missing = errorWith("Cannot find module './sso.js'", 'MODULE_NOT_FOUND');
    const ofRequest = new GlacierUpError('internal', 'DescribeVault: m', { cause: missing });
    expect(knownError(ofRequest)).toMatchObject({ code: 'failed', cause: missing });
  });

  test('says what to do with a bug that has no hint of its own', () => {
    const bug = new GlacierUpError('internal', 'a hashing thread died');
    expect(knownError(bug)).toMatchObject({
      code: 'internal',
      message: 'a hashing thread died',
      hint: expect.stringContaining('--debug'),
      cause: bug,
    });
    const hinted = new GlacierUpError('internal', 'm', { hint: 'another one' });
    expect(knownError(hinted)).toBe(hinted);
  });

  test.each([new TypeError('x is not a function'), 'a text that was thrown'])(
    'is a bug of ours when it is anything else: %s',
    (error) => {
      expect(knownError(error)).toMatchObject({
        code: 'internal',
        message: `this is a bug of glacier-up: ${error instanceof Error ? error.message : error}`,
        cause: error,
      });
    },
  );
});
