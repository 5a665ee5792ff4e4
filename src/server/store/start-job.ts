import { noInventoryYet } from '../errors.js';
import { newJobId } from '../ids.js';
import { inventoryOutput, selectArchives } from '../inventory-output.js';
import { type AskedArchive, type AskedInventory, retrievalRange } from '../job-parameters.js';
import { openMarker } from '../page.js';
import { isTreeHashAligned } from '../tree-hash-alignment.js';
import { writeDurably } from './durable.js';
import { treeHashOfFile } from './file-range.js';
import type { JobRecord } from './job.js';
import type { Vault } from './vault.js';

export interface JobTimes {
  readonly createdAtMs: number;
  readonly completesAtMs: number;
  readonly willFail: boolean;
}

/** Starts the retrieval of an archive, or of a range of it. The job outlives the archive. */
export function startArchiveRetrieval(
  vault: Vault,
  { archiveId, range, tier, description, snsTopic }: AskedArchive,
  times: JobTimes,
): Promise<JobRecord> {
  return vault.jobs.start(async (outputPath) => {
    const archive = await vault.linkArchive(archiveId, outputPath);
    const { sizeBytes: archiveSizeBytes, treeHash: archiveTreeHash } = archive;
    const { firstByte, sizeBytes } = retrievalRange(range, archiveSizeBytes);
    const isWhole = sizeBytes === archiveSizeBytes;
    const isAligned = isTreeHashAligned(firstByte, sizeBytes, archiveSizeBytes);
    const treeHash = isWhole
      ? archiveTreeHash
      : isAligned
        ? await treeHashOfFile(outputPath, firstByte, sizeBytes)
        : null;
    return {
      jobId: newJobId(),
      description,
      snsTopic,
      ...times,
      outputSizeBytes: sizeBytes,
      retrieval: {
        kind: 'archive',
        archiveId,
        archiveDescription: archive.description,
        archiveSizeBytes,
        archiveTreeHash,
        tier,
        firstByte,
        treeHash,
      },
    };
  });
}

/** Starts the retrieval of the vault's last inventory, as it is now: a later one is another job's. */
export function startInventoryRetrieval(
  vault: Vault,
  { format, startDate, endDate, limit, fromNumber, description, snsTopic }: AskedInventory,
  vaultArn: string,
  times: JobTimes,
): Promise<JobRecord> {
  return vault.jobs.start(async (outputPath) => {
    const inventory = await vault.lastInventory(times.createdAtMs);
    if (!inventory) throw noInventoryYet(vaultArn);
    const { archives, nextNumber } = selectArchives(inventory, {
      startMs: startDate === null ? undefined : Date.parse(startDate),
      endMs: endDate === null ? undefined : Date.parse(endDate),
      most: limit === null ? Number.POSITIVE_INFINITY : Number(limit),
      fromNumber,
    });
    const output = inventoryOutput(format, vaultArn, inventory.atMs, archives);
    await writeDurably(outputPath, output);
    return {
      jobId: newJobId(),
      description,
      snsTopic,
      ...times,
      outputSizeBytes: Buffer.byteLength(output),
      retrieval: {
        kind: 'inventory',
        format,
        startDate,
        endDate,
        limit,
        nextMarker: nextNumber === undefined ? null : openMarker.write(String(nextNumber)),
      },
    };
  });
}
