/** Jobs and the archives they bring back, spoken to the service through the AWS SDK. */
import {
  DeleteArchiveCommand,
  DescribeJobCommand,
  GetJobOutputCommand,
  type GetJobOutputCommandOutput,
  type GlacierJobDescription,
  InitiateJobCommand,
  type JobParameters,
  ListJobsCommand,
} from '@aws-sdk/client-glacier';
import { GlacierUpError } from '../../errors.js';
import { type ByteRange, parseRangeText, rangeText } from '../byte-range.js';
import type { Job, JobRequest, OutputRequest, VaultJobs } from '../jobs.js';
import { AnswerBody } from '../receiving/answer-body.js';
import { foreignReply, type Guarded, type Reply, type SdkClient } from './sdk-client.js';

/** `VaultJobs`, by InitiateJob, DescribeJob, ListJobs, GetJobOutput and DeleteArchive. */
export function sdkJobs({ call, target }: SdkClient): VaultJobs {
  return {
    initiateJob: (request, signal) =>
      call('InitiateJob', signal, async (client, { abortSignal }) => {
        const command = new InitiateJobCommand({ ...target, jobParameters: jobParameters(request) });
        const reply = await client.send(command, { abortSignal });
        if (!reply.jobId) throw foreignReply('InitiateJob', reply);
        return reply.jobId;
      }),

    describeJob: (jobId, signal) =>
      call('DescribeJob', signal, async (client, { abortSignal }) => {
        const reply = await client.send(new DescribeJobCommand({ ...target, jobId }), { abortSignal });
        const job = jobOf(reply);
        if (job?.jobId !== jobId) throw foreignReply('DescribeJob', reply);
        return job;
      }),

    listJobsPage: (marker, signal) =>
      call('ListJobs', signal, async (client, { abortSignal }) => {
        const command = new ListJobsCommand({ ...target, ...(marker ? { marker } : {}) });
        const reply = await client.send(command, { abortSignal });
        if (!Array.isArray(reply.JobList)) throw foreignReply('ListJobs', reply);
        // This program cannot use jobs of other kinds (select).
        const jobs = reply.JobList.map(jobOf).filter((job) => job !== null);
        return { jobs, marker: reply.Marker ?? null };
      }),

    readJobOutput: (request, signal) =>
      call(
        'GetJobOutput',
        signal,
        async (client, guard) => {
          const { jobId, range } = request;
          const command = new GetJobOutputCommand({ ...target, jobId, range: `bytes=${rangeText(range)}` });
          const reply = await client.send(command, { abortSignal: guard.abortSignal });
          return takeOutput(reply, request, guard);
        },
        { bodyBytes: request.range.end - request.range.start, expectedMs: request.expectedMs },
      ),

    deleteArchive: (archiveId, signal) =>
      call('DeleteArchive', signal, async (client, { abortSignal }) => {
        const reply = await client.send(new DeleteArchiveCommand({ ...target, archiveId }), { abortSignal });
        if (reply.$metadata.httpStatusCode !== 204) throw foreignReply('DeleteArchive', reply);
      }),
  };
}

function jobParameters(request: JobRequest): JobParameters {
  if (request.kind === 'inventory') return { Type: 'inventory-retrieval', Format: 'JSON' };
  const { archiveId, range, tier, description } = request;
  return {
    Type: 'archive-retrieval',
    ArchiveId: archiveId,
    Tier: tier,
    ...(description === undefined ? {} : { Description: description }),
    ...(range === null ? {} : { RetrievalByteRange: rangeText(range) }),
  };
}

/** null for what is no job of a kind known here. */
function jobOf(fields: GlacierJobDescription): Job | null {
  const { JobId, Action, StatusCode, StatusMessage, CreationDate, CompletionDate } = fields;
  const archive = archiveOf(fields);
  const isKnown = Action === 'InventoryRetrieval' || (Action === 'ArchiveRetrieval' && archive !== null);
  if (!JobId || !isKnown || !isStatus(StatusCode)) return null;
  return {
    jobId: JobId,
    kind: archive ? 'archive' : 'inventory',
    status: StatusCode,
    statusMessage: StatusMessage ?? '',
    createdAt: CreationDate ?? '',
    completedAt: CompletionDate ?? null,
    archive,
    inventory: archive ? null : inventoryOf(fields),
  };
}

function isStatus(code: string | undefined): code is Job['status'] {
  return code === 'InProgress' || code === 'Succeeded' || code === 'Failed';
}

function archiveOf(fields: GlacierJobDescription): Job['archive'] {
  const { ArchiveId, ArchiveSizeInBytes, ArchiveSHA256TreeHash, RetrievalByteRange, SHA256TreeHash } = fields;
  if (!ArchiveId || !ArchiveSizeInBytes || !ArchiveSHA256TreeHash) return null;
  const range = parseRangeText(RetrievalByteRange ?? '') ?? { start: 0, end: ArchiveSizeInBytes };
  const isWhole = range.start === 0 && range.end === ArchiveSizeInBytes;
  const tier = fields.Tier === 'Expedited' || fields.Tier === 'Bulk' ? fields.Tier : 'Standard';
  return {
    archiveId: ArchiveId,
    sizeBytes: ArchiveSizeInBytes,
    treeHash: ArchiveSHA256TreeHash,
    range,
    // Of a whole archive it may be null while the job runs (API page "Describe Job").
    rangeTreeHash: SHA256TreeHash ?? (isWhole ? ArchiveSHA256TreeHash : null),
    tier,
  };
}

function inventoryOf({
  InventoryRetrievalParameters,
  InventorySizeInBytes,
}: GlacierJobDescription): Job['inventory'] {
  const { Format, StartDate, EndDate, Limit, Marker } = InventoryRetrievalParameters ?? {};
  return {
    format: Format === 'CSV' ? 'CSV' : 'JSON',
    isWhole: !StartDate && !EndDate && !Limit && !Marker,
    sizeBytes: InventorySizeInBytes ?? null,
  };
}

/** Hands on exactly the bytes asked for. An answer of another range or length cannot be used. */
async function takeOutput(
  reply: GetJobOutputCommandOutput & Reply,
  request: OutputRequest,
  guard: Guarded,
): Promise<string | null> {
  const { range, openSink } = request;
  const body: unknown = reply.body;
  if (!(body instanceof AnswerBody)) throw foreignReply('GetJobOutput', reply);
  try {
    assertLength(reply, request);
    assertRange(reply, body, request);
    const sizeBytes = range.end - range.start;
    const take = openSink();
    let takenBytes = 0;
    await body.readInPlace((piece) => {
      guard.touch();
      takenBytes += piece.length;
      if (takenBytes > sizeBytes) throw outputOfLength(`more than ${sizeBytes}`, range);
      const taking = take(piece);
      if (!taking) return;
      guard.hold();
      return taking.then(guard.touch);
    });
    if (takenBytes < sizeBytes) throw outputOfLength(String(takenBytes), range);
    return reply.checksum ?? null;
  } finally {
    body.destroy();
  }
}

/**
 * 206 names its range; 200 is the whole output, which is right only when all of it was asked for. Where the length is
 * known, a 200 must have it: else the bytes of a login page could be kept before it turns out that they are too few.
 */
function assertRange(
  reply: GetJobOutputCommandOutput & Reply,
  { sizeBytes }: AnswerBody,
  { range, outputBytes }: OutputRequest,
): void {
  const named = /^bytes (\d+-\d+)\/\d+$/.exec(reply.contentRange ?? '')?.[1];
  if (named === rangeText(range)) return;
  const isWhole = outputBytes === undefined || sizeBytes === outputBytes;
  const isAll = reply.$metadata.httpStatusCode === 200 && range.start === 0;
  if (named === undefined && isAll && isWhole) return;
  throw foreignReply('GetJobOutput', reply);
}

/** 206 names the length of the whole output, too. Asking again would not change it. */
function assertLength({ contentRange }: GetJobOutputCommandOutput, { outputBytes }: OutputRequest): void {
  const named = /^bytes \d+-\d+\/(\d+)$/.exec(contentRange ?? '')?.[1];
  if (outputBytes === undefined || named === undefined || Number(named) === outputBytes) return;
  const message = `GetJobOutput: the output has ${named} bytes, and the job says ${outputBytes}`;
  throw new GlacierUpError('failed', message, { service: { operation: 'GetJobOutput' } });
}

function outputOfLength(length: string, range: ByteRange): GlacierUpError {
  return new GlacierUpError(
    'temporary',
    `GetJobOutput: ${length} bytes came for range ${rangeText(range)} of ${range.end - range.start} bytes`,
    { service: { operation: 'GetJobOutput' } },
  );
}
