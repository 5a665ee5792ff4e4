/** The tree hash of the embedded vault. */
import { compileSource } from '../../scripts/compile-source.mjs';

export const { joinRawTreeHashes, TreeHasher } = await import(
  await compileSource('src/server/hashes/tree-hash.ts')
);
