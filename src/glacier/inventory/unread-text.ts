/** The text of an inventory that was not read yet, and where in the file it is. */
import { cutOffAt, notAnInventory } from './inventory-faults.js';
import { type TextDecoder, textOf } from './inventory-text.js';

/** An entry has at most some 10 KB, all fields beside the list have less. */
const mostUnreadBytes = 16 * 1024 * 1024;

/** Text that has come and is not parsed yet; knows the byte of the file that any of it stands at, for messages. */
export class UnreadText {
  readonly #decoder: TextDecoder;
  #bytes = Buffer.alloc(0);
  /** Where in the file the first of these bytes is. */
  #byte: number;

  constructor(decoder: TextDecoder) {
    this.#decoder = decoder;
    this.#byte = decoder.markBytes;
  }

  /** UTF-8; the last character may be cut in two. */
  get bytes(): Buffer {
    return this.#bytes;
  }

  /** @throws GlacierUpError `failed` when so much is unread that it can be no inventory */
  append(fileBytes: Uint8Array): void {
    const more = this.#decoder.take(fileBytes);
    // A copy, since the caller may use its buffer again.
    this.#bytes = Buffer.concat([this.#bytes, more]);
    if (this.#bytes.length > mostUnreadBytes) {
      throw notAnInventory(
        `no entry begins or ends within ${mostUnreadBytes} bytes from byte ${this.#byte} on`,
      );
    }
  }

  /** What comes before is read. */
  drop(length: number): void {
    this.#byte = this.byteOf(length);
    this.#bytes = this.#bytes.subarray(length);
  }

  /** The text between two places, whole characters. @throws GlacierUpError `failed` when it is not UTF-8 */
  text(from: number, to: number): string {
    return textOf(this.#bytes.subarray(from, to), (offset) => this.byteOf(from + offset));
  }

  /** Where in the file a place in these bytes is. */
  byteOf(offset: number): number {
    return this.#byte + this.#decoder.lengthInFile(this.#bytes.subarray(0, offset));
  }

  /** Nothing more comes. @throws GlacierUpError `failed` when the last character is cut in two */
  assertWhole(): void {
    if (this.#decoder.restBytes > 0) throw cutOffAt(this.endByte);
  }

  /** The size of the file, once all of it was appended. */
  get endByte(): number {
    return this.byteOf(this.#bytes.length) + this.#decoder.restBytes;
  }
}
