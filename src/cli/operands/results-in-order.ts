/** Results of operands that are under way at the same time, written in the order of the operands. */

/** Holds results back until those of all operands before are written. */
export class ResultsInOrder {
  readonly #waiting = new Map<number, (() => void)[]>();
  #next = 0;

  /** How many operands are begun, from the first one that is not done on. @param begun how many in all */
  ahead(begun: number): number {
    return begun - this.#next;
  }

  /** An operand is done: its results are written as soon as those before it are. */
  done(index: number, writes: (() => void)[]): void {
    this.#waiting.set(index, writes);
    for (let ready = this.#waiting.get(this.#next); ready; ready = this.#waiting.get(this.#next)) {
      this.#waiting.delete(this.#next);
      this.#next += 1;
      for (const write of ready) write();
    }
  }
}
