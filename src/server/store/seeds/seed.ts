import { type Cipher, createCipheriv, createHash, type Hash } from 'node:crypto';
import { jsonDate } from '../../dates.js';
import { joinRawTreeHashes } from '../../hashes/tree-hash.js';
import { isArchiveId } from '../../ids.js';
import { MIB } from '../../limits.js';
import type { ArchiveRecord } from '../archive-record.js';
import { type ByteSource, madeBytes } from '../byte-source.js';

/** What a seed is made from, as it is kept. Everything else about its archives follows from it. */
export interface SeedRecord {
  /** As it was asked for; the same text again is the same seed. */
  readonly text: string;
  /** 16 bytes in hex, by which no two seeds have an archive ID in common. */
  readonly key: string;
  readonly count: number;
  readonly sizeBytes: number;
  readonly oldestMs: number;
  readonly newestMs: number;
  /** Of the archives, in turn; an empty one means no description. Without a list, each archive is described by its own number. */
  readonly descriptions: readonly string[];
}

const ID_LENGTH = 138;
const ENDING_LENGTH = 16;
/** AES blocks that an archive ID is made of: 138 characters of base64 are 103.5 bytes. */
const BLOCKS = 7;
/** The index of an archive is the second six bytes of its ID, masked with the first six. */
const INDEX_BYTES = 6;

/**
 * Archives that are not stored but computed, each from its seed and its index. The bytes of an archive are the same block
 * of random bytes again and again, where the first MiB ends with the archive's ID and every further one with its own
 * number. So archives differ, as do the MiB of one, and a tree hash costs one hash of 138 bytes and a few joins.
 */
export class Seed {
  readonly record: SeedRecord;
  readonly #cipher: Cipher;
  #block: Buffer | undefined;
  #firstLeaf: Hash | undefined;
  #neighbours: readonly Buffer[] | undefined;

  constructor(record: SeedRecord) {
    this.record = record;
    this.#cipher = createCipheriv('aes-128-ecb', Buffer.from(record.key, 'hex'), null);
  }

  archiveId(index: number): string {
    const bytes = this.#randomBytes(index);
    bytes.writeUIntBE(index, INDEX_BYTES, INDEX_BYTES);
    maskIndex(bytes);
    return bytes.toString('base64url').slice(0, ID_LENGTH);
  }

  /** The index of the archive with that ID; undefined when the seed has no such archive. */
  indexOf(archiveId: string): number | undefined {
    if (!isArchiveId(archiveId)) return undefined;
    const bytes = Buffer.from(archiveId.slice(0, 16), 'base64url');
    maskIndex(bytes);
    const index = bytes.readUIntBE(INDEX_BYTES, INDEX_BYTES);
    return index < this.record.count && this.archiveId(index) === archiveId ? index : undefined;
  }

  description(index: number): string | null {
    const { descriptions } = this.record;
    if (descriptions.length === 0) return `seeded/${String(index + 1).padStart(7, '0')}`;
    return descriptions[index % descriptions.length] || null;
  }

  /** Creation dates are spread evenly from the oldest to the newest. */
  createdAtMs(index: number): number {
    const { count, oldestMs, newestMs } = this.record;
    return newestMs - Math.floor(((count - 1 - index) * (newestMs - oldestMs)) / Math.max(1, count - 1));
  }

  archive(index: number): ArchiveRecord {
    const archiveId = this.archiveId(index);
    return {
      archiveId,
      description: this.description(index),
      sizeBytes: this.record.sizeBytes,
      treeHash: this.#treeHashOf(archiveId),
      createdAt: jsonDate(this.createdAtMs(index)),
    };
  }

  #treeHashOf(archiveId: string): string {
    this.#firstLeaf ??= this.#beginFirstLeaf();
    this.#neighbours ??= this.#joinNeighbours();
    let node: Buffer = this.#firstLeaf.copy().update(this.#firstEnding(archiveId)).digest();
    for (const neighbour of this.#neighbours) node = joinRawTreeHashes([node, neighbour]);
    return node.toString('hex');
  }

  /** The bytes of an archive. */
  content(index: number): ByteSource {
    const firstEnding = this.#firstEnding(this.archiveId(index));
    const { sizeBytes: archiveBytes } = this.record;
    return madeBytes(
      async function* (this: Seed, firstByte: number, sizeBytes: number) {
        const endByte = Math.min(firstByte + sizeBytes, archiveBytes);
        for (let at = firstByte; at < endByte; ) {
          const mib = Math.floor(at / MIB);
          const to = Math.min(endByte, (mib + 1) * MIB);
          const bytes = mib === 0 ? this.#leaf(firstEnding, 0) : this.#leaf(endingOf(mib), mib);
          yield bytes.subarray(at - mib * MIB, to - mib * MIB);
          at = to;
        }
      }.bind(this),
    );
  }

  /** The bytes of a MiB, which may be a shorter one at the end. */
  #leaf(ending: Buffer, mib: number): Buffer {
    const bytes = Buffer.from(this.#randomBlock.subarray(0, this.#leafBytes(mib)));
    const end = ending.subarray(-bytes.length);
    end.copy(bytes, bytes.length - end.length);
    return bytes;
  }

  #leafBytes(mib: number): number {
    return Math.min(MIB, this.record.sizeBytes - mib * MIB);
  }

  /** What the first MiB ends with: its archive's ID, or the end of it. */
  #firstEnding(archiveId: string): Buffer {
    return Buffer.from(archiveId).subarray(-this.#leafBytes(0));
  }

  /** The hash of all that the first MiB of every archive begins with. */
  #beginFirstLeaf(): Hash {
    const sizeBytes = Math.max(0, this.#leafBytes(0) - ID_LENGTH);
    return createHash('sha256').update(this.#randomBlock.subarray(0, sizeBytes));
  }

  /** What the first leaf is joined with, level by level: the first right neighbour of each level. */
  #joinNeighbours(): Buffer[] {
    const leaves: Buffer[] = [];
    const mibs = Math.ceil(this.record.sizeBytes / MIB);
    const whole = createHash('sha256').update(this.#randomBlock.subarray(0, MIB - ENDING_LENGTH));
    for (let mib = 1; mib < mibs; mib += 1) {
      const ending = endingOf(mib);
      const isWhole = this.#leafBytes(mib) === MIB;
      const hash = isWhole
        ? whole.copy().update(ending)
        : createHash('sha256').update(this.#leaf(ending, mib));
      leaves.push(hash.digest());
    }
    const neighbours: Buffer[] = [];
    for (let width = 1; width < mibs; width *= 2) {
      neighbours.push(joinRawTreeHashes(leaves.slice(width - 1, 2 * width - 1)));
    }
    return neighbours;
  }

  get #randomBlock(): Buffer {
    this.#block ??= createCipheriv(
      'aes-128-ctr',
      Buffer.from(this.record.key, 'hex'),
      Buffer.alloc(16),
    ).update(Buffer.alloc(Math.min(MIB, this.record.sizeBytes)));
    return this.#block;
  }

  #randomBytes(index: number): Buffer {
    const counters = Buffer.alloc(BLOCKS * 16);
    for (let block = 0; block < BLOCKS; block += 1) {
      counters.writeUIntBE(index, block * 16, INDEX_BYTES);
      counters[block * 16 + INDEX_BYTES] = block;
    }
    return this.#cipher.update(counters);
  }
}

/** Masks the index with the six bytes before it; once more uncovers it. */
function maskIndex(bytes: Buffer): void {
  for (let i = 0; i < INDEX_BYTES; i += 1)
    bytes[INDEX_BYTES + i] = (bytes[INDEX_BYTES + i] ?? 0) ^ (bytes[i] ?? 0);
}

/** What a MiB behind the first ends with. */
const endingOf = (mib: number): Buffer => Buffer.from(`MiB ${String(mib).padStart(ENDING_LENGTH - 4, '0')}`);
