/**
 * How many parts are sent at a time. A service that throttles or times out is asked for less: parts × size beyond
 * what the uplink carries is what 408s come from. It rises again, part by part, as parts get through.
 *
 * A slot is the room of one full part. Small parts share a slot: the distance costs each of them a round trip, however
 * few bytes it has.
 */

/** A slot in units, the least room that a part takes. */
export const unitsPerSlot = 8;
/** Parts of this size or larger fill a slot. */
const fullPartBytes = 16 * 1024 * 1024;

/** How much of a slot a part takes: as much as it is of a full part, at least one unit. */
export function unitsOf(partBytes: number, partSizeBytes: number): number {
  const share = partBytes / Math.min(partSizeBytes, fullPartBytes);
  return Math.max(1, Math.min(unitsPerSlot, Math.ceil(share * unitsPerSlot)));
}

/** The room of all parts of a file; of an empty one, a unit. @param partSizeBytes undefined: chosen by its size */
export function unitsOfFile(sizeBytes: number, partSizeBytes = fullPartBytes): number {
  const fullBytes = Math.min(partSizeBytes, fullPartBytes);
  const restBytes = sizeBytes % fullBytes;
  const ofRest = restBytes === 0 ? 0 : unitsOf(restBytes, fullBytes);
  return Math.max(1, Math.floor(sizeBytes / fullBytes) * unitsPerSlot + ofRest);
}

export interface AdaptiveLimiter {
  /**
   * Waits for room; resolves to the function that frees it.
   * @param units how much room; a whole slot unless given
   */
  enter(units?: number): Promise<() => void>;
  /**
   * One slot less; once for a burst of complaints.
   * @param seenWidth how many slots there were when the request was sent that is complained of
   */
  narrow(seenWidth: number): void;
  /** A part got through. @param units the room that it had */
  succeeded(units?: number): void;
  /** No more than so many from now on, as the line allows; fewer still when the service asks for less. */
  restrict(mostSlots: number): void;
  readonly width: number;
  /** More slots are in use than there are since they were narrowed: whoever has to try again leaves. */
  readonly isOvercrowded: boolean;
}

export type LimitChange = 'narrow' | 'restrict' | 'widen';

/** Parts that must get through in a row before a slot is opened again, for each slot open. */
const successesPerSlot = 2;

/** @param onChange told of each new width */
export function makeAdaptiveLimiter(
  concurrency: number,
  onChange: (width: number, reason: LimitChange) => void,
): AdaptiveLimiter {
  let width = concurrency;
  let widest = concurrency;
  let unitsInUse = 0;
  let successes = 0;
  const line: { units: number; admit: () => void }[] = [];

  /** In their order, so that a full part is not overtaken by small ones for ever. */
  const admit = (): void => {
    for (let [next] = line; next !== undefined; [next] = line) {
      if (unitsInUse > 0 && unitsInUse + next.units > width * unitsPerSlot) return;
      line.shift();
      unitsInUse += next.units;
      next.admit();
    }
  };

  return {
    get width() {
      return width;
    },
    enter: (units = unitsPerSlot) =>
      new Promise((resolve) => {
        let left = false;
        const leave = (): void => {
          if (left) return;
          left = true;
          unitsInUse -= units;
          admit();
        };
        line.push({ units, admit: () => resolve(leave) });
        admit();
      }),
    narrow: (seenWidth) => {
      successes = 0;
      if (width === 1 || width < seenWidth) return;
      width -= 1;
      onChange(width, 'narrow');
    },
    restrict: (mostSlots) => {
      widest = Math.max(1, Math.min(concurrency, mostSlots));
      if (width <= widest) return;
      successes = 0;
      width = widest;
      onChange(width, 'restrict');
    },
    get isOvercrowded() {
      return unitsInUse > width * unitsPerSlot;
    },
    succeeded: (units = unitsPerSlot) => {
      successes += units / unitsPerSlot;
      if (width >= widest || successes < width * successesPerSlot) return;
      successes = 0;
      width += 1;
      onChange(width, 'widen');
      admit();
    },
  };
}
