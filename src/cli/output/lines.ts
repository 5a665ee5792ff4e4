/** Progress where nothing can be redrawn: one plain line a minute. */
import type { Clock } from '../../clock.js';
import type { ProgressDisplay } from './progress-display.js';
import type { ProgressMeter } from './progress-meter.js';

const lineEveryMs = 60_000;

/** Progress as lines of text, one every minute, for outputs that are not terminals. */
export function makeLines(
  write: (text: string) => void,
  meter: ProgressMeter,
  clock: Clock,
): ProgressDisplay {
  let lastMs = clock.monotonicMs();
  return {
    update: () => {
      const nowMs = clock.monotonicMs();
      if (nowMs - lastMs < lineEveryMs) return;
      lastMs = nowMs;
      write(meter.line());
    },
    aside: (writeAside) => writeAside(),
    stop: () => {},
  };
}
