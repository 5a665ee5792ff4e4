/**
 * What Glacier's vaults cost, for estimates. AWS prints no price list of the vault service of its own any more: these
 * are those of S3 Glacier Flexible Retrieval in us-east-1, and what vaults were billed for requests and early deletion.
 */
import { GlacierUpError } from './errors.js';

export interface Prices {
  /** When they were looked up: `2026-05`. */
  asOf: string;
  /** What they are of: a region, a service. */
  of: string;
  currency: string;
  storagePerGibMonth: number;
  /** UploadMultipartPart, Initiate and Complete alike; whether the last two are billed is not documented. */
  uploadsPer1000: number;
  retrieval: Record<'Expedited' | 'Standard' | 'Bulk', { perGib: number; jobsPer1000: number }>;
  /** Out of AWS to the internet; within a region it costs nothing. */
  transferOutPerGib: number;
  /** Who deletes earlier pays for the rest. */
  shortestStorageDays: number;
}

export const builtInPrices: Prices = {
  asOf: '2026-05',
  of: 'us-east-1',
  currency: 'USD',
  storagePerGibMonth: 0.0036,
  uploadsPer1000: 0.05,
  retrieval: {
    Expedited: { perGib: 0.03, jobsPer1000: 10 },
    Standard: { perGib: 0.01, jobsPer1000: 0.05 },
    Bulk: { perGib: 0.0025, jobsPer1000: 0.025 },
  },
  transferOutPerGib: 0.09,
  shortestStorageDays: 90,
};

/** Glacier bills 32 KiB more for each archive (developer guide, "Vault"; seen in SizeInBytes). */
const overheadBytes = 32 * 1024;
const GiB = 1024 ** 3;
const dayMs = 24 * 60 * 60 * 1000;
const daysAMonth = 30;

/** What so many upload requests cost, in the currency of the prices. Storage is not in it. */
export function uploadCost({ uploadsPer1000 }: Prices, requests: number): number {
  return (requests * uploadsPer1000) / 1000;
}

/** A month of one archive. */
export function storageCost({ storagePerGibMonth }: Prices, sizeBytes: number): number {
  return ((sizeBytes + overheadBytes) / GiB) * storagePerGibMonth;
}

/** Jobs, one unless there are more, and what they bring back. */
export function retrievalCost(
  { retrieval }: Prices,
  tier: keyof Prices['retrieval'],
  sizeBytes: number,
  jobs = 1,
): number {
  const { perGib, jobsPer1000 } = retrieval[tier];
  return (sizeBytes / GiB) * perGib + (jobs * jobsPer1000) / 1000;
}

/** Out of AWS. */
export function transferOutCost({ transferOutPerGib }: Prices, sizeBytes: number): number {
  return (sizeBytes / GiB) * transferOutPerGib;
}

/** @returns the rest of the shortest time of storage, and its price */
export function earlyDeletionCost(
  prices: Prices,
  sizeBytes: number,
  ageMs: number,
): { daysLeft: number; cost: number } {
  const daysLeft = Math.max(0, prices.shortestStorageDays - ageMs / dayMs);
  return { daysLeft: Math.ceil(daysLeft), cost: (storageCost(prices, sizeBytes) * daysLeft) / daysAMonth };
}

/**
 * Reads prices that replace the built-in ones, all of them.
 * @throws GlacierUpError `usage` naming what is missing
 */
export function parsePrices(text: string): Prices {
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch (cause) {
    throw new GlacierUpError('usage', 'the prices are no JSON', { cause });
  }
  // Files of earlier versions have no price for it.
  const { transferOutPerGib } = builtInPrices;
  const whole = typeof given === 'object' && given !== null ? { transferOutPerGib, ...given } : given;
  const fault = faultIn(whole, builtInPrices, '');
  if (fault === null) return whole as Prices;
  throw new GlacierUpError('usage', `the prices are not whole: ${fault}`, {
    hint: `write all of them: ${JSON.stringify(builtInPrices)}`,
  });
}

/** Compares with a model: the same fields, text for text and numbers of at least 0 for numbers. */
function faultIn(given: unknown, model: unknown, path: string): string | null {
  if (typeof model === 'number') {
    return typeof given === 'number' && given >= 0 ? null : `${path} is no number of at least 0`;
  }
  if (typeof model === 'string') return typeof given === 'string' ? null : `${path} is no text`;
  if (typeof given !== 'object' || given === null) return `${path || 'the whole'} is no object`;
  for (const [name, value] of Object.entries(model as object)) {
    const fault = faultIn((given as Record<string, unknown>)[name], value, path ? `${path}.${name}` : name);
    if (fault !== null) return fault;
  }
  return null;
}
