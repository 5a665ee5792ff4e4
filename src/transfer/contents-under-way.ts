/** Contents of which an archive is being made: of several files of one run with the same content, one is archived. */

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

export class ContentsUnderWay {
  readonly #byContent = new Map<string, UnderWay>();
  readonly #byOwner = new Map<object, string>();

  /**
   * Waits until no other file of the run is about to be archived with this content: its receipt is there then.
   * @param owner the file; it is about one content at a time, and must `leave` at its end
   */
  async enter(owner: object, { sizeBytes, treeHash }: Content): Promise<void> {
    const key = `${sizeBytes} ${treeHash}`;
    if (this.#byOwner.get(owner) === key) return;
    this.leave(owner);
    for (let other = this.#byContent.get(key); other; other = this.#byContent.get(key)) await other.settled;
    let settle: () => void = () => {};
    const settled = new Promise<void>((resolve) => {
      settle = resolve;
    });
    this.#byContent.set(key, { owner, settled, settle });
    this.#byOwner.set(owner, key);
  }

  leave(owner: object): void {
    const key = this.#byOwner.get(owner);
    if (key === undefined) return;
    this.#byOwner.delete(owner);
    this.#byContent.get(key)?.settle();
    this.#byContent.delete(key);
  }
}
