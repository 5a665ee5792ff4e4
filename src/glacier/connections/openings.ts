/** Connections that are being opened. */
import type { Clock } from '../../clock.js';

/** Gives each the connect timeout, and ends all of them together. */
export class Openings {
  readonly #opening = new Set<AbortController>();
  readonly #clock: Clock;
  readonly #connectTimeoutMs: number;

  constructor({ clock, connectTimeoutMs }: { clock: Clock; connectTimeoutMs: number }) {
    this.#clock = clock;
    this.#connectTimeoutMs = connectTimeoutMs;
  }

  /**
   * @param signal ends this one
   * @throws what `open` throws, as a rule the reason of the signal that it gets: an error with code `ETIMEDOUT` when it takes too
   * long, `ECONNRESET` by `end`, or the reason of the signal given
   */
  async open<T>(open: (signal: AbortSignal) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const stop = new AbortController();
    const follow = (): void => stop.abort(signal?.reason);
    signal?.addEventListener('abort', follow, { once: true });
    const cancel = this.#clock.after(this.#connectTimeoutMs, () =>
      stop.abort(failure('ETIMEDOUT', `no connection within ${this.#connectTimeoutMs / 1000} s`)),
    );
    this.#opening.add(stop);
    try {
      return await open(stop.signal);
    } finally {
      cancel();
      signal?.removeEventListener('abort', follow);
      this.#opening.delete(stop);
    }
  }

  end(): void {
    for (const stop of this.#opening)
      stop.abort(failure('ECONNRESET', 'the connection is not wanted any more'));
  }
}

function failure(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
