/** A part that its line cannot carry in the time that the service waits for it. */
import { GlacierUpError, hasCode } from '../../errors.js';
import { rangeText } from '../../glacier/byte-range.js';
import { partSizeInTime, partTimeMs, smallestPartSize } from '../../glacier/limits.js';
import type { PartSource } from './part-source.js';
import type { Attempt } from './shared-line.js';

/** So many tries with the whole line for one part, and all of them too slow, are enough. */
const mostSlowTries = 2;

/** Counts the tries of a part that were too slow (408), and says what to do when they do not end. */
export class SlowTries {
  readonly #part: PartSource;
  /** Of the whole archive; undefined while it is not known. */
  readonly #sizeBytes: number | undefined;
  #count = 0;

  constructor(part: PartSource, sizeBytes: number | undefined) {
    this.#part = part;
    this.#sizeBytes = sizeBytes;
  }

  /**
   * An attempt has failed and would be followed by another one. Time in which bytes move is not counted by
   * `--retry-for`, so that a part which is always too late would be sent for ever.
   * @throws GlacierUpError `request-timeout` when no other try will do better
   */
  note(attempt: Attempt, error: GlacierUpError): void {
    if (!hasCode(error, 'request-timeout') || attempt.aloneMs() < partTimeMs) return;
    this.#count += 1;
    if (this.#count >= mostSlowTries) throw this.#cannotBeFinished(attempt.wholePartMs(), error);
  }

  #cannotBeFinished(takesMs: number, error: GlacierUpError): GlacierUpError {
    const { range } = this.#part;
    const sizeBytes = range.end - range.start;
    const bytesPerSecond = (sizeBytes / takesMs) * 1000;
    const minutes = Math.ceil(takesMs / 60_000);
    const message =
      `part ${rangeText(range)} cannot be finished: at ${Math.round(bytesPerSecond / 1024)} KiB/s its ` +
      `${sizeBytes} bytes take ${minutes} minutes, and the service waits about 5 (${error.message})`;
    const smaller = Math.max(partSizeInTime(bytesPerSecond), smallestPartSize(this.#sizeBytes ?? 0));
    const hint =
      smaller < sizeBytes
        ? `smaller parts get through: run "glacier-up upload" with --start-over --part-size ${smaller / 1024 ** 2}M`
        : 'parts cannot be smaller: run the same command again on a faster line; all progress is kept';
    return new GlacierUpError('request-timeout', message, {
      hint,
      cause: error,
      ...(error.service ? { service: error.service } : {}),
    });
  }
}
