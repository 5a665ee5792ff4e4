/** How a plan to restore is shown. */
import { counted } from '../../counted.js';
import type { Tier } from '../../glacier/jobs.js';
import { type Prices, retrievalCost, transferOutCost } from '../../prices.js';
import { usualDurationOf } from '../../retrieval/await-job.js';
import type { Progress } from '../../whole-vault/journal.js';
import type { Plan, PlanPaths, RestorePlan } from '../../whole-vault/plan-folder.js';
import { amountOf, moneyText } from '../options/prices.js';
import { subjectLines } from './plan-text.js';
import { durationText, sizeText } from './units.js';
import { visibleLine } from './visible.js';

const tiers: readonly Tier[] = ['Bulk', 'Standard', 'Expedited'];
/** For an estimate where no rate is given: 100 Mbit/s. */
const exampleRate = 12.5e6;

export interface RestoreView {
  nowMs: number;
  prices: Prices;
  tier: Tier;
  /** Bytes a second. */
  linkRate: number | null;
}

/** Estimated, of all archives of a plan. */
export function restoreCosts(
  { archives, sizeBytes }: Plan,
  prices: Prices,
): { retrieval: Record<Tier, number>; transferOut: number } {
  const of = (tier: Tier): number => amountOf(retrievalCost(prices, tier, sizeBytes, archives));
  return {
    retrieval: { Expedited: of('Expedited'), Standard: of('Standard'), Bulk: of('Bulk') },
    transferOut: amountOf(transferOutCost(prices, sizeBytes)),
  };
}

/** For people: what is to be restored, what it costs, and how long it takes. */
export function restorePlanLines(
  paths: PlanPaths,
  plan: Plan,
  restore: RestorePlan,
  progress: Progress,
  { nowMs, prices, tier, linkRate }: RestoreView,
): string[] {
  const { retrieval, transferOut } = restoreCosts(plan, prices);
  const costs = tiers.map((one) => `${one} ${moneyText(prices, retrieval[one])}`).join(', ');
  const rate = linkRate ?? exampleRate;
  const at = `${sizeText(rate)}/s${linkRate === null ? ' (give --link-rate for your line)' : ''}`;
  const place = restore.handsOver ? 'each file is handed to --each; on the way it is in' : 'into';
  return [
    ...subjectLines(plan, { nowMs, toDo: 'to restore', newer: '' }).map((line) => line.trimEnd()),
    `names: ${namesText(restore)}`,
    `${place} ${visibleLine(restore.to)}`,
    `cost: ${costs}; transfer out of AWS up to ${moneyText(prices, transferOut)} more (estimated from prices of ${prices.asOf} for ${prices.of})`,
    `time: ${tier} jobs take ${usualDurationOf(tier)}; the download takes about ${durationText((plan.sizeBytes / rate) * 1000)} at ${at}`,
    ...(progress.done + progress.failed > 0
      ? [`resumed: ${progress.done} restored already, ${progress.failed} failed, which are tried again`]
      : []),
    `plan: ${visibleLine(paths.folder)}`,
  ];
}

function namesText({ names, ambiguous, transformed, renamed, repeated }: RestorePlan): string {
  const texts = [
    { count: names.receipts, text: 'from the receipts' },
    { count: names.list, text: 'from --names' },
    { count: names.descriptions, text: 'from the description' },
    { count: names.none, text: 'without a name: unnamed/ID' },
    { count: ambiguous, text: 'with two readings, of which the first is taken' },
    { count: renamed, text: 'with the name of a newer archive or of a folder: NAME~TIME' },
    { count: transformed, text: 'compressed or encrypted by the tool that wrote them, restored as they are' },
  ].filter(({ count }) => count > 0);
  const twice = repeated > 0 ? [`${counted(repeated, 'archive')} listed twice`] : [];
  return [...texts.map(({ count, text }) => `${count} ${text}`), ...twice].join(', ') || 'no archives';
}
