import { type Operation, operations } from './requests/operations.js';
import { VaultServerError } from './server-error.js';

interface Bucket {
  readonly operation: Operation | '*';
  readonly perSecond: number;
  tokens: number;
  filledAtMs: number;
}

/**
 * How many requests a second each operation takes, as token buckets: a bucket holds what a second brings, and each request
 * takes a token out. When the bucket is empty, the request is throttled and takes no token.
 */
export class Rates {
  readonly #buckets: readonly Bucket[];
  readonly #monotonicMs: () => number;

  /** @param texts OPERATION=N each, `*` for the requests of all operations together. @throws VaultServerError `bad-rate` */
  constructor(texts: readonly string[], monotonicMs: () => number = () => performance.now()) {
    this.#monotonicMs = monotonicMs;
    this.#buckets = texts.map((text) => {
      const rate = parseRate(text);
      return { ...rate, tokens: Math.max(1, rate.perSecond), filledAtMs: monotonicMs() };
    });
  }

  /** Whether a request may be served now. */
  take(operation: Operation): boolean {
    const nowMs = this.#monotonicMs();
    const buckets = this.#buckets.filter(
      (bucket) => bucket.operation === '*' || bucket.operation === operation,
    );
    for (const bucket of buckets) fill(bucket, nowMs);
    if (buckets.some(({ tokens }) => tokens < 1)) return false;
    for (const bucket of buckets) bucket.tokens -= 1;
    return true;
  }
}

function fill(bucket: Bucket, nowMs: number): void {
  const { perSecond, tokens, filledAtMs } = bucket;
  bucket.tokens = Math.min(Math.max(1, perSecond), tokens + ((nowMs - filledAtMs) * perSecond) / 1000);
  bucket.filledAtMs = nowMs;
}

function parseRate(text: string): Pick<Bucket, 'operation' | 'perSecond'> {
  const refuse = (reason: string): never => {
    throw new VaultServerError('bad-rate', `rate "${text}": ${reason}`);
  };
  const [, name = '', number] = /^([a-z-]+|\*)=(\d{1,6}(?:\.\d{1,3})?)$/.exec(text) ?? [];
  const operation = name === '*' ? name : operations.find((one) => one === name);
  const perSecond = Number(number);
  if (!(perSecond > 0))
    return refuse('it must read OPERATION=N with N requests a second, for example delete-archive=100');
  if (operation === undefined) {
    return refuse(`there is no operation "${name}"; legal are ${operations.join(', ')} and *`);
  }
  return { operation, perSecond };
}
