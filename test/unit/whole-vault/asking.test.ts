/** What a run does first: it lets requests of the run before it arrive, and reads which jobs there are. */
import { expect, test } from 'vitest';
import { retrying } from '../../../src/glacier/retry/retrying-vault.js';
import { Asking, type AskingParts } from '../../../src/whole-vault/restore/asking.js';
import type { AskedJob } from '../../../src/whole-vault/restore/ledger.js';
import { fakeClock } from '../../helpers/fake-clock.js';
import { memoryVault } from '../../helpers/memory-vault.js';

/** What is waited for before the list of jobs is read. @param asked what the journal says of archives, with its age */
async function waitsBefore(asked: { jobId: string | null; agoMs: number }[]): Promise<number[]> {
  const clock = fakeClock();
  const vault = memoryVault(clock.now);
  const entries = asked.map(({ jobId, agoMs }, n): [number, AskedJob] => [
    n,
    { jobId, atMs: clock.now() - agoMs },
  ]);
  const run = { clock, vault: retrying(vault, { clock, budgetMs: 60_000 }) };
  const parts = { run, ledger: { asked: new Map(entries) }, signal: new AbortController().signal };
  await new Asking(parts as unknown as AskingParts).readJobs();
  expect(vault.requests).toEqual(['listJobsPage']);
  return clock.waits;
}

test.each([
  ['was sent a moment ago', [{ jobId: null, agoMs: 300 }], [700]],
  [
    'was sent at times of which the last counts',
    [3000, 400, 5000].map((agoMs) => ({ jobId: null, agoMs })),
    [600],
  ],
  [
    'was sent at a time that is yet to come, since the clock was set',
    [{ jobId: null, agoMs: -60_000 }],
    [1000],
  ],
  ['was sent a second ago', [{ jobId: null, agoMs: 1000 }], []],
  ['was answered', [{ jobId: 'job', agoMs: 300 }], []],
  ['did not happen', [], []],
])('a request for a job that %s', async (_, asked, waits) => {
  expect(await waitsBefore(asked)).toEqual(waits);
});
