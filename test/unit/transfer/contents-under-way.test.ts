import { describe, expect, test } from 'vitest';
import { GlacierUpError } from '../../../src/errors.js';
import { ContentsUnderWay } from '../../../src/transfer/contents-under-way.js';

const content = { sizeBytes: 1000, treeHash: 'ab'.repeat(32) };

describe('a file with the content of another that is under way', () => {
  test('waits for it', async () => {
    const contents = new ContentsUnderWay();
    const [first, second] = [{}, {}];
    await contents.enter(first, content);
    let isIn = false;
    const entered = contents.enter(second, content).then(() => {
      isIn = true;
    });
    await Promise.resolve();
    expect(isIn).toBe(false);
    contents.leave(first);
    await entered;
    expect(isIn).toBe(true);
  });

  test.each(['state-unusable', 'completion-unknown', 'temporary'] as const)(
    'is not sent when that one failed (%s) and may be archived all the same',
    async (code) => {
      const contents = new ContentsUnderWay();
      const [first, second] = [{}, {}];
      await contents.enter(first, content);
      const entered = contents.enter(second, content);
      contents.leave(first, new GlacierUpError(code, 'it failed'));
      await expect(entered).rejects.toMatchObject({ code: 'temporary' });
    },
  );

  test('is sent when that one failed before there could be an archive', async () => {
    const contents = new ContentsUnderWay();
    const [first, second] = [{}, {}];
    await contents.enter(first, content);
    const entered = contents.enter(second, content);
    contents.leave(first, new GlacierUpError('archive-changed', 'it changed'));
    await expect(entered).resolves.toBeUndefined();
  });
});
