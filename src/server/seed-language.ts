import { createHash, randomBytes } from 'node:crypto';
import { DAY_MS, LONGEST_DESCRIPTION } from './limits.js';
import { isVaultName } from './requests/request.js';
import { VaultServerError } from './server-error.js';
import type { SeedRecord } from './store/seeds/seed.js';

/*
 * A seed says which archives a vault is to have without storing them:
 *
 *   VAULT=N[:SIZE[:OLDEST-NEWEST]]
 *
 * N archives of SIZE bytes each, made between two ages. docs/embedded-vault.md describes them.
 */

export interface AskedSeed {
  readonly vault: string;
  readonly count: number;
  readonly sizeBytes: number;
  readonly oldestAgeMs: number;
  readonly newestAgeMs: number;
}

const MOST_ARCHIVES = 100_000_000;
const LARGEST_BYTES = 256 * 1024 ** 3;
const LONGEST_AGE_MS = 50 * 365 * DAY_MS;
const DEFAULT_SIZE = '1K';
/** A year of archives, none of which costs the fee for early deletion. */
const DEFAULT_AGES = '465d-100d';

const units: Record<string, number> = {
  '': 1,
  K: 1024,
  M: 1024 ** 2,
  G: 1024 ** 3,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: DAY_MS,
};

/** Reads a seed; refuses anything it does not understand, naming the seed and what would be legal. */
export function parseSeed(text: string): AskedSeed {
  const refuse = (reason: string): never => {
    throw new VaultServerError('bad-seed', `seed "${text}": ${reason}`);
  };
  const fields = /^([^=]+)=(\d{1,15})(?::(\d{1,15}[KMG]?)(?::(\d{1,9}[smhd]|0)-(\d{1,9}[smhd]|0))?)?$/.exec(
    text,
  );
  if (!fields) return refuse('it must read VAULT=N[:SIZE[:OLDEST-NEWEST]], for example demo=1000:64K:200d-0');
  const [, vault = '', count, size = DEFAULT_SIZE] = fields;
  const [defaultOldest = '', defaultNewest = ''] = DEFAULT_AGES.split('-');
  const seed = {
    vault,
    count: Number(count),
    sizeBytes: numberOf(size),
    oldestAgeMs: numberOf(fields[4] ?? defaultOldest),
    newestAgeMs: numberOf(fields[5] ?? defaultNewest),
  };
  if (!isVaultName(vault)) return refuse(`"${vault}" is not a vault name`);
  if (seed.count < 1 || seed.count > MOST_ARCHIVES) return refuse(`N must be from 1 to ${MOST_ARCHIVES}`);
  if (seed.sizeBytes < 1 || seed.sizeBytes > LARGEST_BYTES) return refuse('SIZE must be from 1 to 256G');
  if (seed.oldestAgeMs > LONGEST_AGE_MS) return refuse('OLDEST must be at most 50 years');
  if (seed.oldestAgeMs < seed.newestAgeMs) return refuse('OLDEST must not be less than NEWEST');
  return seed;
}

function numberOf(text: string): number {
  const [, digits = '', unit = ''] = /^(\d+)([A-Za-z]?)$/.exec(text) ?? [];
  return Number(digits) * (units[unit] ?? 1);
}

/** Refuses what no archive can be described by, naming the line. */
export function checkDescriptions(descriptions: readonly string[]): void {
  const bad = descriptions.findIndex((text) => text.length > LONGEST_DESCRIPTION || /[^ -~]/.test(text));
  if (bad === -1) return;
  throw new VaultServerError(
    'bad-seed',
    `line ${bad + 1} of the descriptions: a description has at most ${LONGEST_DESCRIPTION} characters, all printable ASCII`,
  );
}

/** What is kept of a seed that is asked for now. */
export function seedRecord(
  { count, sizeBytes, oldestAgeMs, newestAgeMs }: AskedSeed,
  descriptions: readonly string[],
  nowMs: number,
): SeedRecord {
  const hash = createHash('sha256').update(descriptions.join('\n')).digest('hex').slice(0, 16);
  const text = `${count}:${sizeBytes}:${oldestAgeMs}-${newestAgeMs}${descriptions.length > 0 ? `:${hash}` : ''}`;
  return {
    text,
    key: randomBytes(16).toString('hex'),
    count,
    sizeBytes,
    oldestMs: nowMs - oldestAgeMs,
    newestMs: nowMs - newestAgeMs,
    descriptions,
  };
}
