/** Jobs by the ten thousand: kept as lines of one file, and listed without going through all of them. */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { pageFrom } from '../../src/server/requests/page.js';
import { checkedLine } from '../../src/server/store/append-log.js';
import { describeJob, outputOf, startJob } from './helpers/jobs.js';
import { sampleBytes, startTestVault } from './helpers/vault.js';

const HOUR_MS = 60 * 60 * 1000;

/** A record as `jobs.log` has it. */
const jobLine = (number: number, completesAtMs: number) => ({
  number,
  jobId: String(number).padStart(92, 'j'),
  description: null,
  snsTopic: null,
  createdAtMs: 0,
  completesAtMs,
  willFail: false,
  outputSizeBytes: 1,
  retrieval: {
    kind: 'archive',
    archiveId: 'a'.repeat(138),
    archiveDescription: null,
    archiveSizeBytes: 1,
    archiveTreeHash: 'f'.repeat(64),
    tier: 'Bulk',
    firstByte: 0,
    treeHash: 'f'.repeat(64),
  },
});

describe('a vault with many jobs', () => {
  test('lists all of them page by page, newest first', async () => {
    const vault = await startTestVault({ now: () => 1000 });
    await vault.server.close();
    const lines = Array.from(
      { length: 10_000 },
      (_, i) => `${checkedLine(jobLine(i + 1, i % 2 ? 2000 : 500))}\n`,
    );
    await writeFile(join(vault.dir, 'vaults/1/jobs.log'), lines.join(''));
    await vault.restart();
    for (const [query, count] of [
      ['', 10_000],
      ['&completed=true', 5000],
    ] as const) {
      const numbers: number[] = [];
      let marker = '';
      do {
        const { json } = await vault.ask('GET', `/-/vaults/v/jobs?limit=50&marker=${marker}${query}`);
        for (const { JobId } of json.JobList) numbers.push(Number(JobId.replaceAll('j', '')));
        marker = json.Marker ?? '';
      } while (marker !== '');
      expect(numbers).toHaveLength(count);
      expect(numbers).toEqual([...numbers].sort((a, b) => b - a));
    }
  });

  test('goes through no more of them for a page than the page has, and one', () => {
    const seen: number[] = [];
    function* from(number: number) {
      for (let i = number; i > 0; i -= 1) {
        seen.push(i);
        yield i;
      }
    }
    const { items, marker } = pageFrom(
      (key) => from(key === undefined ? 1e9 : -Number(key)),
      new URLSearchParams(),
      50,
      (i) => -i,
    );
    expect([items.length, seen.length]).toEqual([50, 51]);
    const next = pageFrom(
      (key) => from(-Number(key)),
      new URLSearchParams({ marker: String(marker) }),
      50,
      (i) => -i,
    );
    expect(next.items[0]).toBe(1e9 - 50);
    expect(seen).toHaveLength(102);
  });

  test('drops a line that a crash cut short, and goes on behind the whole ones', async () => {
    const vault = await startTestVault({ seeds: ['v=1'] });
    const [first, second] = [
      await startJob(vault, { Type: 'inventory-retrieval', SNSTopic: 'arn:größe' }),
      await startJob(vault, { Type: 'inventory-retrieval' }),
    ];
    await vault.server.close();
    const path = join(vault.dir, 'vaults/1/jobs.log');
    const text = await readFile(path);
    await writeFile(path, text.subarray(0, -100));
    await vault.restart();
    expect((await describeJob(vault, first)).json.SNSTopic).toBe('arn:größe');
    expect((await describeJob(vault, second)).status).toBe(404);
    const third = await startJob(vault, { Type: 'inventory-retrieval' });
    await vault.restart();
    expect((await describeJob(vault, third)).status).toBe(200);
    expect((await describeJob(vault, first)).status).toBe(200);
  });

  test('reads the jobs of a folder of the earlier format, a file each', async () => {
    const vault = await startTestVault();
    const bytes = sampleBytes(1000);
    const ArchiveId = await vault.upload(bytes);
    const jobId = await startJob(vault, { Type: 'archive-retrieval', ArchiveId });
    await vault.server.close();
    const log = join(vault.dir, 'vaults/1/jobs.log');
    const { number, ...record } = JSON.parse((await readFile(log, 'utf8')).slice(17));
    await rm(log);
    await mkdir(join(vault.dir, `vaults/1/jobs/${number}`), { recursive: true });
    await writeFile(join(vault.dir, `vaults/1/jobs/${number}/job.json`), JSON.stringify(record));
    const identity = join(vault.dir, 'vault-folder.json');
    await writeFile(identity, (await readFile(identity, 'utf8')).replace('"format": 2', '"format": 1'));
    await vault.restart();
    expect((await outputOf(vault, jobId)).bytes.equals(bytes)).toBe(true);
    const other = await startJob(vault, { Type: 'archive-retrieval', ArchiveId });
    await vault.restart();
    const { json } = await vault.ask('GET', '/-/vaults/v/jobs');
    expect(json.JobList.map(({ JobId }: { JobId: string }) => JobId)).toEqual([other, jobId]);
    expect(JSON.parse(await readFile(identity, 'utf8')).format).toBe(3);
  });
});

describe('a finished job', () => {
  test('is there for as long as the server is told, and then no more', async () => {
    let nowMs = Date.UTC(2026, 0, 1);
    const vault = await startTestVault({
      now: () => nowMs,
      jobDelayMs: 4 * HOUR_MS,
      jobLifeMs: HOUR_MS,
      seeds: ['v=1'],
    });
    const jobId = await startJob(vault, { Type: 'inventory-retrieval' });
    const listed = async () => (await vault.ask('GET', '/-/vaults/v/jobs')).json.JobList.length;
    nowMs += 5 * HOUR_MS - 1;
    expect([(await outputOf(vault, jobId)).status, await listed()]).toEqual([200, 1]);
    nowMs += 1;
    expect([(await outputOf(vault, jobId)).status, await listed()]).toEqual([404, 0]);
    expect((await describeJob(vault, jobId)).json.message).toBe(`The job ID was not found: ${jobId}`);
  });
});
