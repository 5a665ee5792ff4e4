/** Contents of which an archive is being made: of several files of one run with the same content, one is archived. */

import { GlacierUpError } from '../errors.js';

interface Content {
  sizeBytes: number;
  /** Hex. */
  treeHash: string;
}

interface UnderWay {
  owner: object;
  settled: Promise<void>;
  settle: () => void;
}

/** Of files of one run with the same content, one is archived at a time; the next one finds its receipt. */
export class ContentsUnderWay {
  readonly #byContent = new Map<string, UnderWay>();
  readonly #byOwner = new Map<object, string>();
  /** Contents of which there may be an archive without a receipt. */
  readonly #doubtful = new Set<string>();

  /**
   * Waits until no other file of the run is about to be archived with this content: its receipt is there then.
   * @param owner the file; it is about one content at a time, and must `leave` at its end
   * @throws GlacierUpError `temporary` when the other file failed and may be archived all the same: a second archive would
   * be one too many, and the next run settles the first
   */
  async enter(owner: object, { sizeBytes, treeHash }: Content): Promise<void> {
    const key = `${sizeBytes} ${treeHash}`;
    if (this.#byOwner.get(owner) === key) return;
    this.leave(owner);
    for (let other = this.#byContent.get(key); other; other = this.#byContent.get(key)) await other.settled;
    if (this.#doubtful.has(key)) throw doubtful();
    let settle: () => void = () => {};
    const settled = new Promise<void>((resolve) => {
      settle = resolve;
    });
    this.#byContent.set(key, { owner, settled, settle });
    this.#byOwner.set(owner, key);
  }

  /** @param failure what ended it; undefined when its receipt is there, or when it turned to other content */
  leave(owner: object, failure?: unknown): void {
    const key = this.#byOwner.get(owner);
    if (key === undefined) return;
    this.#byOwner.delete(owner);
    if (mayBeArchived(failure)) this.#doubtful.add(key);
    this.#byContent.get(key)?.settle();
    this.#byContent.delete(key);
  }
}

/** Complete may have been sent: its answer, or the receipt, is missing. */
function mayBeArchived(failure: unknown): boolean {
  return failure instanceof GlacierUpError && [5, 6, 9].includes(failure.exitCode);
}

function doubtful(): GlacierUpError {
  return new GlacierUpError(
    'temporary',
    'a file of the same content failed in this run, and may be archived',
    {
      hint: 'run the same command again: it settles the other file first',
    },
  );
}
