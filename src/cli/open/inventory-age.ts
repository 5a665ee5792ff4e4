/** How old an inventory is: said in words, and held against `--max-age`. */
import { GlacierUpError } from '../../errors.js';
import { headOf, type InventorySource } from '../../glacier/inventory/inventory-source.js';
import { hint, stepAtVault } from '../../hint.js';
import type { CommandRun } from '../command/command-run.js';
import type { maxAgeOption } from '../options/shared-options.js';
import { ageText } from '../output/units.js';
import { visibleLine } from '../output/visible.js';

/** A command that may refuse an inventory for its age. */
type AgedRun = CommandRun<readonly [typeof maxAgeOption]>;

/** `--max-age`; without it any age will do. */
export function maxAgeOf({ options }: AgedRun): number {
  return options.maxAge ?? Number.POSITIVE_INFINITY;
}

/** `, as of 2026-03-01T12:00:00Z (3 days ago)`; empty when the inventory does not say. */
export function asOfText({ takenAt }: { takenAt: string | null }, nowMs: number): string {
  return takenAt === null ? '' : `, as of ${takenAt} (${ageText(nowMs - Date.parse(takenAt))} ago)`;
}

/** @throws GlacierUpError `inventory-old` when it is older than `--max-age`, or does not say how old it is */
export async function assertYoung(command: AgedRun, source: InventorySource): Promise<void> {
  const maxAgeMs = maxAgeOf(command);
  if (maxAgeMs === Number.POSITIVE_INFINITY) return;
  const { askedAtMs } = source;
  const name = visibleLine(source.name);
  const takenAt = askedAtMs === null ? (await headOf(source)).takenAt : null;
  const sinceMs = askedAtMs ?? (takenAt === null ? null : Date.parse(takenAt));
  if (sinceMs === null) throw tooOld(`the inventory ${name} does not say when it was taken`);
  const ageMs = command.context.clock.now() - sinceMs;
  if (ageMs <= maxAgeMs) return;
  const what = askedAtMs === null ? 'was taken' : 'was asked for';
  throw tooOld(`the inventory ${name} ${what} ${ageText(ageMs)} ago, longer than --max-age`);
}

function tooOld(message: string): GlacierUpError {
  return new GlacierUpError('inventory-old', message, {
    hint: hint`fetch a newer one with ${stepAtVault('inventory', '--max-age', 'DURATION', '--wait')}`,
  });
}
