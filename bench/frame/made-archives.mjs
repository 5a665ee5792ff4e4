/**
 * Archives that nobody has uploaded, as an inventory lists them and as receipts have them; one number makes one archive.
 *
 *     node made-archives.mjs COUNT     writes the inventory to standard output
 */
import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { argv } from 'node:process';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';

export const accountId = '123456789012';
export const region = 'us-east-1';
export const vaultName = 'bench';

const idStart = 'A'.repeat(126);

/** The content of the first files of a subject: so that their hashes stand in an inventory. */
export const contentOf = (index) => `content of file ${index}`;
const hashed = 10_000;

function archive(index) {
  const isFile = index < hashed;
  return {
    archiveId: `${idStart}${String(index).padStart(12, '0')}`,
    description: `photos/2019/${String(index).padStart(8, '0')}.jpg`,
    sizeBytes: isFile ? contentOf(index).length : 1_000_000 + index,
    treeHash: isFile
      ? createHash('sha256').update(contentOf(index)).digest('hex')
      : (index * 2_654_435_761).toString(16).padStart(64, '0'),
  };
}

const piece = 1000;

export function* inventoryPieces(count) {
  yield `{"VaultARN":"arn:aws:glacier:${region}:${accountId}:vaults/${vaultName}","InventoryDate":"2026-11-01T00:00:00Z","ArchiveList":[`;
  for (let from = 0; from < count; from += piece) {
    let text = '';
    for (let index = from; index < Math.min(from + piece, count); index += 1) {
      const { archiveId, description, sizeBytes, treeHash } = archive(index);
      text += `${index > 0 ? ',' : ''}{"ArchiveId":"${archiveId}","ArchiveDescription":"${description}","CreationDate":"2026-10-01T00:00:00Z","Size":${sizeBytes},"SHA256TreeHash":"${treeHash}"}`;
    }
    yield text;
  }
  yield ']}';
}

/**
 * The lines of receipts.
 * @param template a receipt that an upload has written
 */
export function* receiptPieces(count, template) {
  for (let from = 0; from < count; from += piece) {
    let text = '';
    for (let index = from; index < Math.min(from + piece, count); index += 1) {
      const made = archive(index);
      const path = `/data/${made.description}`;
      const location = template.location.replace(template.archiveId, made.archiveId);
      const uploadId = `${template.uploadId.slice(0, -12)}${made.archiveId.slice(-12)}`;
      text += `${JSON.stringify({ ...template, ...made, location, uploadId, path, completedAt: '2026-10-01T00:00:00.000Z' })}\n`;
    }
    yield text;
  }
}

export function writePieces(path, pieces) {
  const fd = openSync(path, 'wx');
  for (const text of pieces) writeSync(fd, text);
  // Else it would be written back while something is measured.
  fsyncSync(fd);
  closeSync(fd);
}

if (argv[1] === fileURLToPath(import.meta.url))
  await pipeline(Readable.from(inventoryPieces(Number(argv[2]))), process.stdout);
