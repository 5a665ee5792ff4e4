import { counted } from '../../../counted.js';
import { GlacierUpError } from '../../../errors.js';
import { hint, stepAtVault } from '../../../hint.js';
import { isThere } from '../../../os/presence.js';
import { acquireLock } from '../../../session/lock.js';
import { emptyByPlan } from '../../../whole-vault/empty.js';
import type { Progress } from '../../../whole-vault/journal.js';
import { readProofs } from '../../../whole-vault/proofs.js';
import { writeReport } from '../../../whole-vault/report.js';
import { Window } from '../../../whole-vault/window.js';
import { assertConfirmable, confirmVault } from '../../command/ask.js';
import { networkDefaults, withVaultConnection } from '../../open/connect-vault.js';
import { openInventories, openPlans, openReceipts } from '../../open/open-state.js';
import { type PlanUnderWay, type PlanWork, planOf } from '../../open/plan-under-way.js';
import { pricesFor } from '../../options/prices.js';
import { readFilters } from '../../options/read-filters.js';
import { outcomeText, planJson, planLines } from '../../output/plan-text.js';
import { typedStep } from '../../output/suggested-command.js';
import { visibleLine } from '../../output/visible.js';
import type { EmptyRun } from './options.js';

type EmptyWork = PlanWork & { command: EmptyRun };

/**
 * Runs the command. Failures of single operands are printed and counted; the exit status follows from them.
 * @throws GlacierUpError for what ends the whole run
 */
export async function run(command: EmptyRun): Promise<void> {
  const { context, options, reporter, signal } = command;
  if (options.vault !== undefined && !options.dryRun) {
    assertConfirmable(command, options.vault, 'emptying a vault');
    if (options.filesFrom === '-' && options.confirm === undefined) {
      throw new GlacierUpError('usage', 'standard input is the list, and cannot answer the question, too', {
        hint: `give --confirm ${options.vault}`,
      });
    }
  }
  const prices = await pricesFor(command);
  const { filters: chosen, list } = await readFilters(command);
  const proofs = options.provedBy === undefined ? null : readProofs(options.provedBy);
  const filters = { ...chosen, provedSha256: proofs?.sha256 ?? null };
  const shelf = openPlans(command);
  await withVaultConnection(command, options, 'there', async ({ vault, destination }) => {
    const paths = shelf.pathsOf('empty', destination);
    shelf.prepare();
    const lock = await acquireLock(paths.lock, {
      clock: context.clock,
      signal,
      what: `the plan of vault ${destination.vault}`,
      waitMs: options.waitLock ?? 0,
      onWaiting: (holder) => reporter.note(`waiting for ${holder}, which works on this vault`),
    });
    try {
      const deps = {
        vault,
        destination,
        inventories: openInventories(command),
        receipts: openReceipts(command),
        waitLockMs: options.waitLock ?? 0,
        clock: context.clock,
        signal,
        emit: reporter.emit,
      };
      const acceptFee = options.acceptFee === true;
      const plain = { kind: 'empty', request: null } as const;
      await empty({ command, deps, shelf, paths, prices, filters, list, acceptFee, proofs, ...plain });
    } finally {
      lock.release();
    }
  });
}

async function empty(work: EmptyWork): Promise<void> {
  const { command, paths, prices } = work;
  const { context, options, reporter } = command;
  const underWay = await planOf(work);
  const { plan, progress } = underWay;
  const left = plan.archives - progress.done;
  const { maxRate } = options;
  reporter.json(planJson(paths, plan, progress));
  if (!reporter.isJson) {
    const lines = planLines(paths, plan, progress, { nowMs: context.clock.now(), maxRate, prices });
    const isAsked = options.confirm === undefined;
    for (const line of lines)
      (options.dryRun ? reporter.line : isAsked ? reporter.urgent : reporter.note)(line);
  }
  const { maxDelete } = options;
  if (maxDelete !== undefined && left > maxDelete) {
    throw new GlacierUpError(
      'usage',
      `the plan deletes ${counted(left, 'archive')}, more than --max-delete ${maxDelete}; nothing was deleted`,
      { hint: 'give filters with --new-plan, or a higher --max-delete' },
    );
  }
  if (options.dryRun) return;
  if (left > 0) {
    await confirmVault(command, plan.destination.vault, `This deletes ${counted(left, 'archive')} for good.`);
  }
  await runPlan(work, underWay, new Window({ maxRate }));
  conclude(command, underWay);
}

/** Deletes, and reports what became of the archives, also after a failure or a signal. */
async function runPlan(work: EmptyWork, { progress }: PlanUnderWay, window: Window): Promise<void> {
  const { command, deps, paths } = work;
  const { options, reporter, signal } = command;
  const { vault, receipts, clock } = deps;
  const doneBefore = progress.done;
  try {
    if (progress.done === progress.total && isThere(paths.report)) return;
    reporter.emit({ kind: 'deleting', total: progress.total, done: progress.done });
    await emptyByPlan(paths, progress, {
      vault,
      receipts,
      window,
      clock,
      signal,
      patienceMs: options.retryFor ?? networkDefaults.retryForMs,
      onDone: () => reporter.emit({ kind: 'deleted' }),
    });
  } finally {
    reporter.emit({ kind: 'ended' });
    tellOutcome(work, progress, { deletedNow: progress.done - doneBefore, throttles: window.throttles });
    writeReport(paths, progress, 'empty');
  }
}

function tellOutcome(
  { command, paths, deps }: EmptyWork,
  progress: Progress,
  { deletedNow, throttles }: { deletedNow: number; throttles: number },
): void {
  const { reporter } = command;
  const { total, done, failed } = progress;
  const skipped = total - done - failed;
  reporter.json({
    type: 'vault-summary',
    command: 'empty',
    vault: deps.destination.vault,
    plan: paths.id,
    total,
    done,
    failed,
    skipped,
    doneNow: deletedNow,
    throttles,
    report: paths.report,
  });
  if (reporter.isJson) return;
  const pace = throttles > 0 ? `; throttled ${counted(throttles, 'time')}` : '';
  const tell = failed + skipped > 0 ? reporter.urgent : reporter.note;
  tell(`${outcomeText(progress, 'empty')}${pace}; report: ${visibleLine(paths.report)}`);
}

function conclude(command: EmptyRun, { plan, progress }: PlanUnderWay): void {
  const { destination, leftOut } = plan;
  if (progress.failed > 0) {
    throw new GlacierUpError('failed', `${counted(progress.failed, 'archive')} could not be deleted`, {
      hint: 'the report says why; run the same command again to try them again',
    });
  }
  if (leftOut.faulty > 0) {
    throw new GlacierUpError(
      'failed',
      `${counted(leftOut.faulty, 'entry of the inventory is', 'entries of the inventory are')} faulty, and nothing was deleted for them`,
      {
        hint: hint`${stepAtVault('inventory', '--kept')} shows them; fetch the inventory again`,
      },
    );
  }
  if (leftOut.notChosen + leftOut.ambiguous + leftOut.young + (leftOut.unproved ?? 0) > 0) return;
  const remove = typedStep(command, { words: ['vaults', 'delete', destination.vault], needs: 'account' });
  command.reporter.note(
    `Glacier counts a vault about once a day; then "${remove}" deletes the vault if it is empty`,
  );
}
