import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readRange, writePieces } from './file-range.js';
import type { StoredPart } from './uploads/part-journal.js';
import type { PartOwner } from './uploads/part-owner.js';

/** Copies a part that was received beside the archive to its place in it. May be repeated after a failure. */
export async function moveIntoPlace(upload: PartOwner, part: StoredPart): Promise<void> {
  const { aside, ...inPlace } = part;
  if (aside === undefined) return;
  const path = join(upload.folder, aside);
  const start = part.index * upload.record.partSizeBytes;
  const from = await open(path, 'r');
  try {
    const to = await open(upload.archivePath, 'r+');
    try {
      let done = 0;
      for await (const bytes of readRange(from, 0, part.sizeBytes)) {
        await writePieces(to, [bytes], start + done);
        done += bytes.length;
      }
      if (done !== part.sizeBytes) throw new Error(`${path} is cut short`);
      await to.datasync();
    } finally {
      await to.close();
    }
  } finally {
    await from.close();
  }
  await upload.journal.append(inPlace);
  upload.list(inPlace);
  await rm(path, { force: true });
}
