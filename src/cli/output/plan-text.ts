/** How a plan for a whole vault is shown, and what became of it. */
import { counted } from '../../counted.js';
import type { Prices } from '../../prices.js';
import type { Progress } from '../../whole-vault/journal.js';
import type { LeftOut, Plan, PlanKind, PlanPaths, RestorePlan } from '../../whole-vault/plan-folder.js';
import { amountOf, moneyText } from '../options/prices.js';
import { ageText, durationText, sizeText } from './units.js';
import { visibleLine } from './visible.js';

/** Deletions a second that users of the service have reported. */
const seenRates = { slowest: 15, fastest: 75 };

/** A `vault-plan` line. */
export function planJson(paths: PlanPaths, plan: Plan, progress: Progress): { type: string } {
  const { kind, destination, vaultArn, madeAt, inventory, leftOut } = plan;
  return {
    type: 'vault-plan',
    id: paths.id,
    kind,
    vault: destination.vault,
    vaultArn,
    accountId: accountOf(plan),
    region: destination.region,
    profile: destination.profile,
    endpoint: destination.endpoint,
    madeAt,
    inventoryTakenAt: inventory.takenAt,
    inventoryAskedAt: inventory.askedAt,
    inventoryArchives: inventory.archives,
    archives: plan.archives,
    sizeBytes: plan.sizeBytes,
    oldestAt: plan.oldestAt,
    newestAt: plan.newestAt,
    leftOut,
    done: progress.done,
    failed: progress.failed,
    earlyFee: amountOf(plan.earlyFee),
    savedPerMonth: amountOf(plan.savedPerMonth),
    currency: plan.currency,
    pricesAsOf: plan.pricesAsOf,
    folder: paths.folder,
    ...(plan.restore ? { restore: restoreJson(plan.restore) } : {}),
  } as { type: string };
}

function restoreJson(restore: RestorePlan): Record<string, unknown> {
  const { to, handsOver, names, ambiguous, transformed, renamed, repeated } = restore;
  return { to, handsOver, names, ambiguous, transformed, renamed, repeated };
}

function accountOf({ vaultArn }: Plan): string | null {
  return vaultArn?.split(':')[4] || null;
}

/** For people: what is to be deleted, and what that means. */
export function planLines(
  paths: PlanPaths,
  plan: Plan,
  progress: Progress,
  { nowMs, maxRate, prices }: { nowMs: number; maxRate: number | undefined; prices: Prices },
): string[] {
  const { acceptFee } = plan;
  const of = `estimated from prices of ${plan.pricesAsOf} for ${prices.of}`;
  const fee = acceptFee
    ? `early deletion costs ${moneyText(plan, plan.earlyFee)}`
    : 'no fee for early deletion';
  const left = plan.archives - progress.done;
  return [
    ...subjectLines(plan, { nowMs, toDo: 'to delete', newer: 'and stay' }),
    `cost: ${fee}; saves ${moneyText(plan, plan.savedPerMonth)} a month (${of})`,
    ...(progress.done + progress.failed > 0
      ? [`resumed: ${progress.done} deleted already, ${progress.failed} failed, which are tried again`]
      : []),
    `time: ${timeText(left, maxRate)}`,
    `plan: ${visibleLine(paths.folder)}`,
  ];
}

/**
 * Which archives of which vault.
 * @param words.toDo `to delete`
 * @param words.newer of archives uploaded since the inventory: `and stay`
 */
export function subjectLines(
  plan: Plan,
  { nowMs, toDo, newer }: { nowMs: number; toDo: string; newer: string },
): string[] {
  const { destination, vaultArn, inventory, oldestAt, newestAt } = plan;
  const account = accountOf(plan);
  const span = oldestAt === null ? '' : `, created from ${oldestAt} to ${newestAt}`;
  const taken = inventory.takenAt ?? inventory.askedAt;
  const age = ageText(nowMs - Date.parse(taken));
  const leftOut = leftOutText(plan.leftOut);
  return [
    `vault ${destination.vault}: ${vaultArn ?? 'no ARN in its inventory'}, ${account === null ? '' : `account ${account}, `}region ${destination.region}`,
    `${toDo}: ${counted(plan.archives, 'archive')}, ${sizeText(plan.sizeBytes)}${span}`,
    `inventory: taken ${taken} (${age} ago), ${counted(inventory.archives, 'archive')}; archives uploaded since are not in it ${newer}`,
    ...(leftOut === '' ? [] : [`left out: ${leftOut}`]),
  ];
}

function leftOutText(leftOut: LeftOut): string {
  const { notChosen, ambiguous, unproved, young, deletedAlready, faulty } = leftOut;
  const texts = [
    { count: notChosen, text: 'not chosen by the filters' },
    { count: ambiguous, text: 'chosen by only one of two readings of the description' },
    { count: unproved ?? 0, text: 'not proved by the report of --proved-by' },
    { count: young, text: 'younger than 90 days (--accept-fee deletes them, too)' },
    { count: deletedAlready, text: 'deleted already, by the receipts' },
    { count: faulty, text: counted(faulty, 'faulty entry', 'faulty entries').replace(/^\d+ /, '') },
  ];
  return texts
    .filter(({ count }) => count > 0)
    .map(({ count, text }) => `${count} ${text}`)
    .join(', ');
}

function timeText(archives: number, maxRate = Number.POSITIVE_INFINITY): string {
  const msAt = (rate: number): number => (archives / Math.min(rate, maxRate)) * 1000;
  const [quick, slow] = [msAt(seenRates.fastest), msAt(seenRates.slowest)].map(durationText);
  const range = quick === slow ? `about ${quick}` : `about ${quick} to ${slow}`;
  return `${range}, at the ${seenRates.slowest} to ${seenRates.fastest} deletions a second that users have reported`;
}

/** What is said of an archive with which it was done. */
export const doneWords: Record<PlanKind, string> = { empty: 'deleted', restore: 'restored' };

/** `10000 archives: 9990 deleted, 3 failed, 7 skipped`. */
export function outcomeText(progress: Progress, kind: PlanKind): string {
  const { total, done, failed } = progress;
  const skipped = total - done - failed;
  const parts = [`${done} ${doneWords[kind]}`];
  if (failed > 0) parts.push(`${failed} failed`);
  if (skipped > 0) parts.push(kind === 'empty' ? `${skipped} skipped (not tried yet)` : `${skipped} left`);
  return `${counted(total, 'archive')}: ${parts.join(', ')}`;
}
