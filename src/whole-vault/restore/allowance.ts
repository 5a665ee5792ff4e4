/** How much may be asked for ahead of what is downloaded. The output of a job lives for a day. */
const hourMs = 60 * 60 * 1000;
/** Of the 24 hours; the rest is for a line that gets slower. */
const usableMs = 20 * hourMs;
/** As long as nothing is known of the line. */
const probeBytes = 4 * 1024 ** 3;
/** Looking for the jobs that are done takes a request for 50 of them. */
export const mostJobsAhead = 20_000;
/** Left free on the disk. */
const spareBytes = 16 * 1024 * 1024;

/** @param bytesPerSecond of the line; null: not known */
export function bytesAhead(bytesPerSecond: number | null): number {
  return bytesPerSecond === null ? probeBytes : (bytesPerSecond * usableMs) / 1000;
}

/** @returns whether so much more fits on a disk */
export function fitsOnDisk(sizeBytes: number, freeBytes: number): boolean {
  return sizeBytes + spareBytes <= freeBytes;
}

/** Counts bytes over the time in which some were being fetched. */
export class LinkRate {
  #bytes = 0;
  #busyMs = 0;
  #active = 0;
  #sinceMs = 0;

  begin(nowMs: number): void {
    if (this.#active === 0) this.#sinceMs = nowMs;
    this.#active += 1;
  }

  end(nowMs: number, bytes: number): void {
    this.#active -= 1;
    this.#bytes += bytes;
    if (this.#active === 0) this.#busyMs += nowMs - this.#sinceMs;
  }

  /** null while too little has come to tell. */
  bytesPerSecond(nowMs: number): number | null {
    const ms = this.#busyMs + (this.#active > 0 ? nowMs - this.#sinceMs : 0);
    if (ms < 10_000 || this.#bytes === 0) return null;
    return (this.#bytes / ms) * 1000;
  }
}
