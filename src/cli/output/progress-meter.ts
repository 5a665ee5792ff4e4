/** How far a transfer is: counted from its events, told in one line. */
import type { Clock } from '../../clock.js';
import { counted } from '../../counted.js';
import type { TransferEvent } from '../../transfer/events.js';
import { RecentRate } from './recent-rate.js';
import { durationText, sizeText, timeText } from './units.js';

/** Beyond this, when it will be done is said as a date. */
const longWaitMs = 24 * 60 * 60 * 1000;

/** One thing that the line tells. */
interface Piece {
  /** The highest gives way first where room is short. */
  rank: number;
  /** What parts it from the piece before. */
  before: string;
  text: string;
}

function joined([first, ...others]: readonly Piece[]): string {
  return others.reduce((line, { before, text }) => line + before + text, first?.text ?? '');
}

type Activity = 'sending' | 'receiving' | 'retrieving' | 'hashing' | 'deleting' | 'restoring';

/** What is counted beside bytes. */
const pieceNames: Partial<Record<Activity, string>> = { retrieving: 'range', restoring: 'archive' };

/** Counts bytes, parts and archives from events, and says in one line how far the work is. */
export class ProgressMeter {
  readonly #clock: Clock;
  #activity: Activity | null = null;
  #totalBytes = 0;
  /** There before this run: in the percentage, not in the rate. */
  #keptBytes = 0;
  #doneBytes = 0;
  #totalParts = 0;
  #doneParts = 0;
  #retries = 0;
  /** Of a run with several files at the same time; null: it is about a single one. */
  #files: { total: number | null; done: number } | null = null;
  readonly #rate: RecentRate;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#rate = new RecentRate(clock);
  }

  get isBusy(): boolean {
    return this.#activity !== null;
  }

  /** False for a stream, or a list, of which nobody knows how long it will be. */
  get hasTotal(): boolean {
    return this.#files ? this.#files.total !== null : this.#totalBytes > 0;
  }

  /** `[0, 1]`. */
  get fraction(): number {
    if (this.#files) return this.#files.done / (this.#files.total ?? Number.POSITIVE_INFINITY);
    return this.#totalBytes === 0 ? 0 : Math.min(1, (this.#keptBytes + this.#doneBytes) / this.#totalBytes);
  }

  /** From now on events are of several files at the same time, and nothing is reset between them. */
  beginFiles(total: number | null): void {
    this.#files = { total, done: 0 };
  }

  fileDone(): void {
    if (this.#files) this.#files.done += 1;
  }

  reset(): void {
    if (this.#files) return;
    this.#activity = null;
    this.#totalBytes = 0;
    this.#keptBytes = 0;
    this.#doneBytes = 0;
    this.#totalParts = 0;
    this.#doneParts = 0;
    this.#retries = 0;
    this.#rate.reset();
  }

  take(event: TransferEvent): void {
    switch (event.kind) {
      case 'sending':
        this.#begin('sending', event.plan.sizeBytes, this.#files ? 0 : event.keptBytes);
        this.#totalParts = event.plan.partCount;
        this.#doneParts = event.keptParts;
        break;
      case 'receiving':
        this.#begin('receiving', event.expectedBytes ?? 0);
        break;
      case 'part-found':
        this.#keptBytes += event.range.end - event.range.start;
        this.#doneParts += 1;
        break;
      case 'retrieving':
        this.#begin('retrieving', event.totalBytes, event.keptBytes);
        this.#totalParts = event.totalRanges;
        this.#doneParts = event.keptRanges;
        break;
      case 'downloading':
        this.#begin('retrieving', event.totalBytes, event.keptBytes);
        break;
      case 'hashing':
        if (this.#files) break;
        this.#begin('hashing', event.totalBytes);
        break;
      case 'deleting':
        // Archives are counted, not bytes.
        this.#begin('deleting', event.total, event.done);
        break;
      case 'deleted':
        this.#doneBytes += 1;
        break;
      case 'restoring':
        this.#begin('restoring', event.totalBytes, event.keptBytes);
        this.#totalParts = event.total;
        this.#doneParts = event.done;
        break;
      case 'restored':
        this.#doneParts += 1;
        break;
      case 'bytes':
        this.#doneBytes += event.sizeBytes;
        break;
      case 'hashed':
        if (!this.#files) this.#doneBytes += event.sizeBytes;
        break;
      case 'part-stored':
      case 'range-proved':
        this.#doneParts += 1;
        break;
      case 'retry':
        this.#retries += 1;
        break;
      default:
    }
    this.#rate.note(this.#doneBytes);
  }

  #begin(activity: Activity, totalBytes: number, keptBytes = 0): void {
    this.reset();
    this.#activity = activity;
    this.#totalBytes = totalBytes;
    this.#keptBytes = keptBytes;
  }

  /** Without a bar: `42% 4.2 GiB of 10 GiB, 11.3 MiB/s, 8m 52s left, part 269 of 640, 2 retries`. */
  line(): string {
    return joined(this.#pieces());
  }

  /** The same in at most `columns` characters: what is least needed gives way, whole pieces at a time. */
  fittingLine(columns: number): string {
    let pieces = this.#pieces();
    while (pieces.length > 1 && joined(pieces).length > columns) {
      const last = Math.max(...pieces.map(({ rank }) => rank));
      pieces = pieces.filter(({ rank }) => rank !== last);
    }
    return joined(pieces).slice(0, Math.max(0, columns));
  }

  #pieces(): Piece[] {
    const pieces = this.#files
      ? this.#listPieces(this.#files)
      : this.#activity === 'receiving'
        ? this.#streamPieces()
        : this.#filePieces();
    if (this.#retries > 0) {
      const word = this.#retries === 1 ? 'retry' : 'retries';
      pieces.push({ rank: 5, before: ', ', text: `${this.#retries} ${word}` });
    }
    return pieces;
  }

  /** Of several files: `412 of 10000 files, 40.2 MiB, 11.3 MiB/s`. */
  #listPieces({ total, done }: { total: number | null; done: number }): Piece[] {
    const files = total === null ? counted(done, 'file') : `${done} of ${counted(total, 'file')}`;
    const pieces: Piece[] = [{ rank: 0, before: '', text: files }];
    if (this.#doneBytes > 0) pieces.push({ rank: 1, before: ', ', text: this.#doneText() });
    return [...pieces, ...this.#ratePieces()];
  }

  #filePieces(): Piece[] {
    const percent = `${Math.floor(this.fraction * 100)}%`;
    const pieces: Piece[] = [
      { rank: 0, before: '', text: this.#activity === 'hashing' ? `hashing ${percent}` : percent },
      { rank: 3, before: ' ', text: `${this.#doneText()} of ${this.#amountText(this.#totalBytes)}` },
      ...this.#ratePieces(),
    ];
    const leftMs = this.remainingMs();
    if (leftMs !== null) pieces.push({ rank: 1, before: ', ', text: `${durationText(leftMs)} left` });
    if (leftMs !== null && leftMs > longWaitMs) {
      pieces.push({ rank: 6, before: ' ', text: `(${timeText(this.#clock.now() + leftMs)})` });
    }
    if (this.#totalParts > 0) {
      const what = (this.#activity && pieceNames[this.#activity]) ?? 'part';
      pieces.push({ rank: 4, before: ', ', text: `${what} ${this.#doneParts} of ${this.#totalParts}` });
    }
    return pieces;
  }

  /** Of what comes from a pipe nobody knows how much is left: `4.2 GiB of about 10 GiB, 11.3 MiB/s, 67 parts`. */
  #streamPieces(): Piece[] {
    const pieces: Piece[] = [{ rank: 0, before: '', text: this.#doneText() }];
    if (this.#totalBytes > 0) {
      pieces.push({ rank: 3, before: ' ', text: `of about ${sizeText(this.#totalBytes)}` });
    }
    const parts = `${this.#doneParts} ${this.#doneParts === 1 ? 'part' : 'parts'}`;
    return [...pieces, ...this.#ratePieces(), { rank: 4, before: ', ', text: parts }];
  }

  #doneText(): string {
    const done = this.#keptBytes + this.#doneBytes;
    return this.#activity === 'deleting' ? String(done) : this.#amountText(done);
  }

  #amountText(amount: number): string {
    return this.#activity === 'deleting' ? counted(amount, 'archive') : sizeText(amount);
  }

  #ratePieces(): Piece[] {
    const rate = this.rate();
    return rate === null
      ? []
      : [{ rank: 2, before: ', ', text: `${this.#activity === 'deleting' ? rate : sizeText(rate)}/s` }];
  }

  /** Bytes a second over the last seconds; null while that cannot be told. */
  rate(): number | null {
    return this.#rate.perSecond(this.#doneBytes);
  }

  /** At the rate of the last seconds; null while nothing moves. */
  remainingMs(): number | null {
    const rate = this.rate();
    if (!rate) return null;
    return ((this.#totalBytes - this.#keptBytes - this.#doneBytes) / rate) * 1000;
  }
}
