/** One part on its way to the vault: which bytes of the archive it is, and where they are read from. */
import type { ArchiveFile } from '../archive/archive-file.js';
import type { ByteRange } from '../glacier/byte-range.js';
import { type Plan, partRange } from './plan.js';

export interface PartSource {
  /** From 0. */
  readonly index: number;
  /** Of the archive. */
  readonly range: ByteRange;
  readonly fd: number;
  /** Where the part begins in what the descriptor is of. */
  readonly offset: number;
  /** Of what must arrive, where that is known beforehand; without it the descriptor's own bytes are the truth. */
  readonly treeHash?: Buffer;
  /** @throws GlacierUpError `archive-changed` */
  assertUnchanged(): Promise<void>;
  /** Called once the part is stored or given up. */
  release(): Promise<void>;
}

/** Parts of an open file, to be read where they are. */
export function* fileParts(
  file: ArchiveFile,
  plan: Plan,
  indexes: Iterable<number>,
): Generator<PartSource, void> {
  for (const index of indexes) {
    const range = partRange(plan, index);
    yield {
      index,
      range,
      fd: file.fd,
      offset: range.start,
      assertUnchanged: file.assertUnchanged,
      release: async () => {},
    };
  }
}
