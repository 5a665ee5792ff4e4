import { fdatasync } from 'node:fs';

/** Brings to the disk what is written while more is fetched, so that at the end there is little left to wait for. */
export class EarlyFlush {
  readonly #fd: number;
  #underWay: Promise<void> | null = null;
  /** A failure is told once by the kernel: it must not get lost. */
  #fault: { cause: unknown } | null = null;

  constructor(fd: number) {
    this.#fd = fd;
  }

  /**
   * Begins, unless one is under way; what is written after it began is left to the next.
   * @throws what an earlier one failed with
   */
  begin(): void {
    this.#assertSound();
    if (this.#underWay !== null) return;
    this.#underWay = new Promise((resolve) => {
      fdatasync(this.#fd, (cause) => {
        if (cause) this.#fault = { cause };
        this.#underWay = null;
        resolve();
      });
    });
  }

  /** On return none is under way: the descriptor may be closed. */
  async settle(): Promise<void> {
    await this.#underWay;
  }

  /** @throws what a flush failed with */
  async finish(): Promise<void> {
    await this.settle();
    this.#assertSound();
  }

  #assertSound(): void {
    if (this.#fault) throw this.#fault.cause;
  }
}
