/** Bytes off the wire come in many small pieces: written a few at a time, each write costs a fraction. */
import { giveBuffer, takeBuffer } from '../spare-buffers.js';

/** Writes bytes, which stay as they are until it has. */
type Write = (bytes: Uint8Array, offset: number) => Promise<void>;

/** Gathers pieces of one run of bytes; one write is under way while the next is gathered. */
export class GatheredWriter {
  readonly #write: Write;
  #filling = takeBuffer();
  #leaving = takeBuffer();
  #gatheredBytes = 0;
  #offset = 0;
  #underWay: Promise<void> = Promise.resolve();

  constructor(write: Write) {
    this.#write = write;
  }

  /** The next piece goes to this offset. What was gathered and not written is dropped. */
  startAt(offset: number): void {
    this.#gatheredBytes = 0;
    this.#offset = offset;
  }

  /**
   * Takes a copy of the bytes before it returns; a promise is to be waited for before more is added.
   * @throws what an earlier write failed with
   */
  add(bytes: Uint8Array): Promise<void> | void {
    const roomBytes = this.#filling.length - this.#gatheredBytes;
    if (bytes.length >= roomBytes) return this.#fill(Buffer.from(bytes));
    this.#filling.set(bytes, this.#gatheredBytes);
    this.#gatheredBytes += bytes.length;
  }

  /** On return everything is written, and nothing is under way. @throws what a write failed with */
  async finish(): Promise<void> {
    if (this.#gatheredBytes > 0) await this.#writeGathered();
    await this.#underWay;
  }

  /** On return nothing is under way, also after a failure. It cannot be used any more. */
  async settle(): Promise<void> {
    await this.#underWay.catch(() => {});
    giveBuffer(this.#filling);
    giveBuffer(this.#leaving);
  }

  async #fill(bytes: Uint8Array): Promise<void> {
    for (let taken = 0; taken < bytes.length; ) {
      const piece = bytes.subarray(taken, taken + this.#filling.length - this.#gatheredBytes);
      this.#filling.set(piece, this.#gatheredBytes);
      this.#gatheredBytes += piece.length;
      taken += piece.length;
      if (this.#gatheredBytes === this.#filling.length) await this.#writeGathered();
    }
  }

  async #writeGathered(): Promise<void> {
    const [bytes, offset] = [this.#filling.subarray(0, this.#gatheredBytes), this.#offset];
    await this.#underWay;
    [this.#filling, this.#leaving] = [this.#leaving, this.#filling];
    this.startAt(offset + bytes.length);
    this.#underWay = this.#write(bytes, offset);
    // Told when it is waited for.
    this.#underWay.catch(() => {});
  }
}
