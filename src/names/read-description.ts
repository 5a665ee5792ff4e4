/** What an archive's description says, whichever tool wrote it. */
import { readFastGlacier } from './fastglacier.js';
import { readGlacierRsync } from './glacier-rsync.js';
import { readJsonPath } from './json-path.js';
import { readMtglacier } from './mtglacier.js';
import type { NameReading } from './name-reading.js';
import { readPercentEscapes } from './percent-escapes.js';

const formats = [readMtglacier, readFastGlacier, readJsonPath, readGlacierRsync, readPercentEscapes];

/**
 * Reads a description in the first format that it is wholly in, else as plain text. It never fails, and where there is
 * more than one reading, `otherName` has another. The name may be any text: see `safeRelativePath`.
 */
export function readDescription(description: string): NameReading {
  for (const read of formats) {
    const reading = read(description);
    if (reading) return reading;
  }
  return { name: description.trim() === '' ? null : description, modifiedAt: null, writer: null };
}
