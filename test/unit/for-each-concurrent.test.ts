import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { forEachConcurrent } from '../../src/for-each-concurrent.js';

const { signal } = new AbortController();

describe('actions, several at a time,', () => {
  test('do each once, and never more at a time than may be', async () => {
    const done: number[] = [];
    let [underWay, most] = [0, 0];
    await forEachConcurrent([1, 2, 3, 4, 5, 6, 7], { concurrency: 3, signal }, async (item) => {
      underWay += 1;
      most = Math.max(most, underWay);
      await turn();
      underWay -= 1;
      done.push(item);
    });
    expect(done.sort()).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(most).toBe(3);
  });

  test('end with the first failure once nothing is under way any more, and begin nothing after it', async () => {
    const ended: string[] = [];
    const work = forEachConcurrent(
      ['fails', 'slow', 'never'],
      { concurrency: 2, signal },
      async (item, stop) => {
        if (item === 'fails') throw new Error('it fails');
        while (!stop.aborted) await turn();
        for (let turns = 0; turns < 10; turns += 1) await turn();
        ended.push(item);
        throw stop.reason;
      },
    );
    await expect(work).rejects.toThrow('it fails');
    expect(ended).toEqual(['slow']);
  });

  test('are ended from outside with the reason given', async () => {
    const outside = new AbortController();
    const work = forEachConcurrent([1, 2], { concurrency: 1, signal: outside.signal }, async () => {
      outside.abort(new Error('interrupted'));
    });
    await expect(work).rejects.toThrow('interrupted');
  });

  test('under way still end when the items themselves fail to come', async () => {
    const ended: string[] = [];
    async function* items() {
      yield 'slow';
      throw new Error('no more come');
    }
    const work = forEachConcurrent(items, { concurrency: 2, signal }, async (item, stop) => {
      for (let turns = 0; turns < 10; turns += 1) await turn();
      expect(stop.aborted).toBe(false);
      ended.push(item);
    });
    await expect(work).rejects.toThrow('no more come');
    expect(ended).toEqual(['slow']);
  });

  test('that fail end what gives the items, by its signal', async () => {
    const given: number[] = [];
    function* items(stop: AbortSignal) {
      for (let item = 0; !stop.aborted; item += 1) {
        given.push(item);
        yield item;
      }
    }
    const work = forEachConcurrent(items, { concurrency: 1, signal }, async (item) => {
      if (item === 2) throw new Error('it fails');
    });
    await expect(work).rejects.toThrow('it fails');
    expect(given).toEqual([0, 1, 2]);
  });
});
