/** Which archives a report of `restore` proves: its lines that say `"proved":true`. */
import { createHash } from 'node:crypto';
import { GlacierUpError } from '../errors.js';
import type { InventoriedArchive } from '../glacier/inventory/inventory.js';
import { faultWords } from '../os/fault-words.js';
import { wholeLines } from './items.js';
import { type TextHash, TextSet } from './text-set.js';

type Proved = Pick<InventoriedArchive, 'archiveId' | 'treeHash' | 'sizeBytes'>;

/** Archives that a report proves to be restored, by two hashes of each ID. */
export class Proofs {
  /** Two halves of a hash, since one of 64 bits may coincide. */
  readonly #halves = [new TextSet(), new TextSet()] as const;
  readonly #sha256 = createHash('sha256');
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** Of all that was added. */
  get sha256(): string {
    return this.#sha256.copy().digest('hex');
  }

  add(archive: Proved): void {
    const digest = digestOf(archive);
    this.#sha256.update(digest);
    this.#halves[0].add(half(digest, 0));
    this.#halves[1].add(half(digest, 8));
    this.#count += 1;
  }

  /** Whether this archive, with this tree hash and size, was proved. */
  has(archive: Proved): boolean {
    const digest = digestOf(archive);
    return this.#halves[0].has(half(digest, 0)) && this.#halves[1].has(half(digest, 8));
  }
}

const howToName = 'give the report.jsonl that "restore" names at its end';

/**
 * @param file a report of `restore`
 * @throws GlacierUpError `archive-unusable` when it cannot be read; `usage` when it proves nothing: it is another file
 */
export function readProofs(file: string): Proofs {
  const proofs = new Proofs();
  try {
    for (const line of wholeLines(file)) {
      const proved = provedIn(line.toString('utf8'));
      if (proved) proofs.add(proved);
    }
  } catch (cause) {
    const said = cause instanceof GlacierUpError ? cause.cause : cause;
    throw new GlacierUpError('archive-unusable', `the report ${file} cannot be read: ${faultWords(said)}`, {
      hint: howToName,
      cause,
    });
  }
  if (proofs.count > 0) return proofs;
  throw new GlacierUpError('usage', `${file} proves no archive`, {
    hint: howToName,
  });
}

function provedIn(line: string): Proved | null {
  let fields: Record<string, unknown> | null;
  try {
    fields = JSON.parse(line);
  } catch {
    return null;
  }
  if (typeof fields !== 'object' || fields?.outcome !== 'done' || fields.proved !== true) return null;
  const { archiveId, treeHash, sizeBytes } = fields;
  const isWhole =
    typeof archiveId === 'string' && typeof treeHash === 'string' && typeof sizeBytes === 'number';
  return isWhole ? { archiveId, treeHash, sizeBytes } : null;
}

function digestOf({ archiveId, treeHash, sizeBytes }: Proved): Buffer {
  return createHash('sha256').update(`${archiveId} ${treeHash} ${sizeBytes}`).digest();
}

function half(digest: Buffer, start: number): TextHash {
  return [digest.readUInt32LE(start), (digest.readUInt32LE(start + 4) | 1) >>> 0];
}
