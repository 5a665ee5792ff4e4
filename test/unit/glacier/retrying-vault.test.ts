import { describe, expect, test } from 'vitest';
import { type ErrorCode, GlacierUpError } from '../../../src/errors.js';
import { retrying } from '../../../src/glacier/retry/retrying-vault.js';
import type { SdkVault } from '../../../src/glacier/sdk/sdk-vault.js';
import type { PartsPage } from '../../../src/glacier/vault.js';
import { fakeClock } from '../../helpers/fake-clock.js';

const signal = new AbortController().signal;
const minute = 60_000;

/** A vault whose every call runs `attempt`. */
function vaultOf(attempt: () => Promise<unknown>): SdkVault & { renewals: number } {
  const call = attempt as () => Promise<never>;
  const vault = {
    renewals: 0,
    initiateUpload: call,
    uploadPart: call,
    listPartsPage: call,
    listUploadsPage: call,
    completeUpload: call,
    abortUpload: call,
    createVault: call,
    deleteVault: call,
    describeVault: call,
    listVaultsPage: call,
    initiateJob: call,
    describeJob: call,
    listJobsPage: call,
    readJobOutput: call,
    deleteArchive: call,
    region: call,
    renewCredentials: () => {
      vault.renewals += 1;
    },
    close: () => {},
  };
  return vault;
}

function failing(code: ErrorCode, times: number, result: unknown = 'done') {
  let attempts = 0;
  return vaultOf(async () => {
    attempts += 1;
    if (attempts <= times) throw new GlacierUpError(code, `attempt ${attempts}`);
    return result;
  });
}

describe('a retrying vault', () => {
  test.each<ErrorCode>(['temporary', 'throttled', 'request-timeout'])('asks again after %s', async (code) => {
    const clock = fakeClock();
    const vault = retrying(failing(code, 3), { clock, budgetMs: 15 * minute });
    await vault.abortUpload('id', signal);
    // Doubling, with the jitter of a random number of one half.
    expect(clock.waits).toEqual([750, 1500, 3000]);
  });

  test.each<ErrorCode>(['access-denied', 'request-invalid', 'vault-gone', 'upload-gone', 'account-closed'])(
    'does not ask again after %s',
    async (code) => {
      const clock = fakeClock();
      const vault = retrying(failing(code, 1), { clock, budgetMs: 15 * minute });
      await expect(vault.abortUpload('id', signal)).rejects.toMatchObject({ code });
      expect(clock.waits).toEqual([]);
    },
  );

  test.each<[string, ErrorCode, 'completeUpload' | 'askWhetherCompleted', ErrorCode]>([
    ['a Complete that failed may have worked', 'temporary', 'completeUpload', 'completion-unknown'],
    ['one that only asks cannot have', 'temporary', 'askWhetherCompleted', 'upload-gone'],
    ['a nameless archive is there', 'completion-unknown', 'completeUpload', 'completion-unknown'],
    ['also when it was only asked for', 'completion-unknown', 'askWhetherCompleted', 'completion-unknown'],
  ])('%s: after %s and then a 404, %s ends with %s', async (_, first, call, end) => {
    let attempts = 0;
    const twice = vaultOf(async () => {
      attempts += 1;
      throw new GlacierUpError(attempts === 1 ? first : 'upload-gone', `attempt ${attempts}`);
    });
    const vault = retrying(twice, { clock: fakeClock(), budgetMs: 15 * minute });
    const request = { uploadId: 'id', sizeBytes: 1, treeHash: '' };
    await expect(vault[call](request, signal)).rejects.toMatchObject({ code: end });
  });

  test('gives up when its time without progress is spent, keeping the code', async () => {
    const clock = fakeClock();
    const vault = retrying(failing('throttled', Number.POSITIVE_INFINITY), { clock, budgetMs: 15 * minute });
    await expect(vault.abortUpload('id', signal)).rejects.toMatchObject({
      code: 'throttled',
      message: expect.stringContaining('gave up after'),
    });
    const waitedMs = clock.waits.reduce((sum, waitMs) => sum + waitMs, 0);
    expect(waitedMs).toBeLessThanOrEqual(15 * minute);
    expect(waitedMs).toBeGreaterThan(13 * minute);
    expect(Math.max(...clock.waits)).toBeLessThanOrEqual(minute);
  });

  test('with a budget of 0 never asks again', async () => {
    const clock = fakeClock();
    const vault = retrying(failing('temporary', 1), { clock, budgetMs: 0 });
    await expect(vault.abortUpload('id', signal)).rejects.toMatchObject({
      code: 'temporary',
      message: 'attempt 1',
    });
    expect(clock.waits).toEqual([]);
  });

  test('counts the seconds of an attempt in which nothing moved', async () => {
    const clock = fakeClock();
    const silent = vaultOf(async () => {
      clock.pass(5 * minute);
      throw new GlacierUpError('temporary', 'silent');
    });
    const vault = retrying(silent, { clock, budgetMs: 15 * minute });
    await expect(vault.abortUpload('id', signal)).rejects.toMatchObject({ code: 'temporary' });
    expect(clock.waits).toHaveLength(2);
  });

  test('does not count the hours in which the machine slept', async () => {
    const clock = fakeClock();
    let attempts = 0;
    const slept = vaultOf(async () => {
      attempts += 1;
      if (attempts > 1) return;
      clock.pass(600 * minute);
      throw new GlacierUpError('temporary', 'silent');
    });
    const vault = retrying(slept, { clock, budgetMs: 15 * minute, longestSilenceMs: 5 * minute });
    await vault.abortUpload('id', signal);
    expect(attempts).toBe(2);
  });

  test('does not count time in which bytes move', async () => {
    const clock = fakeClock();
    let attempts = 0;
    const slow = vaultOf(async () => '');
    slow.uploadPart = async (part) => {
      attempts += 1;
      part.openBody(() => {});
      if (attempts === 4) return 'hash';
      throw new GlacierUpError('temporary', 'cut at the end');
    };
    const vault = retrying(slow, { clock, budgetMs: minute });
    const openBody = (onBytes: (sizeBytes: number) => void): never => {
      for (let second = 0; second < 600; second += 1) {
        clock.pass(900);
        onBytes(1000);
      }
      return undefined as never;
    };
    const part = { uploadId: 'id', range: { start: 0, end: 1 }, treeHash: '', sha256: '', openBody };
    await expect(vault.uploadPart(part, signal)).resolves.toBe('hash');
  });

  test('waits at least as long as Retry-After says', async () => {
    const clock = fakeClock();
    let attempts = 0;
    const vault = retrying(
      vaultOf(async () => {
        attempts += 1;
        if (attempts > 1) return;
        throw new GlacierUpError('throttled', 'x', { service: { operation: 'X', retryAfterMs: 42_000 } });
      }),
      { clock, budgetMs: 15 * minute },
    );
    await vault.abortUpload('id', signal);
    expect(clock.waits).toEqual([42_000]);
  });

  test('looks for credentials again when they have expired, and not for ever', async () => {
    const renewed = failing('credentials-expired', 1);
    await retrying(renewed, { clock: fakeClock(), budgetMs: minute }).abortUpload('id', signal);
    expect(renewed.renewals).toBe(1);
    const refused = failing('credentials-expired', Number.POSITIVE_INFINITY);
    const vault = retrying(refused, { clock: fakeClock(), budgetMs: minute });
    await expect(vault.abortUpload('id', signal)).rejects.toMatchObject({ code: 'credentials-expired' });
    expect(refused.renewals).toBe(1);
  });

  test('a cancelled request is not repeated', async () => {
    const abort = new AbortController();
    const clock = fakeClock();
    const vault = retrying(
      vaultOf(async () => {
        abort.abort(new Error('stop'));
        throw new GlacierUpError('temporary', 'x');
      }),
      { clock, budgetMs: minute },
    );
    await expect(vault.abortUpload('id', abort.signal)).rejects.toThrow('stop');
    expect(clock.waits).toEqual([]);
  });

  test('asks for a list that contradicts itself again, from its first page', async () => {
    const page = (marker: string | null): PartsPage => ({
      uploadId: 'id',
      accountId: '1',
      partSizeBytes: 1024 ** 2,
      description: '',
      createdAt: '',
      parts: [],
      marker,
    });
    let calls = 0;
    // The first list repeats its marker, the second one ends.
    const vault = retrying(
      vaultOf(async () => {
        calls += 1;
        return page(calls <= 2 ? 'same' : null);
      }),
      { clock: fakeClock(), budgetMs: minute },
    );
    await expect(vault.listParts('id', signal)).resolves.toMatchObject({ parts: [] });
    expect(calls).toBe(3);
  });
});

describe('an output of which every byte is wanted once', () => {
  /** Gives so many bytes of what is asked for, then breaks. */
  function breaking(bytesAtATime: number) {
    const asked: [number, number][] = [];
    const vault = vaultOf(async () => '');
    vault.readJobOutput = async ({ range: { start, end }, openSink }) => {
      asked.push([start, end]);
      const count = Math.min(bytesAtATime, end - start);
      if (count > 0) await openSink()(Buffer.alloc(count, start));
      if (count < end - start) throw new GlacierUpError('temporary', 'cut off');
      return null;
    };
    return { vault, asked };
  }

  test('is asked for from the byte where it broke, and each break waits as the first did', async () => {
    const clock = fakeClock();
    const { vault, asked } = breaking(30);
    const taken: number[] = [];
    await retrying(vault, { clock, budgetMs: 15 * minute }).readJobOutputOnce(
      { jobId: 'job', range: { start: 100, end: 200 }, take: (bytes) => void taken.push(...bytes) },
      signal,
    );
    expect(asked).toEqual([
      [100, 200],
      [130, 200],
      [160, 200],
      [190, 200],
    ]);
    expect(taken).toHaveLength(100);
    expect(clock.waits).toEqual([750, 750, 750]);
  });

  test('is given up when no byte comes any more', async () => {
    const clock = fakeClock();
    const { vault } = breaking(0);
    const reading = retrying(vault, { clock, budgetMs: 15 * minute }).readJobOutputOnce(
      { jobId: 'job', range: { start: 0, end: 10 }, take: () => {} },
      signal,
    );
    await expect(reading).rejects.toMatchObject({ code: 'temporary' });
    expect(clock.waits.reduce((sum, waitMs) => sum + waitMs, 0)).toBeLessThanOrEqual(15 * minute);
  });

  test('is never given up while bytes come, however long it takes', async () => {
    const clock = fakeClock();
    const { vault } = breaking(1);
    const reading = retrying(vault, { clock, budgetMs: 2000 }).readJobOutputOnce(
      { jobId: 'job', range: { start: 0, end: 5000 }, take: () => {} },
      signal,
    );
    await expect(reading).resolves.toBeUndefined();
  });
});
