/** The archives of a plan deleted, and written down. */

import type { Clock } from '../clock.js';
import { hasCode } from '../errors.js';
import { followSignal } from '../follow-signal.js';
import type { RetryingVault } from '../glacier/retry/retrying-vault.js';
import type { ReceiptLog } from '../session/receipts/receipt-log.js';
import { readItems } from './items.js';
import { JournalWriter, type Progress } from './journal.js';
import type { PlanPaths } from './plan-folder.js';
import { Recorder } from './recorder.js';
import { runItems } from './run-items.js';
import type { Window } from './window.js';

export interface Emptying {
  vault: RetryingVault;
  receipts: ReceiptLog;
  window: Window;
  clock: Clock;
  signal: AbortSignal;
  patienceMs: number;
  onDone: () => void;
}

/**
 * Deletes the archives that are not deleted yet. What was deleted is noted in the receipts and in the journal, however
 * the run ends; `progress` says then how far it is.
 * @throws GlacierUpError what ended the run, see `runItems`; `state-unusable` when a deletion could not be noted
 */
export async function emptyByPlan(paths: PlanPaths, progress: Progress, run: Emptying): Promise<void> {
  const { vault, receipts, window, clock, patienceMs, onDone } = run;
  receipts.assertWritable();
  const journal = new JournalWriter(paths.journal);
  const stop = followSignal(run.signal);
  const recorder = new Recorder({
    journal,
    progress,
    noteDone: async (archiveIds) => {
      await Promise.all(archiveIds.map((archiveId) => receipts.noteDeleted(archiveId)));
    },
    onFault: () => stop.abort(),
    clock,
  });
  try {
    await runItems({
      items: readItems(paths.items, (n) => !progress.isDone(n)),
      act: ({ archiveId }, signal) => deleteOne(vault, archiveId, signal),
      window,
      recorder,
      clock,
      signal: stop.signal,
      patienceMs,
      onDone,
    });
  } finally {
    stop.release();
    // What could not be noted says more than how the run ended.
    try {
      await recorder.flush();
    } finally {
      journal.close();
    }
  }
}

/** An archive that the vault does not have is as good as deleted. */
async function deleteOne(vault: RetryingVault, archiveId: string, signal: AbortSignal): Promise<void> {
  try {
    await vault.deleteUnlessThrottled(archiveId, signal);
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}

/** An archive of another vault is refused with another status, and is not gone. */
function isGone(error: unknown): boolean {
  return hasCode(error, 'archive-gone') && error.service?.httpStatus === 404;
}
