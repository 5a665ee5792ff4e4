import { inventoryTail } from '../../inventory-output.js';
import { type ByteSource, joinedBytes, openFile, textBytes } from '../byte-source.js';
import { SeededRows } from '../seeds/seeded-rows.js';
import type { Seeds } from '../seeds/seeds.js';
import type { InventoryRetrieval, SeededPart } from './job.js';
import type { Job } from './jobs.js';

/** Adding up the lengths of a million rows takes a while; every range of an inventory is asked for by a request of its own. */
const rowsOfJobs = new WeakMap<Job, SeededRows>();

/** What a job retrieved: of an archive the whole, of which the job's range is a part. */
export async function openJobOutput(job: Job, seeds: Seeds): Promise<ByteSource> {
  const { retrieval } = job.record;
  if (retrieval.kind === 'archive') {
    if (!retrieval.isSeeded) return openFile(job.outputPath);
    const found = seeds.findDeletedToo(retrieval.archiveId);
    if (!found) throw new Error(`the seed of archive ${retrieval.archiveId} is missing`);
    return found.stored.seed.content(found.index);
  }
  const { seeded } = retrieval;
  const kept = await openFile(job.outputPath);
  if (!seeded) return kept;
  const rows = rowsOfJobs.get(job) ?? rowsOf(retrieval, seeded, seeds);
  rowsOfJobs.set(job, rows);
  const tail = inventoryTail(retrieval.format);
  return joinedBytes([
    { sizeBytes: seeded.keptBytes, source: kept },
    { sizeBytes: rows.sizeBytes, source: rows },
    { sizeBytes: tail.length, source: textBytes(tail) },
  ]);
}

function rowsOf(
  { format, startDate, endDate }: InventoryRetrieval,
  part: SeededPart,
  seeds: Seeds,
): SeededRows {
  const [startMs, endMs] = [startDate, endDate].map((date) => (date === null ? undefined : Date.parse(date)));
  return new SeededRows(seeds, { ...part, format, startMs, endMs });
}
