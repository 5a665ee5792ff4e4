/** Estimates of cost: where the prices come from, and how they are told. */
import { readFile } from 'node:fs/promises';
import { GlacierUpError } from '../../errors.js';
import { faultWords } from '../../os/fault-words.js';
import { builtInPrices, type Prices, parsePrices } from '../../prices.js';
import type { OptionSpec } from '../command/command.js';
import type { CommandRun } from '../command/command-run.js';
import { parseName } from './option-values.js';

export const pricesOption = {
  group: 'How',
  rare: true,
  flags: '--prices <file>',
  help: 'prices for estimates, in place of the built-in ones',
  detail:
    'JSON with all of: asOf, of, currency, storagePerGibMonth, uploadsPer1000, retrieval (for Expedited, Standard and Bulk perGib and jobsPer1000), shortestStorageDays. The built-in ones are of May 2026, for us-east-1; every figure is an estimate.',
  parse: parseName,
} as const satisfies OptionSpec;

/** @throws GlacierUpError `usage` when `--prices` names a file that has no prices */
export async function pricesFor({ options }: CommandRun<readonly [typeof pricesOption]>): Promise<Prices> {
  if (options.prices === undefined) return builtInPrices;
  let text: string;
  try {
    text = await readFile(options.prices, 'utf8');
  } catch (cause) {
    throw new GlacierUpError(
      'usage',
      `the prices in ${options.prices} cannot be read: ${faultWords(cause)}`,
      {
        cause,
      },
    );
  }
  return parsePrices(text);
}

/** `0.32 USD`; what is less than a cent is said to be. */
export function moneyText({ currency }: Pick<Prices, 'currency'>, amount: number): string {
  return amount > 0 && amount < 0.01 ? `less than 0.01 ${currency}` : `${amount.toFixed(2)} ${currency}`;
}

/** That it is an estimate, and from which prices. */
export function pricesText({ asOf, of }: Prices): string {
  return `estimated from prices of ${asOf} for ${of}`;
}

/** In JSON: to a millionth, since small archives cost little. */
export function amountOf(amount: number): number {
  return Math.round(amount * 1e6) / 1e6;
}
