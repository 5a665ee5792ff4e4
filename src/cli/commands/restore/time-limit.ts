import { GlacierUpError } from '../../../errors.js';
import type { RestoreRun } from './options.js';

/** Ends the run after `--max-duration`. */
export async function withinTimeLimit<T>(
  { context: { clock }, options, signal }: RestoreRun,
  action: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { maxDuration } = options;
  if (maxDuration === undefined) return await action(signal);
  const limit = new AbortController();
  const cancel = clock.after(maxDuration, () =>
    limit.abort(
      new GlacierUpError('limit-reached', 'the time of --max-duration is over', {
        hint: 'run the same command again to go on',
      }),
    ),
  );
  try {
    return await action(AbortSignal.any([signal, limit.signal]));
  } finally {
    cancel();
  }
}
