/** What a run that restores works with. */
import type { GlacierUpError } from '../../errors.js';
import type { Tier } from '../../glacier/jobs.js';
import type { Window } from '../window.js';
import type { BringDeps } from './bringer.js';
import type { RestoreItem } from './restore-item.js';

export interface Restoring extends Omit<BringDeps, 'rate'> {
  tier: Tier;
  /** Estimated, of one archive. */
  costOf(sizeBytes: number): number;
  /** Cost of all that the plan asks for, over all runs; null: no limit. */
  budget: number | null;
  /** Bytes a second; null: it is measured. */
  linkRate: number | null;
  /** Wait hours for jobs. */
  wait: boolean;
  patienceMs: number;
  window: Window;
  onDone(item: RestoreItem): void;
}

/** How a run ended that nothing broke off. */
export interface RestoreEnd {
  /** Archives whose jobs are not done; null: none. */
  pending: { count: number; sizeBytes: number; oldestAskedMs: number } | null;
  isOverBudget: boolean;
  /** Why the service starts no more jobs now. */
  refused: GlacierUpError | null;
}
