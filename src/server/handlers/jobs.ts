import { jsonDate } from '../dates.js';
import { invalid, notOfVault } from '../errors.js';
import { JOBS_A_PAGE } from '../limits.js';
import { enforceRetrievalPolicy } from '../policy/enforce-retrieval.js';
import { readJobParameters } from '../requests/job-parameters.js';
import { pageFrom } from '../requests/page.js';
import {
  findVault,
  jsonReply,
  location,
  type Reply,
  type VaultRequest,
  vaultArn,
} from '../requests/request.js';
import { type JobRecord, jobStatus } from '../store/jobs/job.js';
import type { Job } from '../store/jobs/jobs.js';
import { startArchiveRetrieval, startInventoryRetrieval } from '../store/jobs/start-job.js';

/** InitiateJob: the output is made at once and handed out when the delay is over. */
export async function initiateJob(request: VaultRequest): Promise<Reply> {
  const vault = findVault(request);
  const asked = readJobParameters(request.body);
  const createdAtMs = request.nowMs();
  await vault.jobs.sweep(createdAtMs);
  const times = {
    createdAtMs,
    completesAtMs: createdAtMs + request.jobDelayMs,
    willFail: request.faults.has('fail-job'),
  };
  if (asked.kind === 'archive' && request.vaults.isElsewhere(asked.archiveId, vault)) {
    throw notOfVault(vaultArn(request, request.vault));
  }
  const { jobId } =
    asked.kind === 'archive'
      ? await startArchiveRetrieval(vault, asked, times, (retrieval) =>
          enforceRetrievalPolicy(request.vaults, retrieval, createdAtMs),
        )
      : await startInventoryRetrieval(vault, asked, vaultArn(request, request.vault), times);
  return {
    status: 202,
    headers: { Location: location(request, `/jobs/${jobId}`), 'x-amz-job-id': jobId },
  };
}

/** DescribeJob. */
export async function describeJob(request: VaultRequest): Promise<Reply> {
  const nowMs = request.nowMs();
  return jsonReply(shown(request, findVault(request).jobs.find(request.jobId, nowMs).record, nowMs));
}

/** ListJobs, newest first. */
export async function listJobs(request: VaultRequest): Promise<Reply> {
  const nowMs = request.nowMs();
  const completed = request.query.get('completed') || undefined;
  const status = request.query.get('statuscode') || undefined;
  if (completed !== undefined && completed !== 'true' && completed !== 'false') {
    throw invalid(`Invalid completed: ${completed}. It must be true or false.`);
  }
  if (status !== undefined && !['InProgress', 'Succeeded', 'Failed'].includes(status)) {
    throw invalid(`The job status code is not valid: ${status}`);
  }
  const matching = function* (jobs: Iterable<Job>) {
    for (const job of jobs) {
      const is = jobStatus(job.record, nowMs);
      if (completed !== undefined && (is !== 'InProgress') !== (completed === 'true')) continue;
      if (status === undefined || is === status) yield job;
    }
  };
  const { jobs } = findVault(request);
  const { items, marker } = pageFrom(
    (key) => matching(jobs.newestFirst(nowMs, key === undefined ? undefined : -Number(key))),
    request.query,
    JOBS_A_PAGE,
    ({ number }) => -number,
  );
  return jsonReply({ JobList: items.map(({ record }) => shown(request, record, nowMs)), Marker: marker });
}

/**
 * A job in the service's form: every field is always there (seen), but Tier, which inventories have not. The message is
 * null while the job runs, whereas the tree hash is not (seen, against the guide).
 */
function shown(request: VaultRequest, record: JobRecord, nowMs: number) {
  const { retrieval } = record;
  const archive = retrieval.kind === 'archive' ? retrieval : undefined;
  const inventory = retrieval.kind === 'inventory' ? retrieval : undefined;
  const status = jobStatus(record, nowMs);
  const isDone = status !== 'InProgress';
  return {
    Action: archive ? 'ArchiveRetrieval' : 'InventoryRetrieval',
    ArchiveId: archive?.archiveId ?? null,
    ArchiveSHA256TreeHash: archive?.archiveTreeHash ?? null,
    ArchiveSizeInBytes: archive?.archiveSizeBytes ?? null,
    Completed: isDone,
    CompletionDate: isDone ? jsonDate(record.completesAtMs) : null,
    CreationDate: jsonDate(record.createdAtMs),
    InventoryRetrievalParameters: inventory
      ? {
          EndDate: inventory.endDate,
          Format: inventory.format,
          Limit: inventory.limit,
          Marker: status === 'Succeeded' ? inventory.nextMarker : null,
          StartDate: inventory.startDate,
        }
      : null,
    InventorySizeInBytes: inventory && status === 'Succeeded' ? record.outputSizeBytes : null,
    JobDescription: record.description,
    JobId: record.jobId,
    RetrievalByteRange: archive
      ? `${archive.firstByte}-${archive.firstByte + record.outputSizeBytes - 1}`
      : null,
    SHA256TreeHash: archive?.treeHash ?? null,
    SNSTopic: record.snsTopic,
    StatusCode: status,
    StatusMessage: isDone ? status : null,
    ...(archive ? { Tier: archive.tier } : {}),
    VaultARN: vaultArn(request, request.vault),
  };
}
