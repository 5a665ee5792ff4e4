/** One request on a connection, and the answer to it. */
import { AnswerBody, type ByteLine } from './answer-body.js';
import { type AnswerHead, type AnswerParser, answerParser } from './answer-parser.js';

/** What the SDK takes for an answer. */
export interface Answer extends AnswerHead {
  body: AnswerBody;
}

/** Reads the answer from the bytes of a line, until it is whole or the line ends. */
export class Exchange {
  /** Rejects with the line's error, `ECONNRESET` when it just ended, `HPE_…` for what is no HTTP, the signal's reason. */
  readonly answer: Promise<Answer>;
  readonly #line: ByteLine;
  readonly #parser: AnswerParser;
  #body: AnswerBody | null = null;
  #isWhole = false;
  #fail: (error: Error) => void = () => {};
  readonly #release: () => void;

  /** @param onWhole called behind the last byte; what is left on the line then belongs to no answer */
  constructor(
    line: ByteLine,
    signal: AbortSignal | undefined,
    onWhole: (answer: { isReusable: boolean }) => void,
  ) {
    this.#line = line;
    let resolve: (answer: Answer) => void = () => {};
    this.answer = new Promise((given, rejected) => {
      resolve = given;
      this.#fail = rejected;
    });
    const abort = (): void => this.end(signal?.reason);
    this.#release = () => signal?.removeEventListener('abort', abort);
    this.#parser = answerParser({
      onHead: (head, sizeBytes) => {
        const body = new AnswerBody(line, sizeBytes);
        this.#body = body;
        this.#fail = (error) => void body.destroy(error);
        resolve({ ...head, body });
      },
      onBody: (bytes) => {
        this.#body?.receive(bytes);
      },
      onEnd: (isReusable) => {
        this.#release();
        this.#isWhole = true;
        this.#fail = () => {};
        onWhole({ isReusable });
        this.#body?.complete();
      },
    });
    if (signal?.aborted) abort();
    else signal?.addEventListener('abort', abort, { once: true });
  }

  /** @param bytes valid during the call only @returns false when no more should come before the line is resumed */
  receive(bytes: Buffer): boolean {
    try {
      this.#parser.read(bytes);
    } catch (error) {
      this.end(error as Error);
    }
    return this.#isWhole || (this.#body?.wantsMore ?? true);
  }

  /** @param failure of the line; null when the other end has closed it */
  lineHasEnded(failure: Error | null): void {
    try {
      if (failure) throw failure;
      this.#parser.end();
      this.end(Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' }));
    } catch (error) {
      this.end(error as Error);
    }
  }

  /** Ends it early, and the line with it. */
  end(reason: Error): void {
    this.#release();
    this.#fail(reason);
    this.#line.destroy();
  }
}
