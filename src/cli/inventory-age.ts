/** How old an inventory is: said in words, and held against `--max-age`. */
import { GlacierUpError } from '../errors.js';
import type { AskedInventory, Inventory } from '../glacier/inventory.js';
import type { CommandRun } from './command-run.js';
import { ageText } from './output/units.js';
import { visibleLine } from './output/visible.js';

/** `--max-age`; without it any age will do. */
export function maxAgeOf({ options }: CommandRun): number {
  return typeof options.maxAge === 'number' ? options.maxAge : Number.POSITIVE_INFINITY;
}

/** `, as of 2026-03-01T12:00:00Z (3 days ago)`; empty when the inventory does not say. */
export function asOfText({ takenAt }: Inventory, nowMs: number): string {
  return takenAt === null ? '' : `, as of ${takenAt} (${ageText(nowMs - Date.parse(takenAt))} ago)`;
}

/**
 * @param name where the inventory is, for the message
 * @throws GlacierUpError `inventory-old` when it is older than `--max-age`, or does not say how old it is
 */
export function assertYoung(command: CommandRun, inventory: Inventory | AskedInventory, name: string): void {
  const maxAgeMs = maxAgeOf(command);
  if (maxAgeMs === Number.POSITIVE_INFINITY) return;
  const { takenAt } = inventory;
  const askedAtMs = 'askedAtMs' in inventory ? inventory.askedAtMs : null;
  const sinceMs = askedAtMs ?? (takenAt === null ? null : Date.parse(takenAt));
  if (sinceMs === null) throw tooOld(`${visibleLine(name)} does not say when the inventory was taken`);
  const ageMs = command.context.clock.now() - sinceMs;
  if (ageMs <= maxAgeMs) return;
  const what = askedAtMs === null ? 'was taken' : 'was asked for';
  throw tooOld(`the inventory ${visibleLine(name)} ${what} ${ageText(ageMs)} ago, longer than --max-age`);
}

function tooOld(message: string): GlacierUpError {
  return new GlacierUpError('inventory-old', message, {
    hint: 'fetch a newer one with "glacier-up inventory --max-age DURATION --wait"',
  });
}
