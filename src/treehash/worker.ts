/** Thread entry: reads byte ranges of files by itself and hashes them, both ways in one pass. */
import { createHash } from 'node:crypto';
import { readSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import type { HashReply, HashRequest } from './hash-request.js';
import { LeafJoiner, leafSizeBytes, sha256 } from './tree-hash.js';

/** One for the life of the thread, so that memory does not grow with the part size. */
let buffer = Buffer.allocUnsafeSlow(leafSizeBytes);

/** Fills `target` from `position`; returns how many bytes there were. */
function readFully(fd: number, target: Buffer, position: number): number {
  let filled = 0;
  while (filled < target.length) {
    const count = readSync(fd, target, filled, target.length - filled, position + filled);
    if (count === 0) break;
    filled += count;
  }
  return filled;
}

function hash({ id, fd, start, end, leafBytes, linear }: HashRequest): HashReply {
  if (buffer.length < leafBytes) buffer = Buffer.allocUnsafeSlow(leafBytes);
  // Up to one leaf the tree hash is the plain SHA-256: hash once.
  const both = linear && end - start > leafBytes;
  const whole = both ? createHash('sha256') : null;
  const joiner = new LeafJoiner();
  for (let position = start; position < end; position += leafBytes) {
    const leaf = buffer.subarray(0, Math.min(leafBytes, end - position));
    let count: number;
    try {
      count = readFully(fd, leaf, position);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      return { id, kind: 'failed', errno: code, message, offset: position };
    }
    if (count < leaf.length) return { id, kind: 'short', endsAt: position + count };
    joiner.add(sha256(leaf));
    whole?.update(leaf);
  }
  const treeHash = joiner.root();
  return { id, kind: 'hashed', treeHash, sha256: linear ? (whole?.digest() ?? treeHash) : null };
}

parentPort?.on('message', (request: HashRequest) => parentPort?.postMessage(hash(request)));
