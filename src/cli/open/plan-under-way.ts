/** Which plan a command works on: the one that was begun, or a new one. */
import { counted } from '../../counted.js';
import { GlacierUpError } from '../../errors.js';
import { isThere } from '../../os/presence.js';
import type { Prices } from '../../prices.js';
import { fetchAwaitedInventory } from '../../retrieval/fetch-inventory.js';
import type { InventoryDeps } from '../../retrieval/retrieval-deps.js';
import type { AskedInventory } from '../../session/inventories.js';
import { checked } from '../../session/unusable.js';
import type { Filters } from '../../whole-vault/filters.js';
import { type Progress, readJournal } from '../../whole-vault/journal.js';
import { makePlan } from '../../whole-vault/make-plan.js';
import type { NameList } from '../../whole-vault/name-list.js';
import type { Plan, PlanKind, PlanPaths, PlanShelf, RestorePlan } from '../../whole-vault/plan-folder.js';
import type { Proofs } from '../../whole-vault/proofs.js';
import { PlanNames, type RestoreRequest } from '../../whole-vault/restore/plan-names.js';
import type { CommandRun } from '../command/command-run.js';
import type { planOptions } from '../options/plan-options.js';
import type { maxAgeOption } from '../options/shared-options.js';
import { tellingJob } from '../output/job-line.js';
import { doneWords, outcomeText } from '../output/plan-text.js';
import { visibleLine } from '../output/visible.js';
import { maxAgeOf } from './inventory-age.js';

/** A command that works by a plan. */
type PlanningRun = CommandRun<
  readonly [...typeof planOptions, { flags: '--wait'; help: string }, typeof maxAgeOption]
>;

/** One run, with all that it needs. */
export interface PlanWork {
  command: PlanningRun;
  deps: InventoryDeps;
  shelf: PlanShelf;
  kind: PlanKind;
  paths: PlanPaths;
  prices: Prices;
  filters: Filters;
  list: NameList | null;
  acceptFee: boolean;
  /** Those of `filters.provedSha256`. */
  proofs: Proofs | null;
  /** null unless archives are to be restored. */
  request: RestoreRequest | null;
}

export interface PlanUnderWay {
  plan: Plan;
  progress: Progress;
}

/** The plan that was begun, or a new one. */
export async function planOf(work: PlanWork): Promise<PlanUnderWay> {
  const { command, deps, shelf, kind, paths, prices, filters, list, acceptFee, proofs, request } = work;
  const plan = command.options.newPlan ? null : shelf.read(paths);
  const known = plan && { plan, progress: readJournal(paths.journal, plan.archives) };
  const isSame = known !== null && isAskedAgain(known.plan, work);
  const isBegun = known !== null && checked(paths.journal, () => isThere(paths.journal));
  if (known && isBegun && known.progress.done < known.plan.archives) {
    if (isSame) return known;
    const what = kind === 'empty' ? 'filters' : 'options';
    throw new GlacierUpError(
      'usage',
      `an unfinished plan of vault ${known.plan.destination.vault} has other ${what} (${outcomeText(known.progress, kind)}); nothing was ${doneWords[kind]}`,
      { hint: 'run the command with the options of that plan to finish it, or give --new-plan to drop it' },
    );
  }
  const inventory = await inventoryFor(command, deps);
  try {
    const askedAt = new Date(inventory.askedAtMs).toISOString();
    if (known && isBegun && isSame && known.plan.inventory.askedAt === askedAt) return known;
    const { destination, receipts, clock, signal } = deps;
    const restoring = request && new PlanNames(request, receipts.lookUps());
    const wanted = { kind, destination, filters, acceptFee, list, prices, proofs, restoring };
    const made = await makePlan(shelf, paths, inventory, wanted, { receipts, clock, signal });
    tellUnmet(command, list);
    return { plan: made, progress: readJournal(paths.journal, made.archives) };
  } finally {
    inventory.release?.();
  }
}

function isAskedAgain(plan: Plan, { filters, acceptFee, request }: PlanWork): boolean {
  const names = Object.keys(filters) as (keyof Filters)[];
  const hasFilters = names.every((name) => (plan.filters[name] ?? null) === filters[name]);
  return plan.acceptFee === acceptFee && hasFilters && isSameRequest(plan.restore, request);
}

function isSameRequest(planned: RestorePlan | undefined, request: RestoreRequest | null): boolean {
  if (planned === undefined || request === null) return planned === undefined && request === null;
  const { to, handsOver, names } = request;
  return (
    planned.to === to && planned.handsOver === handsOver && planned.namesSha256 === (names?.sha256 ?? null)
  );
}

/** The inventory that is kept here; without one, or when it is too old, that of a job. */
async function inventoryFor(
  command: PlanningRun,
  deps: InventoryDeps,
): Promise<AskedInventory & { release?(): void }> {
  const { inventories, destination, clock } = deps;
  const maxAgeMs = maxAgeOf(command);
  const kept = inventories.kept(destination);
  if (kept && clock.now() - kept.askedAtMs <= maxAgeMs) return kept;
  const how = { wait: command.options.wait === true, maxAgeMs };
  return await tellingJob(command.reporter, () => fetchAwaitedInventory(deps, how));
}

/** So many entries of a list are named. */
const mostNamed = 3;

function tellUnmet({ reporter }: PlanningRun, list: NameList | null): void {
  const unmet = list?.unmet() ?? [];
  if (unmet.length === 0) return;
  const named = unmet.slice(0, mostNamed).map(visibleLine).join(', ');
  const more = unmet.length > mostNamed ? ` and ${unmet.length - mostNamed} more` : '';
  reporter.urgent(
    `${counted(unmet.length, 'line')} of the list: no such archive in the inventory: ${named}${more}`,
  );
}
