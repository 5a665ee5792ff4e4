import { Readable } from 'node:stream';
import type { Vault } from '../../src/glacier/vault.js';
import { rawSha256, rawTreeHashOf } from '../../src/treehash/tree-hash.js';

/** Another tool stores a part that begins at byte `start`. */
export async function storePart(
  vault: Pick<Vault, 'uploadPart'>,
  uploadId: string,
  start: number,
  part: Buffer,
): Promise<void> {
  await vault.uploadPart(
    {
      uploadId,
      range: { start, end: start + part.length },
      treeHash: rawTreeHashOf(part).toString('hex'),
      sha256: rawSha256(part).toString('hex'),
      openBody: () => Readable.from([part]),
    },
    new AbortController().signal,
  );
}
