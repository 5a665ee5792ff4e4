import { describe, expect, test } from 'vitest';
import { startVaultServer } from '../../src/server/index.js';
import { Rates } from '../../src/server/rates.js';
import { newFolder, startTestVault } from './helpers/vault.js';

describe('a rate', () => {
  test('lets so many requests through in a second, and again as time goes by', () => {
    let nowMs = 5;
    const rates = new Rates(['delete-archive=4'], () => nowMs);
    const taken = (requests: number) =>
      Array.from({ length: requests }, () => rates.take('delete-archive')).filter(Boolean).length;
    expect(taken(10)).toBe(4);
    nowMs += 249;
    expect(taken(10)).toBe(0);
    nowMs += 1;
    expect(taken(10)).toBe(1);
    nowMs += 500;
    expect(taken(10)).toBe(2);
    nowMs += 3_600_000;
    expect(taken(10)).toBe(4);
    expect(rates.take('list-jobs')).toBe(true);
  });

  test('below one a second lets a request through every few seconds', () => {
    let nowMs = 0;
    const rates = new Rates(['initiate-job=0.5'], () => nowMs);
    const taken: number[] = [];
    for (; nowMs < 8000; nowMs += 100) if (rates.take('initiate-job')) taken.push(nowMs);
    expect(taken).toEqual([0, 2000, 4000, 6000]);
  });

  test('of all operations together counts each of them, and one that is refused costs the others nothing', () => {
    const rates = new Rates(['*=3', 'list-jobs=1'], () => 0);
    const operations = [
      'list-jobs',
      'list-jobs',
      'list-jobs',
      'describe-job',
      'describe-job',
      'describe-job',
    ] as const;
    expect(operations.map((one) => rates.take(one))).toEqual([true, false, false, true, true, false]);
  });

  test('above which the service throttles, in its own words', async () => {
    const vault = await startTestVault({ rates: ['delete-archive=1'] });
    const remove = () => vault.ask('DELETE', `/-/vaults/v/archives/${'a'.repeat(138)}`);
    const replies = await Promise.all([remove(), remove(), remove()]);
    const refused = replies.filter(({ status }) => status !== 204);
    expect(refused.length).toBeGreaterThan(0);
    for (const { status, json } of refused) {
      expect([status, json]).toEqual([
        400,
        { code: 'ThrottlingException', message: 'Rate exceeded', type: 'Client' },
      ]);
    }
    expect((await vault.ask('GET', '/-/vaults/v')).status).toBe(200);
  });

  test.each(['delete-archive', 'delete-archive=0', 'delete-archive=x', 'delete=5', '=5'])(
    '%s is refused',
    async (rate) => {
      await expect(startVaultServer({ dir: await newFolder(), rates: [rate] })).rejects.toMatchObject({
        code: 'bad-rate',
        message: expect.stringContaining(`rate "${rate}"`),
      });
    },
  );
});
