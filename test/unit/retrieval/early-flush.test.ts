import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { EarlyFlush } from '../../../src/retrieval/early-flush.js';
import { tempFolder } from '../../helpers/temp-folder.js';

describe('an early flush that failed', () => {
  test('is told by the next one, and again at the end', async () => {
    const fd = openSync(join(tempFolder(), 'file'), 'w');
    closeSync(fd);
    const flush = new EarlyFlush(fd);
    flush.begin();
    await flush.settle();
    expect(() => flush.begin()).toThrow('EBADF');
    await expect(flush.finish()).rejects.toMatchObject({ code: 'EBADF' });
  });
});
