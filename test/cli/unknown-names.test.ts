/** What is not known on this machine: each kind has a code of its own, which a script can tell apart. */
import { describe, expect, test } from 'vitest';
import { exitCodes } from '../../src/errors.js';
import { makePlace } from '../helpers/place.js';

const archiveId = 'a'.repeat(138);

describe('with --json, exit 4 says what is unknown here:', () => {
  test.each([
    ['an unfinished upload', 'session-unknown', ['list-parts', 'nothing.tar']],
    ['an unfinished upload to resume', 'session-unknown', ['resume', 'nothing.tar']],
    ['the receipt of a file', 'receipt-unknown', ['receipts', 'nothing.tar']],
    ['the receipt of an archive', 'receipt-unknown', ['receipts', '--forget', archiveId]],
    ['a receipt to check files with', 'receipt-unknown', ['treehash', '--receipts']],
    ['an archive by its name', 'archive-unknown', ['retrieve', 'nothing.tar']],
    ['an archive to delete', 'archive-unknown', ['delete', archiveId, '--yes']],
    ['a kept inventory', 'inventory-unknown', ['inventory', '--kept']],
    ['a kept inventory to compare receipts with', 'inventory-unknown', ['receipts', '--against', 'kept']],
    ['a kept inventory to make receipts of', 'inventory-unknown', ['receipts', '--rebuild', 'kept']],
  ])('%s is %s', async (_, code, words) => {
    const { makeVault, run, plain } = makePlace();
    await makeVault();
    const { stderr } = await (code === 'receipt-unknown' ? plain : run)([...words, '--json']);
    expect(JSON.parse(stderr.trimEnd().split('\n').at(-1) ?? '')).toMatchObject({ code, exitCode: 4 });
    expect(exitCodes[code as keyof typeof exitCodes]).toBe(4);
  });
});
