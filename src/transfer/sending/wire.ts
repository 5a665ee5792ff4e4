/** What all parts on their way share, of one file or of many: the limiter, the line that they go over, the limit on its rate. */
import type { LineSpeed } from '../../archive/range-stream.js';
import type { Clock } from '../../clock.js';
import type { Emit } from '../events.js';
import { type AdaptiveLimiter, type LimitChange, makeAdaptiveLimiter } from './adaptive-limiter.js';
import { type RateLimit, rateLimit } from './rate-limit.js';
import { SharedLine } from './shared-line.js';

export interface Wire {
  limiter: AdaptiveLimiter;
  sharedLine: SharedLine;
  /** For the streams that parts are sent as. */
  lineSpeed: LineSpeed;
  /** null: no limit. */
  limit: RateLimit | null;
}

const changeTexts: Readonly<Record<LimitChange, string>> = {
  narrow: 'the service asked for less',
  restrict: 'more would take each part longer than the service waits for it',
  widen: 'parts get through again',
};

export interface WireOptions {
  /** How many full parts at a time at most. */
  concurrency: number;
  /** Bytes a second. */
  limitRate?: number;
  clock: Clock;
  emit: Emit;
}

/** @param onChange told when there is room for more, or for less */
export function openWire(
  { concurrency, limitRate, clock, emit }: WireOptions,
  onChange: () => void = () => {},
): Wire {
  const limiter = makeAdaptiveLimiter(concurrency, (width, change) => {
    emit({ kind: 'concurrency', partsAtOnce: width, reason: changeTexts[change] });
    onChange();
  });
  return {
    limiter,
    lineSpeed: { isFast: false },
    sharedLine: new SharedLine({ clock, limiter, limitRate }),
    limit: limitRate === undefined ? null : rateLimit(limitRate, clock),
  };
}
