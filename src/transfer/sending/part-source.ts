/** One part on its way to the vault: which bytes of the archive it is, and where they are read from. */
import type { ArchiveFile } from '../../archive/archive-file.js';
import type { ByteRange } from '../../glacier/byte-range.js';
import type { PartHashes } from '../../session/part-hashes.js';
import { type Plan, partRange } from '../plan.js';

export interface PartSource {
  /** From 0. */
  readonly index: number;
  /** Of the archive. */
  readonly range: ByteRange;
  readonly fd: number;
  /** Where the part begins in what the descriptor is of. */
  readonly offset: number;
  /** Of what must arrive, where that is known beforehand; without it the descriptor's own bytes are the truth. */
  readonly rawTreeHash?: Buffer | undefined;
  /** What was sent is not what the hash is of: it is computed again from the descriptor's bytes. */
  forgetHash?(): void;
  /** @throws GlacierUpError `archive-changed` */
  assertUnchanged(): Promise<void>;
  /** Called once the part is stored or given up. */
  release(): Promise<void>;
}

/**
 * Parts of an open file, to be read where they are.
 * @param hashes those that are known; a part is not hashed twice then
 */
export function* fileParts(
  file: ArchiveFile,
  plan: Plan,
  indexes: Iterable<number>,
  hashes?: PartHashes,
): Generator<PartSource, void> {
  for (const index of indexes) {
    const range = partRange(plan, index);
    let known = hashes?.get(index) ?? undefined;
    yield {
      index,
      range,
      get rawTreeHash() {
        return known;
      },
      forgetHash: () => {
        known = undefined;
      },
      fd: file.fd,
      offset: range.start,
      assertUnchanged: file.assertUnchanged,
      release: async () => {},
    };
  }
}
