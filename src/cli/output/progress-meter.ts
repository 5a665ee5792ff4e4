/** How far a transfer is: counted from its events, told in one line. */
import type { Clock } from '../../clock.js';
import type { TransferEvent } from '../../transfer/events.js';
import { durationText, sizeText, timeText } from './units.js';

/** The rate is that of the last seconds: an average over the whole run lies after every pause. */
const rateWindowMs = 15_000;
const sampleEveryMs = 500;
/** Beyond this, when it will be done is said as a date. */
const longWaitMs = 24 * 60 * 60 * 1000;

interface Sample {
  atMs: number;
  doneBytes: number;
}

export class ProgressMeter {
  readonly #clock: Clock;
  #activity: 'sending' | 'receiving' | 'hashing' | null = null;
  #totalBytes = 0;
  /** There before this run: in the percentage, not in the rate. */
  #keptBytes = 0;
  #doneBytes = 0;
  #totalParts = 0;
  #doneParts = 0;
  #retries = 0;
  #samples: Sample[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get isBusy(): boolean {
    return this.#activity !== null;
  }

  /** False for a stream of which nobody knows how long it will be. */
  get hasTotal(): boolean {
    return this.#totalBytes > 0;
  }

  /** `[0, 1]`. */
  get fraction(): number {
    return this.#totalBytes === 0 ? 0 : Math.min(1, (this.#keptBytes + this.#doneBytes) / this.#totalBytes);
  }

  reset(): void {
    this.#activity = null;
    this.#totalBytes = 0;
    this.#keptBytes = 0;
    this.#doneBytes = 0;
    this.#totalParts = 0;
    this.#doneParts = 0;
    this.#retries = 0;
    this.#samples = [];
  }

  take(event: TransferEvent): void {
    switch (event.kind) {
      case 'sending':
        this.reset();
        this.#activity = 'sending';
        this.#totalBytes = event.plan.sizeBytes;
        this.#keptBytes = event.keptBytes;
        this.#totalParts = event.plan.partCount;
        this.#doneParts = event.keptParts;
        break;
      case 'receiving':
        this.reset();
        this.#activity = 'receiving';
        this.#totalBytes = event.expectedBytes ?? 0;
        break;
      case 'part-found':
        this.#keptBytes += event.range.end - event.range.start;
        this.#doneParts += 1;
        break;
      case 'hashing':
        this.reset();
        this.#activity = 'hashing';
        this.#totalBytes = event.totalBytes;
        break;
      case 'bytes':
      case 'hashed':
        this.#doneBytes += event.sizeBytes;
        break;
      case 'part-stored':
        this.#doneParts += 1;
        break;
      case 'retry':
        this.#retries += 1;
        break;
      default:
    }
    this.#sample();
  }

  /** Without a bar: `42% 4.2 GiB of 10 GiB, 11.3 MiB/s, 8m 52s left, part 269 of 640, 2 retries`. */
  line(): string {
    const done = this.#keptBytes + this.#doneBytes;
    if (this.#activity === 'receiving') return this.#streamLine(done);
    const pieces = [
      `${Math.floor(this.fraction * 100)}% ${sizeText(done)} of ${sizeText(this.#totalBytes)}`,
      `${sizeText(this.rate())}/s`,
      this.remaining(),
    ];
    if (this.#totalParts > 0) pieces.push(`part ${this.#doneParts} of ${this.#totalParts}`);
    pieces.push(this.#retriesText());
    return `${this.#activity === 'hashing' ? 'hashing ' : ''}${pieces.filter(Boolean).join(', ')}`;
  }

  /** Of what comes from a pipe nobody knows how much is left: `4.2 GiB, 11.3 MiB/s, 67 parts`. */
  #streamLine(doneBytes: number): string {
    const expected = this.#totalBytes === 0 ? '' : ` of about ${sizeText(this.#totalBytes)}`;
    const parts = `${this.#doneParts} ${this.#doneParts === 1 ? 'part' : 'parts'}`;
    return [`${sizeText(doneBytes)}${expected}`, `${sizeText(this.rate())}/s`, parts, this.#retriesText()]
      .filter(Boolean)
      .join(', ');
  }

  #retriesText(): string {
    if (this.#retries === 0) return '';
    return `${this.#retries} ${this.#retries === 1 ? 'retry' : 'retries'}`;
  }

  /** Bytes a second over the last seconds. */
  rate(): number {
    this.#sample();
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (!first || !last || last.atMs === first.atMs) return 0;
    return Math.max(0, Math.round(((last.doneBytes - first.doneBytes) * 1000) / (last.atMs - first.atMs)));
  }

  remaining(): string {
    const rate = this.rate();
    if (rate === 0) return '';
    const leftMs = ((this.#totalBytes - this.#keptBytes - this.#doneBytes) / rate) * 1000;
    const until = leftMs > longWaitMs ? ` (${timeText(this.#clock.now() + leftMs)})` : '';
    return `${durationText(leftMs)} left${until}`;
  }

  #sample(): void {
    const atMs = this.#clock.monotonicMs();
    const last = this.#samples.at(-1);
    if (last && atMs - last.atMs < sampleEveryMs && this.#samples.length > 1) {
      last.doneBytes = this.#doneBytes;
      return;
    }
    this.#samples.push({ atMs, doneBytes: this.#doneBytes });
    while ((this.#samples[0]?.atMs ?? atMs) < atMs - rateWindowMs) this.#samples.shift();
  }
}
