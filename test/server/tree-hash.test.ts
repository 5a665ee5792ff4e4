import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { joinRawTreeHashes, TreeHasher } from '../../src/server/hashes/tree-hash.js';
import { MIB } from './helpers/vault.js';

const a = (sizeBytes: number): Buffer => Buffer.alloc(sizeBytes, 'a');
const zeros = (sizeBytes: number): Buffer => Buffer.alloc(sizeBytes);

const vectors: readonly [name: string, bytes: Buffer, treeHash: string][] = [
  ['nothing', zeros(0), 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
  ['abcd', Buffer.from('abcd'), '88d4266fd4e6338d13b845fcf289579d209c897823b9217da3e161936f031589'],
  ['bar', Buffer.from('bar'), 'fcde2b2edba56bf408601fb721fe9b5c338d10ee429ea04fae5511b68fbf8fb9'],
  [
    'hello world',
    Buffer.from('hello world'),
    'b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9',
  ],
  ['1,024 a', a(1024), '2edc986847e209b4016e141a6dc8716d3207350f416969382d431539bf292e4a'],
  [
    '0.25 MiB of 0',
    Buffer.alloc(MIB / 4, '0'),
    '6faefade5a638cd3545d638dd5754763658e32209e69420cb559b7650d4bf93a',
  ],
  ['1 MiB - 1 of a', a(MIB - 1), '3311ea1faad557de3899e89a39076c69d9d0cc5b4cff56a0b61339f487395d56'],
  ['1 MiB of a', a(MIB), '9bc1b2a288b26af7257a36277ae3816a7d4f16e89c1e7e77d0a5c48bad62b360'],
  ['1 MiB + 1 of a', a(MIB + 1), '8dd49bbc6297567fac3852c2deddcdbc57358bc403c10d4f6dc64b143ad9b27b'],
  ['2 MiB of a', a(2 * MIB), '560c2c9333c719cb00cfdffee3ba293db17f58743cdd1f7e4055373ae6300afa'],
  ['3 MiB of a', a(3 * MIB), '70239f4f2ead7561f69d48b956b547edef52a1280a93c262c0b582190be7db17'],
  ['4 MiB of a', a(4 * MIB), '9491cb2ed1d4e7cd53215f4017c23ec4ad21d7050a1e6bb636c4f67e8cddb844'],
  ['4 MiB + 20 of a', a(4 * MIB + 20), '12f3cbd6101b981cde074039f6f728071da8879d6f632de8afc7cdf00661b08f'],
  ['5 MiB of a', a(5 * MIB), '1ca676a2caf9791fcf24580c2c6f9b051ebbf689720da6ff8c41f2d01cdde5ea'],
  ['7 MiB of a', a(7 * MIB), '97c5b900ef1ea71da2b168cbc9a5ca42130bae27ca3ef3277983bc069acaba16'],
  ['1 MiB of zeros', zeros(MIB), '30e14955ebf1352266dc2ff8067e68104607e750abb9d3b36582b8af909fcb58'],
  ['5.5 MiB of zeros', zeros(5.5 * MIB), 'a3a82dbe3644dd6046be472f2e3ec1f8ef47f8f3adb86d0de4de7a254f255455'],
  ['4,608,000 zeros', zeros(4_608_000), '3d760edb291bfc9d90d35809243de092aea4c47b308290ad12d084f69988ae0c'],
  ['a line feed', Buffer.from('\n'), '01ba4719c80b6fe911b091a7c05124b64eeece964e09c058ef8f9805daca546b'],
];

function hashInPieces(bytes: Buffer, pieceBytes: number): string {
  const hasher = new TreeHasher();
  for (let at = 0; at < bytes.length; at += pieceBytes) hasher.update(bytes.subarray(at, at + pieceBytes));
  return hasher.digest().toString('hex');
}

describe('the tree hash', () => {
  test.each(vectors)('of %s is the published one', (_name, bytes, expected) => {
    expect(hashInPieces(bytes, bytes.length || 1)).toBe(expected);
  });

  test('does not depend on the pieces that the bytes come in', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1000, max: 3 * MIB }), (pieceBytes) => {
        expect(hashInPieces(a(4 * MIB + 20), pieceBytes)).toBe(
          '12f3cbd6101b981cde074039f6f728071da8879d6f632de8afc7cdf00661b08f',
        );
      }),
      { numRuns: 20 },
    );
  });

  test('joins leaves as a recursive definition does, for any number of them', () => {
    const rawSha256 = (bytes: Buffer): Buffer => createHash('sha256').update(bytes).digest();
    const recursive = (leaves: readonly Buffer[]): Buffer => {
      if (leaves.length === 1) return leaves[0] as Buffer;
      const half = 2 ** Math.floor(Math.log2(leaves.length - 1));
      return rawSha256(Buffer.concat([recursive(leaves.slice(0, half)), recursive(leaves.slice(half))]));
    };
    for (let count = 1; count <= 70; count += 1) {
      const leaves = Array.from({ length: count }, (_, i) => rawSha256(Buffer.from(String(i))));
      expect(joinRawTreeHashes(leaves)).toEqual(recursive(leaves));
    }
  });
});
