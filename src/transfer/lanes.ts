/**
 * How many parts are sent at a time. A service that throttles or times out is asked for less: parts × size beyond
 * what the uplink carries is what 408s come from. It rises again, part by part, as parts get through.
 */

export interface Lanes {
  /** Waits for a free lane; resolves to the function that frees it. */
  enter(): Promise<() => void>;
  /**
   * One lane less; once for a burst of complaints.
   * @param seenWidth how many lanes there were when the request was sent that is complained of
   */
  narrow(seenWidth: number): void;
  /** A part got through. */
  succeeded(): void;
  /** No more than so many from now on, as the line allows; fewer still when the service asks for less. */
  restrict(mostLanes: number): void;
  readonly width: number;
  /** More lanes are in use than there are since they were narrowed: whoever has to try again leaves. */
  readonly isOvercrowded: boolean;
}

export type LaneChange = 'narrow' | 'restrict' | 'widen';

/** Parts that must get through in a row before a lane is opened again, for each lane open. */
const successesPerLane = 2;

/** @param onChange told of each new width */
export function makeLanes(concurrency: number, onChange: (width: number, reason: LaneChange) => void): Lanes {
  let width = concurrency;
  let widest = concurrency;
  let inUse = 0;
  let successes = 0;
  const line: (() => void)[] = [];

  const admit = (): void => {
    while (inUse < width) {
      const next = line.shift();
      if (!next) return;
      inUse += 1;
      next();
    }
  };

  return {
    get width() {
      return width;
    },
    enter: () =>
      new Promise((resolve) => {
        let left = false;
        line.push(() =>
          resolve(() => {
            if (left) return;
            left = true;
            inUse -= 1;
            admit();
          }),
        );
        admit();
      }),
    narrow: (seenWidth) => {
      successes = 0;
      if (width === 1 || width < seenWidth) return;
      width -= 1;
      onChange(width, 'narrow');
    },
    restrict: (mostLanes) => {
      widest = Math.max(1, Math.min(concurrency, mostLanes));
      if (width <= widest) return;
      successes = 0;
      width = widest;
      onChange(width, 'restrict');
    },
    get isOvercrowded() {
      return inUse > width;
    },
    succeeded: () => {
      successes += 1;
      if (width >= widest || successes < width * successesPerLane) return;
      successes = 0;
      width += 1;
      onChange(width, 'widen');
      admit();
    },
  };
}
