/** The order of archives by creation date, then ID, for a million of them in a few typed arrays. */

const fewest = 1024;

/** Where lines of a file are, and what they are sorted by: 28 bytes each, however long the lines are. */
export class DateOrder {
  #dates = new Float64Array(fewest);
  #ids = [new Uint32Array(fewest), new Uint32Array(fewest)] as const;
  #offsets = new Float64Array(fewest);
  #lengths = new Uint32Array(fewest);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /**
   * @param createdMs one that is not a number comes first
   * @param offset in the file, and the line's length, in bytes
   */
  add(createdMs: number, archiveId: string, offset: number, length: number): void {
    if (this.#count === this.#dates.length) this.#grow();
    const at = this.#count;
    this.#count += 1;
    this.#dates[at] = Number.isNaN(createdMs) ? Number.NEGATIVE_INFINITY : createdMs;
    this.#ids[0][at] = fourLetters(archiveId, 0);
    this.#ids[1][at] = fourLetters(archiveId, 4);
    this.#offsets[at] = offset;
    this.#lengths[at] = length;
  }

  offset(at: number): number {
    return this.#offsets[at] ?? 0;
  }

  length(at: number): number {
    return this.#lengths[at] ?? 0;
  }

  /**
   * The numbers under which lines were added, in their order. Of an ID eight letters are looked at, which are random: what
   * is equal in them and in its date keeps the order in which it was added.
   */
  sorted(): Uint32Array {
    const order = new Uint32Array(this.#count);
    for (let at = 0; at < order.length; at += 1) order[at] = at;
    const dates = this.#dates;
    const [first, second] = this.#ids;
    return order.sort(
      (a, b) =>
        compare(dates[a] ?? 0, dates[b] ?? 0) ||
        compare(first[a] ?? 0, first[b] ?? 0) ||
        compare(second[a] ?? 0, second[b] ?? 0) ||
        a - b,
    );
  }

  #grow(): void {
    const capacity = this.#dates.length * 2;
    this.#dates = grown(this.#dates, new Float64Array(capacity));
    this.#offsets = grown(this.#offsets, new Float64Array(capacity));
    this.#lengths = grown(this.#lengths, new Uint32Array(capacity));
    this.#ids = [
      grown(this.#ids[0], new Uint32Array(capacity)),
      grown(this.#ids[1], new Uint32Array(capacity)),
    ];
  }
}

/** Not the difference: that of two infinities is no number. */
function compare(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function fourLetters(text: string, start: number): number {
  let value = 0;
  for (let at = start; at < start + 4; at += 1) value = value * 256 + (text.charCodeAt(at) & 0xff || 0);
  return value;
}

function grown<T extends Uint32Array | Float64Array>(before: T, after: T): T {
  after.set(before);
  return after;
}
