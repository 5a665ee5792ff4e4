/**
 * A file that several threads hash together. Each takes the next range by itself, from a counter in memory that all of
 * them see, so that none waits for another to hand it one.
 */

export interface SharedFile {
  fd: number;
  sizeBytes: number;
  /** A power of two of leaves. */
  rangeBytes: number;
  leafBytes: number;
  /** One number: how many ranges have been taken. In shared memory. */
  taken: Int32Array;
}

export interface TakenRange {
  index: number;
  start: number;
  /** Exclusive. */
  end: number;
}

/** A file that several threads hash: they take its ranges in turn from one counter. */
export function shareFile(file: Omit<SharedFile, 'taken'>): SharedFile {
  return { ...file, taken: new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)) };
}

/** How many ranges the file is cut into. */
export function rangeCount({ sizeBytes, rangeBytes }: SharedFile): number {
  return Math.ceil(sizeBytes / rangeBytes);
}

/** The ranges that nobody has taken, each taken as it is come to. */
export function* takeRanges(file: SharedFile): Generator<TakenRange, void> {
  const count = rangeCount(file);
  for (let index = takeNext(file); index < count; index = takeNext(file)) {
    const start = index * file.rangeBytes;
    yield { index, start, end: Math.min(start + file.rangeBytes, file.sizeBytes) };
  }
}

const takeNext = ({ taken }: SharedFile): number => Atomics.add(taken, 0, 1);

/** From now on nobody finds a range to take; those taken are hashed to their end. */
export function takeNoMore(file: SharedFile): void {
  Atomics.store(file.taken, 0, rangeCount(file));
}
