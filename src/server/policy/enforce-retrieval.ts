import { ServiceError } from '../errors.js';
import { DAY_MS } from '../limits.js';
import type { VaultFolder } from '../store/vault-folder.js';

const HOUR_MS = 60 * 60 * 1000;

/** What is free on a day: of the 10 GiB of a month the thirtieth part. */
const FREE_BYTES_A_DAY = Math.floor((10 * 1024 ** 3) / 30);

/**
 * Refuses a Standard retrieval that exceeds the account's policy. The service goes by the peak rate of the jobs in progress;
 * here the bytes count that were asked for in the hour before, or since the day began for what is free.
 */
export function enforceRetrievalPolicy(
  vaults: VaultFolder,
  asked: { readonly tier: string; readonly sizeBytes: number },
  nowMs: number,
): void {
  const { BytesPerHour, Strategy } = vaults.retrievalRule;
  if (Strategy === 'None' || asked.tier !== 'Standard') return;
  const [sinceMs, mostBytes] =
    Strategy === 'FreeTier'
      ? [nowMs - (nowMs % DAY_MS), FREE_BYTES_A_DAY]
      : [nowMs - HOUR_MS + 1, BytesPerHour ?? 0];
  let bytes = asked.sizeBytes;
  for (const { jobs } of vaults.all) {
    for (const { record } of jobs.newestFirst(nowMs)) {
      if (record.createdAtMs < sinceMs) break;
      const { retrieval } = record;
      if (retrieval.kind === 'archive' && retrieval.tier === 'Standard') bytes += record.outputSizeBytes;
    }
  }
  if (bytes > mostBytes) throw new ServiceError('PolicyEnforcedException');
}
