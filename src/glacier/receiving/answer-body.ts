/** The body of an answer, which is taken in place, or read as any other stream. */
import { Readable } from 'node:stream';

/**
 * Takes bytes, which are valid during the call only: they lie in memory that the next ones are put into. It is not
 * called again before what it returns is resolved.
 */
export type TakeBytes = (bytes: Uint8Array) => Promise<void> | void;

/** What the bytes come from. */
export interface ByteLine {
  /** More may come. */
  resume(): void;
  /** Nothing more of it is of use. */
  destroy(): void;
}

/** Nothing is taken before it is read, one way or the other; its failure need not be listened to. */
export class AnswerBody extends Readable {
  /** As its Content-Length has it. */
  readonly sizeBytes: number | null;
  readonly #line: ByteLine;
  /** Copies of what came while nothing was taken. */
  readonly #kept: Buffer[] = [];
  #take: TakeBytes | null = null;
  #taking: Promise<void> | null = null;
  #isWhole = false;
  #onEnd = (_error: Error | null): void => {};
  #onWanted = (): void => {};

  constructor(line: ByteLine, sizeBytes: number | null) {
    super();
    this.#line = line;
    this.sizeBytes = sizeBytes;
    this.on('error', () => {});
  }

  /** Hands in what has come. */
  receive(bytes: Buffer): void {
    if (this.destroyed) return;
    if (this.#take !== null && this.#taking === null) this.#hand(this.#take, bytes);
    else this.#kept.push(Buffer.from(bytes));
  }

  /** False: no more should come before the line is resumed. What comes yet is kept. */
  get wantsMore(): boolean {
    return this.#kept.length === 0 && this.#taking === null;
  }

  /** The last byte has come. */
  complete(): void {
    this.#isWhole = true;
    this.#goOn();
  }

  /**
   * Takes all of it, without copies.
   * @throws what `take` failed with, or what the body was destroyed with; nothing is being taken any more then
   */
  readInPlace(take: TakeBytes): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#take = take;
      this.#onEnd = (error) => (error === null ? resolve() : reject(error));
      if (this.destroyed) this.#onEnd(this.errored ?? new Error('the body was dropped'));
      else this.#goOn();
    });
  }

  override _read(): void {
    this.#onWanted();
    if (this.#take !== null) return;
    this.readInPlace((bytes) => this.#pushCopy(bytes)).then(
      () => this.push(null),
      (error: Error) => this.destroy(error),
    );
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    if (!this.#isWhole) this.#line.destroy();
    this.#onWanted();
    // Of a take that is just beginning it shows only in a moment whether it goes on.
    void Promise.resolve()
      .then(() => this.#taking)
      .then(() => this.#onEnd(error ?? new Error('the body was dropped')));
    callback(error);
  }

  #pushCopy(bytes: Uint8Array): Promise<void> | void {
    const wanted = new Promise<void>((resolve) => {
      this.#onWanted = resolve;
    });
    if (!this.push(Buffer.from(bytes))) return wanted;
  }

  #hand(take: TakeBytes, bytes: Buffer): void {
    try {
      const taking = take(bytes);
      if (!taking) return;
      this.#taking = taking.then(
        () => this.#haveTaken(),
        (error: Error) => this.#haveTaken(error),
      );
    } catch (error) {
      this.destroy(error as Error);
    }
  }

  #haveTaken(error?: Error): void {
    this.#taking = null;
    if (error) this.destroy(error);
    else this.#goOn();
  }

  #goOn(): void {
    while (this.#take !== null && this.#taking === null && !this.destroyed) {
      const next = this.#kept.shift();
      if (next === undefined) {
        if (this.#isWhole) this.#onEnd(null);
        else this.#line.resume();
        return;
      }
      this.#hand(this.#take, next);
    }
  }
}
