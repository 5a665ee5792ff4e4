/** Bytes off the wire come in many small pieces: written a few at a time, each write costs a fraction. */

/** Fits four ranges at a time into little memory, and makes a write cost little beside its bytes. */
const gatherBytes = 512 * 1024;

/** Gathers pieces of one run of bytes; one write is under way while the next is gathered. */
export class GatheredWriter {
  readonly #write: (pieces: Uint8Array[], offset: number) => Promise<void>;
  #pieces: Uint8Array[] = [];
  #gatheredBytes = 0;
  #offset = 0;
  #underWay: Promise<void> = Promise.resolve();

  constructor(write: (pieces: Uint8Array[], offset: number) => Promise<void>) {
    this.#write = write;
  }

  /** The next piece goes to this offset. What was gathered and not written is dropped. */
  startAt(offset: number): void {
    this.#pieces = [];
    this.#gatheredBytes = 0;
    this.#offset = offset;
  }

  /** @throws what an earlier write failed with */
  async add(bytes: Uint8Array): Promise<void> {
    this.#pieces.push(bytes);
    this.#gatheredBytes += bytes.length;
    if (this.#gatheredBytes >= gatherBytes) await this.#writeGathered();
  }

  /** On return everything is written, and nothing is under way. @throws what a write failed with */
  async finish(): Promise<void> {
    if (this.#gatheredBytes > 0) await this.#writeGathered();
    await this.#underWay;
  }

  /** On return nothing is under way, also after a failure. */
  async settle(): Promise<void> {
    await this.#underWay.catch(() => {});
  }

  async #writeGathered(): Promise<void> {
    const [pieces, offset] = [this.#pieces, this.#offset];
    this.startAt(offset + this.#gatheredBytes);
    await this.#underWay;
    this.#underWay = this.#write(pieces, offset);
    // Told when it is waited for.
    this.#underWay.catch(() => {});
  }
}
