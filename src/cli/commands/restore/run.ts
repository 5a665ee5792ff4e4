import { resolve } from 'node:path';
import { shellWords } from '../../../archive/user-shell.js';
import { GlacierUpError } from '../../../errors.js';
import type { Tier } from '../../../glacier/jobs.js';
import { isThere } from '../../../os/presence.js';
import { retrievalCost, transferOutCost } from '../../../prices.js';
import { acquireLock } from '../../../session/lock.js';
import type { SendDeps } from '../../../transfer/upload-deps.js';
import { readItems } from '../../../whole-vault/items.js';
import type { Plan, RestorePlan } from '../../../whole-vault/plan-folder.js';
import { writeReport } from '../../../whole-vault/report.js';
import { type Ledger, readLedger } from '../../../whole-vault/restore/ledger.js';
import type { RestoreRequest } from '../../../whole-vault/restore/plan-names.js';
import { restoreByPlan } from '../../../whole-vault/restore/restore.js';
import type { RestoreEnd } from '../../../whole-vault/restore/restoring.js';
import { TargetFolder } from '../../../whole-vault/restore/target-folder.js';
import { Window } from '../../../whole-vault/window.js';
import { networkDefaults } from '../../open/connect-vault.js';
import { openInventories, openPlans, openReceipts } from '../../open/open-state.js';
import { withSending } from '../../open/open-upload-deps.js';
import { type PlanWork, planOf } from '../../open/plan-under-way.js';
import { pricesFor } from '../../options/prices.js';
import { readFilters } from '../../options/read-filters.js';
import { outcomeText, planJson } from '../../output/plan-text.js';
import { restoreCosts, restorePlanLines } from '../../output/restore-plan-text.js';
import { visibleLine } from '../../output/visible.js';
import { conclude } from './conclude.js';
import type { RestoreRun } from './options.js';
import { readNames } from './read-names.js';
import { withinTimeLimit } from './time-limit.js';

const defaultConcurrency = 16;

type RestoreWork = PlanWork & { command: RestoreRun };

/** What the options say beside the plan. */
interface How {
  tier: Tier;
  each: string | null;
  budget: number | null;
  linkRate: number | null;
}

/**
 * Runs the command. Failures of single operands are printed and counted; the exit status follows from them.
 * @throws GlacierUpError for what ends the whole run
 */
export async function run(command: RestoreRun): Promise<void> {
  const { context, options, reporter, signal } = command;
  if (options.to === undefined) {
    throw new GlacierUpError('usage', 'it is not said where to restore to', { hint: 'give --to DIR' });
  }
  const how: How = {
    tier: options.tier ?? 'Bulk',
    each: options.each ?? null,
    budget: options.budget ?? null,
    linkRate: options.linkRate ?? null,
  };
  const request: RestoreRequest = {
    to: resolve(options.to),
    handsOver: how.each !== null,
    names: options.names === undefined ? null : await readNames(options.names),
  };
  const prices = await pricesFor(command);
  const { filters, list } = await readFilters(command);
  const shelf = openPlans(command);
  const spacious = { ...command, options: { concurrency: defaultConcurrency, ...options } };
  await withSending(
    spacious,
    options,
    async (sending, { destination }) => {
      const paths = shelf.pathsOf('restore', destination);
      shelf.prepare();
      const waitLockMs = options.waitLock ?? 0;
      const lock = await acquireLock(paths.lock, {
        clock: context.clock,
        signal,
        what: `the plan of vault ${destination.vault}`,
        waitMs: waitLockMs,
        onWaiting: (holder) => reporter.note(`waiting for ${holder}, which works on this vault`),
      });
      try {
        const deps = {
          ...sending,
          destination,
          inventories: openInventories(command),
          receipts: openReceipts(command),
          waitLockMs,
        };
        const what = {
          filters,
          list,
          prices,
          request,
          proofs: null,
          acceptFee: true,
          kind: 'restore',
        } as const;
        await restore({ command, deps, shelf, paths, ...what }, sending, how);
      } finally {
        lock.release();
      }
    },
    'there',
  );
}

async function restore(work: RestoreWork, sending: SendDeps, how: How): Promise<void> {
  const { command, paths, prices } = work;
  const { context, options, reporter } = command;
  const { plan, progress } = await planOf(work);
  const { restore: part } = plan;
  if (part === undefined)
    throw new GlacierUpError('state-unusable', `${paths.plan} is not a plan to restore`);
  reporter.json({ ...planJson(paths, plan, progress), estimate: restoreCosts(plan, prices) });
  if (!reporter.isJson) {
    const view = { nowMs: context.clock.now(), prices, tier: how.tier, linkRate: how.linkRate };
    for (const line of restorePlanLines(paths, plan, part, progress, view)) {
      (options.dryRun ? reporter.line : reporter.note)(line);
    }
  }
  if (options.dryRun) return;
  const ledger = readLedger(paths.journal, plan.archives);
  const end = await runPlan(work, { plan, part, ledger, sending, how });
  conclude(command, { plan, ledger, end, tier: how.tier });
}

interface PlanToRun {
  plan: Plan;
  part: RestorePlan;
  ledger: Ledger;
  sending: SendDeps;
  how: How;
}

/** Restores, and reports what became of the archives, also after a failure or a signal. */
async function runPlan(
  { command, deps, paths, prices }: RestoreWork,
  { plan, part, ledger, sending, how }: PlanToRun,
): Promise<RestoreEnd | null> {
  const { context, options, reporter } = command;
  const { progress } = ledger;
  const doneBefore = progress.done;
  const window = new Window({ maxRate: options.maxRate });
  try {
    if (progress.done === progress.total && isThere(paths.report)) return null;
    const target = new TargetFolder(part.to);
    const { total, done } = progress;
    reporter.emit({
      kind: 'restoring',
      total,
      done,
      totalBytes: plan.sizeBytes,
      keptBytes: keptBytesOf(paths.items, ledger),
    });
    return await withinTimeLimit(command, (signal) =>
      restoreByPlan(paths, ledger, {
        ...deps,
        ...sending,
        signal,
        target,
        token: part.token,
        handOver:
          how.each === null
            ? null
            : { words: shellWords(how.each, context.ignoredSignals), env: context.env },
        tier: how.tier,
        costOf: (sizeBytes) =>
          retrievalCost(prices, how.tier, sizeBytes) + transferOutCost(prices, sizeBytes),
        budget: how.budget,
        linkRate: how.linkRate,
        wait: options.wait === true,
        patienceMs: options.retryFor ?? networkDefaults.retryForMs,
        window,
        onDone: () => reporter.emit({ kind: 'restored' }),
      }),
    );
  } finally {
    reporter.emit({ kind: 'ended' });
    const { failed, total, done } = progress;
    reporter.json({
      type: 'vault-summary',
      command: 'restore',
      vault: plan.destination.vault,
      plan: paths.id,
      total,
      done,
      failed,
      skipped: total - done - failed,
      doneNow: done - doneBefore,
      throttles: window.throttles,
      report: paths.report,
      asked: ledger.asked.size,
      spent: Math.round(ledger.spent * 1e6) / 1e6,
      currency: prices.currency,
    });
    if (!reporter.isJson) {
      const tell = done < total ? reporter.urgent : reporter.note;
      tell(`${outcomeText(progress, 'restore')}; report: ${visibleLine(paths.report)}`);
    }
    const isPending = (n: number): boolean => ledger.asked.has(n) && !progress.failures.has(n);
    writeReport(paths, progress, 'restore', isPending);
  }
}

/** Of the archives that are restored already. */
function keptBytesOf(items: string, { progress }: Ledger): number {
  if (progress.done === 0) return 0;
  let sizeBytes = 0;
  for (const item of readItems(items, (n) => progress.isDone(n))) sizeBytes += item.sizeBytes;
  return sizeBytes;
}
