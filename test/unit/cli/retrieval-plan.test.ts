/** What `retrieve --dry-run` shows. */
import { describe, expect, test } from 'vitest';
import { printRetrievalPlan } from '../../../src/cli/commands/retrieve/retrieval-plan.js';
import type { Job, Tier } from '../../../src/glacier/jobs.js';
import type { RetrieveDeps, RetrieveRequest } from '../../../src/retrieval/retrieve.js';
import { commandRun } from './helpers/command-run.js';
import { demo, idOf } from './helpers/known-here.js';

const MiB = 1024 ** 2;
const GiB = 1024 ** 3;

function jobOf(tier: Tier, sizeBytes: number): Job {
  return {
    jobId: 'job-1',
    status: 'InProgress',
    createdAt: '2026-03-01T00:00:00Z',
    archive: {
      archiveId: idOf('A'),
      sizeBytes,
      treeHash: null,
      range: { start: 0, end: sizeBytes },
      rangeTreeHash: null,
      tier,
    },
  } as unknown as Job;
}

async function shown(request: Partial<RetrieveRequest>, jobs: Job[] = [], options = {}) {
  const run = commandRun(options);
  const vault = { listJobs: async () => jobs };
  const deps = { vault, signal: run.command.signal, destination: demo } as unknown as RetrieveDeps & {
    destination: typeof demo;
  };
  const known = { sizeBytes: 40 * MiB, treeHash: 'a'.repeat(64) };
  await printRetrievalPlan(run.command, deps, {
    archiveId: idOf('A'),
    range: null,
    tier: null,
    out: 'out\u001b',
    force: false,
    wait: false,
    known,
    ...request,
  });
  return run;
}

const archive = `(dry run) out\\x1b: archive ${idOf('A')} in vault demo, `;
const prices = '(estimated from prices of 2026-05 for us-east-1)';

test.each<[string, Partial<RetrieveRequest>, Job[], string]>([
  [
    'an archive, its requests and its price',
    {},
    [],
    `40 MiB; 1 request starts a Standard job, 3 requests download it; less than 0.01 USD ${prices}`,
  ],
  [
    'one that takes a single request',
    { known: { sizeBytes: 16 * MiB, treeHash: '' } },
    [],
    `16 MiB; 1 request starts a Standard job, 1 request downloads it; less than 0.01 USD ${prices}`,
  ],
  [
    'the tier that is given',
    { tier: 'Expedited', known: { sizeBytes: 2 * GiB, treeHash: '' } },
    [],
    `2 GiB; 1 request starts an Expedited job, 128 requests download it; 0.07 USD ${prices}`,
  ],
  [
    'a range instead of the whole',
    { range: { start: MiB, end: 2 * MiB } },
    [],
    `1 MiB; 1 request starts a Standard job, 1 request downloads it; less than 0.01 USD ${prices}`,
  ],
  [
    'an archive whose size is not known',
    { known: null },
    [],
    'of a size that is not known here; 1 request starts a Standard job, then it is downloaded',
  ],
  [
    'a job that is there, with its tier and size',
    { known: null },
    [jobOf('Bulk', 20 * MiB)],
    `20 MiB; the Bulk job job-1 is there already (InProgress), 2 requests download it; 0.00 USD ${prices}`,
  ],
])('shows %s', async (_, request, jobs, text) => {
  const { stdout } = await shown(request, jobs);
  expect(stdout()).toBe(`${archive}${text}\n`);
});

describe('as JSON', () => {
  test.each<[string, Partial<RetrieveRequest>, Job[], object]>([
    [
      'an archive has its price',
      { known: { sizeBytes: GiB, treeHash: '' } },
      [],
      {
        range: null,
        sizeBytes: GiB,
        tier: 'Standard',
        jobId: null,
        downloads: 64,
        estimate: { retrieving: 0.01005, currency: 'USD', pricesAsOf: '2026-05' },
      },
    ],
    [
      'a range is as it is given',
      { range: { start: 0, end: MiB } },
      [],
      { range: '0-1048575', sizeBytes: MiB, downloads: 1 },
    ],
    ['what is not known is null', { known: null }, [], { sizeBytes: null, downloads: null, estimate: null }],
    [
      'a job that is there costs nothing more',
      {},
      [jobOf('Bulk', 40 * MiB)],
      { tier: 'Bulk', jobId: 'job-1', estimate: { retrieving: 0 } },
    ],
  ])('%s', async (_, request, jobs, fields) => {
    const { objects } = await shown(request, jobs, { json: true });
    expect(objects()).toHaveLength(1);
    expect(objects()).toMatchObject([
      { type: 'retrieval-plan', archiveId: idOf('A'), vault: 'demo', file: 'out\u001b', ...fields },
    ]);
  });
});
