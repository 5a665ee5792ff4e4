import { noInventoryYet } from '../../errors.js';
import { treeHashOfPieces } from '../../hashes/tree-hash.js';
import { isTreeHashAligned } from '../../hashes/tree-hash-alignment.js';
import { newJobId } from '../../ids.js';
import { inventoryHead, inventoryRow, inventoryTail, selectArchives } from '../../inventory-output.js';
import { type AskedArchive, type AskedInventory, retrievalRange } from '../../requests/job-parameters.js';
import { openMarker } from '../../requests/page.js';
import type { ArchiveRecord } from '../archive-record.js';
import { openFile } from '../byte-source.js';
import { writeDurably } from '../durable.js';
import { SeededRows } from '../seeds/seeded-rows.js';
import type { Vault } from '../vault.js';
import type { JobRecord } from './job.js';

export interface JobTimes {
  readonly createdAtMs: number;
  readonly completesAtMs: number;
  readonly willFail: boolean;
}

/** Starts the retrieval of an archive, or of a range of it, unless `allow` throws. The job outlives the archive. */
export function startArchiveRetrieval(
  vault: Vault,
  { archiveId, range, tier, description, snsTopic }: AskedArchive,
  times: JobTimes,
  allow: (asked: { readonly tier: string; readonly sizeBytes: number }) => void,
): Promise<JobRecord> {
  return vault.jobs.start(async (newOutputPath) => {
    const seeded = vault.seeds.find(archiveId);
    const outputPath = seeded ? undefined : await newOutputPath();
    const archive: ArchiveRecord =
      seeded?.stored.seed.archive(seeded.index) ?? (await vault.linkArchive(archiveId, String(outputPath)));
    const { sizeBytes: archiveSizeBytes, treeHash: archiveTreeHash } = archive;
    const { firstByte, sizeBytes } = retrievalRange(range, archiveSizeBytes);
    allow({ tier, sizeBytes });
    const treeHash = async (): Promise<string | null> => {
      if (sizeBytes === archiveSizeBytes) return archiveTreeHash;
      if (!isTreeHashAligned(firstByte, sizeBytes, archiveSizeBytes)) return null;
      const source = seeded?.stored.seed.content(seeded.index) ?? (await openFile(String(outputPath)));
      try {
        return await treeHashOfPieces(source.read(firstByte, sizeBytes));
      } finally {
        await source.close();
      }
    };
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
        treeHash: await treeHash(),
        ...(seeded ? { isSeeded: true } : {}),
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
  return vault.jobs.start(async (newOutputPath) => {
    const inventory = await vault.lastInventory(times.createdAtMs);
    if (!inventory) throw noInventoryYet(vaultArn);
    const [startMs, endMs] = [startDate, endDate].map((date) =>
      date === null ? undefined : Date.parse(date),
    );
    const most = limit === null ? Number.MAX_SAFE_INTEGER : Number(limit);
    const { archives, nextNumber } = selectArchives(inventory, { startMs, endMs, most, fromNumber });
    const selection = {
      seeds: nextNumber === undefined ? (inventory.seeds ?? []) : [],
      fromNumber,
      most: most - archives.length,
      isFirst: archives.length === 0,
    };
    const rows = new SeededRows(vault.seeds, { ...selection, format, startMs, endMs });
    const tail = inventoryTail(format);
    const head = inventoryHead(format, vaultArn, inventory.atMs);
    const listed = archives.map((archive, i) => inventoryRow(format, archive, i === 0));
    const kept = [head, ...listed, rows.count === 0 ? tail : ''].join('');
    await writeDurably(await newOutputPath(), kept);
    const next = nextNumber ?? rows.nextNumber;
    const seeded = { ...selection, keptBytes: kept.length, rowsBytes: rows.sizeBytes };
    return {
      jobId: newJobId(),
      description,
      snsTopic,
      ...times,
      outputSizeBytes: kept.length + (rows.count === 0 ? 0 : rows.sizeBytes + tail.length),
      retrieval: {
        kind: 'inventory',
        format,
        startDate,
        endDate,
        limit,
        nextMarker: next === undefined ? null : openMarker.write(String(next)),
        ...(rows.count === 0 ? {} : { seeded }),
      },
    };
  });
}
