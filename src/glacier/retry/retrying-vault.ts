/** A vault that asks again: the same calls, repeated, and lists read to the end. */
import { GlacierUpError, hasCode } from '../../errors.js';
import type { Job, JobRequest, OutputRequest, VaultJobs } from '../jobs.js';
import { readPages } from '../pages.js';
import { listParts, listUploads, type PartList } from '../part-list.js';
import type { ListedUpload, PartRequest, Vault } from '../vault.js';
import type { DescribedVault, Vaults } from '../vaults.js';
import {
  isTemporary,
  makeRetrier,
  type Retrier,
  type Retry,
  type RetryOptions,
  type WithRetries,
} from './retry.js';

export type { RetryOptions } from './retry.js';

/** A repeated Complete gives the same archive ID (API page "Complete Multipart Upload"). */
function isWorthCompletingAgain(error: unknown): error is GlacierUpError {
  return isTemporary(error) || isNameless(error);
}

/** The service said that there is an archive, and not which one. */
function isNameless(error: unknown): error is GlacierUpError {
  return hasCode(error, 'completion-unknown');
}

function isNeverRepeated(_error: unknown): _error is GlacierUpError {
  return false;
}

function isTemporaryButThrottling(error: unknown): error is GlacierUpError {
  return isTemporary(error) && error.code !== 'throttled';
}

/** There may be an archive that an earlier try made, before the service forgot the upload: the 404 does not say no then. */
function forgotten(cause: GlacierUpError): GlacierUpError {
  return new GlacierUpError('completion-unknown', cause.message, {
    cause,
    ...(cause.service ? { service: cause.service } : {}),
  });
}

/** The pages are asked for again one by one; only a list that contradicts itself is started again. */
function isUntrueList(error: unknown): error is GlacierUpError {
  return hasCode(error, 'part-list-untrue');
}

/** A vault whose calls are repeated, and whose lists are read to the end. */
export interface RetryingVault extends Omit<Vault, 'uploadPart'>, Vaults, Omit<VaultJobs, 'initiateJob'> {
  /**
   * InitiateJob, sent once: again only when it was refused for credentials or a clock that can be mended. After a temporary
   * failure but throttling there may be a job: ListJobs tells.
   */
  initiateJobOnce: VaultJobs['initiateJob'];
  /**
   * Complete, sent for an upload that the service does not list any more, to learn whether somebody completed it. It can
   * make no archive. So a try that failed leaves no doubt, and a 404 after it is the answer.
   * @throws GlacierUpError as `completeUpload` does; `completion-unknown` only when the service said that there is an archive
   */
  askWhetherCompleted: Vault['completeUpload'];
  /** The same vault, whose retries are told to somebody else. */
  telling(onRetry: (retry: Retry) => void): RetryingVault;
  /** @param request `onRetry` is called with each failure that is to be followed by another try */
  uploadPart(
    request: PartRequest & { onRetry?: (error: GlacierUpError) => void },
    signal: AbortSignal,
  ): Promise<string>;
  /** Every part that the service has of an open upload; a list that cannot be true is asked for again. */
  listParts(uploadId: string, signal: AbortSignal): Promise<PartList>;
  /** The same as `deleteArchive`, but throttling is thrown at once: for whoever paces many deletions. */
  deleteUnlessThrottled(archiveId: string, signal: AbortSignal): Promise<void>;
  listUploads(signal: AbortSignal): Promise<ListedUpload[]>;
  listVaults(signal: AbortSignal): Promise<DescribedVault[]>;
  listJobs(signal: AbortSignal): Promise<Job[]>;
  /**
   * Reads a range whose bytes are of use one by one: after a break only those are asked for that have not come, and what has
   * come counts as progress.
   * @param request.take is handed every byte once, in their order, and is waited for
   */
  readJobOutputOnce(
    request: Pick<OutputRequest, 'jobId' | 'range' | 'outputBytes'> & {
      take(bytes: Uint8Array): Promise<void> | void;
    },
    signal: AbortSignal,
  ): Promise<void>;
  /**
   * Starts a job unless one that serves is listed. The list is read again before each try, since the reply to an
   * InitiateJob that worked may be lost, and every job costs.
   * @param serving picks from the jobs listed, newest first
   */
  ensureJob(
    request: JobRequest,
    serving: (jobs: readonly Job[]) => Job | undefined,
    signal: AbortSignal,
  ): Promise<{ job: Job; isNew: boolean }>;
}

/** Wraps a vault so that each call is repeated until it succeeds, fails for good, or its budget is spent. */
export function retrying(vault: Vault & Vaults & VaultJobs, options: RetryOptions): RetryingVault {
  const shared = makeRetrier(options, () => vault.renewCredentials());
  return tellingVault(vault, shared, options.onRetry ?? (() => {}));
}

/** The vault that reports its retries; all that share a retrier share its patience. */
function tellingVault(
  vault: Vault & Vaults & VaultJobs,
  shared: Retrier,
  tell: (retry: Retry) => void,
): RetryingVault {
  const { confirm } = shared;
  const withRetries: WithRetries = (signal, attemptOnce, isWorthRepeating, onRetry) =>
    shared.withRetries(signal, attemptOnce, isWorthRepeating, (retry) => {
      onRetry?.(retry);
      tell(retry);
    });

  /** @param leavesDoubt whether a try that failed so may have made an archive, or names none that exists */
  const complete =
    (leavesDoubt: (error: unknown) => boolean): Vault['completeUpload'] =>
    async (request, signal) => {
      let isInDoubt = false;
      const completeOnce = () =>
        vault.completeUpload(request, signal).catch((error: unknown) => {
          isInDoubt ||= leavesDoubt(error);
          throw error;
        });
      try {
        const completed = await withRetries(signal, completeOnce, isWorthCompletingAgain);
        confirm();
        return completed;
      } catch (error) {
        throw isInDoubt && hasCode(error, 'upload-gone') ? forgotten(error) : error;
      }
    };

  const patient: RetryingVault = {
    telling: (onRetry) => tellingVault(vault, shared, onRetry),
    initiateUpload: (request, signal) => withRetries(signal, () => vault.initiateUpload(request, signal)),
    uploadPart: async ({ onRetry, ...part }, signal) => {
      const uploadOnce = (touch: () => void) => {
        const openBody = (onBytes: (sizeBytes: number) => void) =>
          part.openBody((sizeBytes) => {
            touch();
            onBytes(sizeBytes);
          });
        return vault.uploadPart({ ...part, openBody }, signal);
      };
      const treeHash = await withRetries(signal, uploadOnce, isTemporary, ({ error }) => onRetry?.(error));
      confirm();
      return treeHash;
    },
    listPartsPage: (uploadId, marker, signal) =>
      withRetries(signal, () => vault.listPartsPage(uploadId, marker, signal)),
    listUploadsPage: (marker, signal) => withRetries(signal, () => vault.listUploadsPage(marker, signal)),
    completeUpload: complete(isWorthCompletingAgain),
    askWhetherCompleted: complete(isNameless),
    abortUpload: async (uploadId, signal) => {
      await withRetries(signal, () => vault.abortUpload(uploadId, signal));
      confirm();
    },
    createVault: (signal) => withRetries(signal, () => vault.createVault(signal)),
    describeVault: (signal) => withRetries(signal, () => vault.describeVault(signal)),
    listVaultsPage: (marker, signal) => withRetries(signal, () => vault.listVaultsPage(marker, signal)),
    initiateJobOnce: async (request, signal) => {
      const jobId = await withRetries(signal, () => vault.initiateJob(request, signal), isNeverRepeated);
      confirm();
      return jobId;
    },
    describeJob: (jobId, signal) => withRetries(signal, () => vault.describeJob(jobId, signal)),
    listJobsPage: (marker, signal) => withRetries(signal, () => vault.listJobsPage(marker, signal)),
    readJobOutput: async (request, signal) => {
      const treeHash = await withRetries(signal, (touch) => {
        const openSink = () => {
          const take = request.openSink();
          return (bytes: Uint8Array) => {
            touch();
            return take(bytes);
          };
        };
        return vault.readJobOutput({ ...request, openSink }, signal);
      });
      confirm();
      return treeHash;
    },
    readJobOutputOnce: async ({ take, range, ...output }, signal) => {
      let { start } = range;
      await withRetries(signal, async (touch, onKept) => {
        const openSink = () => async (bytes: Uint8Array) => {
          touch();
          await take(bytes);
          start += bytes.length;
          onKept();
        };
        // The line may break behind the last byte.
        if (start === range.end) return;
        await vault.readJobOutput({ ...output, range: { start, end: range.end }, openSink }, signal);
      });
      confirm();
    },
    deleteArchive: async (archiveId, signal) => {
      await withRetries(signal, () => vault.deleteArchive(archiveId, signal));
      confirm();
    },
    deleteUnlessThrottled: async (archiveId, signal) => {
      await withRetries(signal, () => vault.deleteArchive(archiveId, signal), isTemporaryButThrottling);
      confirm();
    },
    deleteVault: (signal) => withRetries(signal, () => vault.deleteVault(signal)),
    renewCredentials: () => vault.renewCredentials(),
    close: () => vault.close(),
    listParts: (uploadId, signal) =>
      withRetries(signal, () => listParts(patient, uploadId, signal), isUntrueList),
    listUploads: (signal) => withRetries(signal, () => listUploads(patient, signal), isUntrueList),
    listVaults: (signal) =>
      withRetries(
        signal,
        () =>
          readPages(async (marker) => {
            const page = await patient.listVaultsPage(marker, signal);
            return { entries: page.vaults, marker: page.marker };
          }),
        isUntrueList,
      ),
    listJobs: (signal) =>
      withRetries(
        signal,
        () =>
          readPages(async (marker) => {
            const page = await patient.listJobsPage(marker, signal);
            return { entries: page.jobs, marker: page.marker };
          }),
        isUntrueList,
      ),
    ensureJob: (request, serving, signal) =>
      withRetries(signal, async () => {
        const known = serving(await patient.listJobs(signal));
        if (known) return { job: known, isNew: false };
        const jobId = await vault.initiateJob(request, signal);
        return { job: await patient.describeJob(jobId, signal), isNew: true };
      }),
  };
  return patient;
}
