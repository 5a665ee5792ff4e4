#!/usr/bin/env bash
# @aws-sdk/sha256-tree-hash is the tree hash of the AWS SDK for JavaScript: update(bytes) as often as needed, then digest().
#
# One would expect: update() is done with the bytes when it returns, as update() of node:crypto is, so that a file can be
#                   read through one buffer.
# What happens:     what is left over after the last whole MiB is kept as a view of the caller's buffer and is hashed by
#                   the next update() or by digest(). The next read has written over it by then: the tree hash is wrong,
#                   and nothing says so. With a copy of each piece it is right.
# Version:          npm package @aws-sdk/sha256-tree-hash 3.972.12
# Who is hurt:      whoever hashes a file through a reused buffer whose size is not a multiple of 1 MiB, or whose reads come
#                   short: uploads are refused by Glacier, and hashes that are written down prove nothing later.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-save --prefix . @aws-sdk/sha256-tree-hash@3.972.12 @aws-crypto/sha256-js@5.2.0 >/dev/null
cat >try.mjs <<'JS'
import { createHash } from 'node:crypto';
import { openSync, readSync, writeFileSync } from 'node:fs';
import { Sha256 } from '@aws-crypto/sha256-js';
import { TreeHash } from '@aws-sdk/sha256-tree-hash';

const MiB = 1024 * 1024;
const content = Buffer.concat([1, 2, 3, 4].map((n) => Buffer.alloc(n < 4 ? MiB : MiB / 2, n)));
writeFileSync('file', content);

const sha256 = (...pieces) => pieces.reduce((hash, piece) => hash.update(piece), createHash('sha256')).digest();
// By the documentation of Glacier: four leaves, two pairs, one root.
const leaves = [0, 1, 2, 3].map((n) => sha256(content.subarray(n * MiB, (n + 1) * MiB)));
const right = sha256(sha256(leaves[0], leaves[1]), sha256(leaves[2], leaves[3])).toString('hex');

async function throughOneBuffer(handOver) {
  const hash = new TreeHash(Sha256, Buffer.from);
  const [file, buffer] = [openSync('file'), Buffer.alloc(1.5 * MiB)];
  for (let count = readSync(file, buffer); count > 0; count = readSync(file, buffer)) {
    hash.update(handOver(buffer.subarray(0, count)));
  }
  return Buffer.from(await hash.digest()).toString('hex');
}

const reused = await throughOneBuffer((bytes) => bytes);
const copied = await throughOneBuffer((bytes) => Uint8Array.from(bytes));
console.log(`as documented by Glacier:   ${right}`);
console.log(`a copy for each update:     ${copied}`);
console.log(`one buffer, filled again:    ${reused}`);
process.exitCode = copied === right && reused !== right ? 0 : 1;
JS
node try.mjs
