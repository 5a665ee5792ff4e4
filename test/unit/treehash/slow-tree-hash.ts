/**
 * The tree hash a second time, from the top down and without any of the code under test: a tree of n leaves has on
 * its left the largest power of two of leaves below n, and the rest on its right.
 */
import { createHash } from 'node:crypto';

export function slowTreeHash(bytes: Buffer, leafBytes: number): Buffer {
  const leaves = Math.ceil(bytes.length / leafBytes);
  if (leaves <= 1) return createHash('sha256').update(bytes).digest();
  let left = 1;
  while (left * 2 < leaves) left *= 2;
  const middle = left * leafBytes;
  const both = Buffer.concat([
    slowTreeHash(bytes.subarray(0, middle), leafBytes),
    slowTreeHash(bytes.subarray(middle), leafBytes),
  ]);
  return createHash('sha256').update(both).digest();
}
