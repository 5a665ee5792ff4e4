/**
 * Which archives are asked for, and when: in the order of their creation, no more ahead than can be fetched. Before one is
 * handed out, it is written down that it is about to be asked for.
 */
import { isThere } from '../../os/presence.js';
import type { BookKeeper } from './book-keeper.js';
import type { RestoreItem } from './restore-item.js';

/** So many share a flush. */
const largestBlock = 256;

/** What is written down and has no job yet. */
export interface Ahead {
  count: number;
  sizeBytes: number;
  /** Of those that are not written down yet. */
  newCost: number;
}

export interface SupplyRules {
  /** Where an archive, or its bytes on their way, would be. */
  pathsOf(item: RestoreItem): { place: string; wayPath: string };
  /** Whether it may be asked for now. */
  mayAsk(item: RestoreItem, ahead: Ahead): boolean;
  costOf(item: RestoreItem): number;
  /** Done or failed, before its turn came. */
  isSettled(item: RestoreItem): boolean;
  /** So many were found on the way that they have to be seen to first. */
  isFull(): boolean;
  /** Something is where it, or its bytes on their way, would be. */
  onThere(item: RestoreItem): void;
  /** @returns whether a job of it is there already: then it is not asked for */
  isServed(item: RestoreItem): boolean;
  nowMs(): number;
  onChange(): void;
}

/** Archives that are to be asked for, oldest first, as far as the rules allow now. */
export class Supply implements AsyncIterable<RestoreItem> {
  readonly #rules: SupplyRules;
  readonly #keeper: BookKeeper;
  readonly #fresh: Iterator<RestoreItem>;
  /** Before the fresh ones: they are older. */
  readonly #again: RestoreItem[] = [];
  #next: RestoreItem | null = null;
  #isExhausted = false;
  readonly #block: RestoreItem[] = [];
  /** Written down, and not asked for yet. */
  readonly #announced = new Map<number, RestoreItem>();
  #announcedBytes = 0;
  #isOver = false;
  #wake: (() => void) | null = null;

  constructor(fresh: Iterator<RestoreItem>, keeper: BookKeeper, rules: SupplyRules) {
    this.#fresh = fresh;
    this.#keeper = keeper;
    this.#rules = rules;
  }

  /** Nothing can be asked for as things are, and nothing waits for its turn, throttled requests among it. */
  get isStarved(): boolean {
    return this.#wake !== null && this.#announced.size === 0;
  }

  /** There is one that is to be asked for. */
  get hasNext(): boolean {
    return this.#peek() !== null;
  }

  putBack(item: RestoreItem): void {
    this.#again.push(item);
    this.#rules.onChange();
  }

  /** Something has changed: perhaps more may be asked for. @throws GlacierUpError `state-unusable` */
  poke(): void {
    if (this.#wake !== null && (this.#isOver || this.#announce())) this.#wake();
  }

  /** It is being asked for now. */
  noteSent(item: RestoreItem): void {
    if (this.#announced.delete(item.n)) this.#announcedBytes -= item.sizeBytes;
  }

  /** It was refused, and has no job. */
  noteRefused(item: RestoreItem): void {
    this.#announced.set(item.n, item);
    this.#announcedBytes += item.sizeBytes;
  }

  /** Takes back what was written down and has not been asked for. */
  takeBack(): void {
    const items = [...this.#announced.values()];
    this.#announced.clear();
    this.#announcedBytes = 0;
    this.#block.length = 0;
    this.#again.push(...items);
    this.#keeper.unasked(
      items.map(({ n }) => n),
      items.reduce((sum, item) => sum + this.#rules.costOf(item), 0),
    );
  }

  /** There is nothing more to be asked for. */
  finish(): void {
    this.#isOver = true;
    this.poke();
  }

  [Symbol.asyncIterator](): AsyncIterator<RestoreItem> {
    return {
      next: async () => {
        for (;;) {
          if (this.#isOver) return { done: true, value: undefined };
          const item = this.#block.shift();
          if (item) return { done: false, value: item };
          if (this.#announce()) continue;
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
            this.#rules.onChange();
          });
          this.#wake = null;
        }
      },
    };
  }

  /** @returns false when none may be asked for now */
  #announce(): boolean {
    const block: RestoreItem[] = [];
    let [sizeBytes, newCost] = [this.#announcedBytes, 0];
    for (let item = this.#peek(); item !== null && block.length < largestBlock; item = this.#peek()) {
      const count = this.#announced.size + block.length;
      if (!this.#rules.mayAsk(item, { count, sizeBytes, newCost })) break;
      block.push(item);
      sizeBytes += item.sizeBytes;
      newCost += this.#rules.costOf(item);
      this.#next = null;
    }
    if (block.length === 0) return false;
    this.#keeper.asking(
      block.map(({ n }) => n),
      newCost,
      this.#rules.nowMs(),
    );
    for (const item of block) this.#announced.set(item.n, item);
    this.#announcedBytes = sizeBytes;
    this.#block.push(...block);
    return true;
  }

  /** The next one that has to be asked for; what has not is told on the way. */
  #peek(): RestoreItem | null {
    while (this.#next === null) {
      if (this.#rules.isFull()) return null;
      const item = this.#again.shift() ?? this.#nextFresh();
      if (item === null) return null;
      if (this.#rules.isSettled(item)) continue;
      const { place, wayPath } = this.#rules.pathsOf(item);
      if (isAnythingAt(place) || isAnythingAt(wayPath)) this.#rules.onThere(item);
      else if (!this.#rules.isServed(item)) this.#next = item;
    }
    return this.#next;
  }

  #nextFresh(): RestoreItem | null {
    if (this.#isExhausted) return null;
    const next = this.#fresh.next();
    if (!next.done) return next.value;
    this.#isExhausted = true;
    return null;
  }
}

/** A folder above that is a file, or a name that is too long, is told when it is to be written. */
export function isAnythingAt(path: string): boolean {
  try {
    return isThere(path);
  } catch {
    return false;
  }
}
