/**
 * The SHA-256 tree hash (Glacier developer guide, "Computing Checksums"): leaves of 1 MiB are hashed, then
 * neighbours are hashed in pairs, level by level, a node without a neighbour moving up unchanged.
 */
import { createHash } from 'node:crypto';

/** Bytes under one leaf. The functions that cut leaves take it as a parameter, so that small inputs can test them. */
export const leafSizeBytes = 1024 * 1024;

export const digestSizeBytes = 32;

/** @returns 32 bytes */
export function rawSha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}

function sha256OfPair(left: Uint8Array, right: Uint8Array): Buffer {
  return createHash('sha256').update(left).update(right).digest();
}

/**
 * Joins the nodes of one level, in order, into their root.
 *
 * Leaves give the tree hash of the bytes. The tree hashes of an upload's parts give that of the whole archive,
 * because a part is a power of two of leaves and every part but the last is full, so that each part is a node of
 * the archive's own tree. Raw digests are joined, never their hex text.
 *
 * @returns 32 bytes; the SHA-256 of nothing when there is no node, as AWS's own samples have it
 */
export function joinRawTreeHashes(nodes: readonly Uint8Array[]): Buffer {
  if (nodes.length === 0) return rawSha256(Buffer.alloc(0));
  let level = nodes;
  while (level.length > 1) {
    const parents: Uint8Array[] = [];
    for (let index = 0; index < level.length; index += 2) {
      const left = level[index] as Uint8Array;
      const right = level[index + 1];
      parents.push(right === undefined ? left : sha256OfPair(left, right));
    }
    level = parents;
  }
  return Buffer.from(level[0] as Uint8Array);
}

/** The tree hash of bytes at hand. */
export function rawTreeHashOf(bytes: Uint8Array, leafBytes = leafSizeBytes): Buffer {
  const leaves: Buffer[] = [];
  for (let start = 0; start < bytes.length; start += leafBytes) {
    leaves.push(rawSha256(bytes.subarray(start, start + leafBytes)));
  }
  return joinRawTreeHashes(leaves);
}

/**
 * Takes the leaves' digests of a stream of unknown length, in order, and keeps only one node per level, so that
 * memory does not grow with the stream.
 */
export class LeafJoiner {
  /** Node `n` covers 2^n leaves; a hole where that level has no complete node waiting. */
  readonly #waiting: (Buffer | undefined)[] = [];

  add(leaf: Buffer): void {
    let node = leaf;
    let level = 0;
    for (let left = this.#waiting[level]; left !== undefined; left = this.#waiting[level]) {
      node = sha256OfPair(left, node);
      this.#waiting[level] = undefined;
      level += 1;
    }
    this.#waiting[level] = node;
  }

  root(): Buffer {
    let root: Buffer | undefined;
    for (const node of this.#waiting) {
      if (node === undefined) continue;
      root = root === undefined ? node : sha256OfPair(node, root);
    }
    return root ?? joinRawTreeHashes([]);
  }
}
