/** How a run of `restore` ends: which error tells what is left. */
import { counted } from '../../../counted.js';
import { GlacierUpError } from '../../../errors.js';
import type { Tier } from '../../../glacier/jobs.js';
import { usualEndMs } from '../../../retrieval/await-job.js';
import type { Plan } from '../../../whole-vault/plan-folder.js';
import type { Ledger } from '../../../whole-vault/restore/ledger.js';
import type { RestoreEnd } from '../../../whole-vault/restore/restoring.js';
import { sizeText, timeText } from '../../output/units.js';
import type { RestoreRun } from './options.js';

/**
 * @param end null when there was nothing left to do
 * @throws GlacierUpError `job-pending`, `limit-reached`, `failed`, or what the service refuses for now
 */
export function conclude(
  command: RestoreRun,
  { plan, ledger, end, tier }: { plan: Plan; ledger: Ledger; end: RestoreEnd | null; tier: Tier },
): void {
  const { progress } = ledger;
  const left = progress.total - progress.done - progress.failed;
  if (end?.pending) {
    const { count, sizeBytes, oldestAskedMs } = end.pending;
    const nowMs = command.context.clock.now();
    const dueMs = Math.max(usualEndMs(tier, oldestAskedMs), nowMs + 60_000);
    const dueAt = timeText(dueMs);
    throw new GlacierUpError(
      'job-pending',
      `${counted(count, 'retrieval job')} (${sizeText(sizeBytes)}) not done yet, and ${counted(left - count, 'archive')} not asked for`,
      {
        hint: `run the same command again after ${dueAt} and within 24 hours of it, or now with --wait`,
      },
    );
  }
  if (end?.refused) throw end.refused;
  if (end?.isOverBudget && left > 0) {
    throw new GlacierUpError(
      'limit-reached',
      `the budget is used up: ${counted(left, 'archive')} not asked for`,
      { hint: 'give a higher --budget, then run the same command again' },
    );
  }
  if (progress.failed > 0) {
    throw new GlacierUpError('failed', `${counted(progress.failed, 'archive')} could not be restored`, {
      hint: 'the report says why; run the same command again to try them again',
    });
  }
  const { faulty } = plan.leftOut;
  if (faulty > 0) {
    throw new GlacierUpError(
      'failed',
      `${counted(faulty, 'entry of the inventory is', 'entries of the inventory are')} faulty, and nothing was restored for them`,
      { hint: 'fetch the inventory again' },
    );
  }
}
