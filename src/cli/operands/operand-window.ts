/**
 * Which operands of a run are under way at the same time: as many as there is room for, those that are the same one
 * after the other, and a single one while nobody knows whether the service answers at all.
 */

/** What is looked at before an operand begins. */
export interface Look {
  /** How much of the window it takes. */
  units: number;
  /** Operands of one key go one after the other. */
  key: string;
}

export interface WindowRules {
  look(operand: string): Promise<Look>;
  /** How much there is in all, at the moment. */
  capacity(): number;
  /** An operand begins when so much is free, though it may take more: the next one gets ready while the last parts leave. */
  readonly enoughToBegin: number;
  /** So many operands at most, however little they take: each has a file open, and a connection. */
  readonly most: number;
  /** True while operands go alone. */
  isUnproven(): boolean;
}

export interface Stay {
  /** From now on it takes so much. */
  take(units: number): void;
  leave(): void;
}

/** One after the other. */
export const oneByOne: WindowRules = {
  look: async () => ({ units: 1, key: '' }),
  capacity: () => 1,
  enoughToBegin: 1,
  most: 1,
  isUnproven: () => false,
};

/** How many operands are under way at the same time, each counted by what it takes of the wire. */
export class OperandWindow {
  readonly #rules: WindowRules;
  readonly #keys = new Set<string>();
  #used = 0;
  #wake: () => void = () => {};

  constructor(rules: WindowRules) {
    this.#rules = rules;
  }

  /**
   * Waits until the operand may begin. Asked for one operand at a time, in their order.
   * @param mayWait asked again whenever something changes; false: there is no use in waiting
   * @returns null when there was none
   */
  async enter(operand: string, mayWait: () => boolean): Promise<Stay | null> {
    const { units, key } = await this.#rules.look(operand);
    while (!this.#hasRoomFor(units, key)) {
      if (!mayWait()) return null;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (!mayWait()) return null;
    return this.#stay(units, key);
  }

  /** Something that the rules go by has changed. */
  changed(): void {
    this.#wake();
  }

  #hasRoomFor(units: number, key: string): boolean {
    if (this.#used === 0) return true;
    if (this.#rules.isUnproven() || this.#keys.has(key) || this.#keys.size >= this.#rules.most) return false;
    return this.#used + Math.min(units, this.#rules.enoughToBegin) <= this.#rules.capacity();
  }

  #stay(units: number, key: string): Stay {
    let taken = units;
    this.#used += taken;
    this.#keys.add(key);
    const take = (now: number): void => {
      this.#used += now - taken;
      taken = now;
      this.#wake();
    };
    return {
      take,
      leave: () => {
        this.#keys.delete(key);
        take(0);
      },
    };
  }
}
