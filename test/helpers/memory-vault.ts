/**
 * A vault in memory, written from the interfaces alone (`src/glacier/vault.ts`, `vaults.ts`, `jobs.ts`): it passes the
 * contract suite, and tests of the rooms above run on it without a socket, a process or a disk.
 */
import { buffer } from 'node:stream/consumers';
import { type ErrorCode, GlacierUpError } from '../../src/errors.js';
import type { ByteRange } from '../../src/glacier/byte-range.js';
import type { Job, JobRequest, OutputRequest, VaultJobs } from '../../src/glacier/jobs.js';
import type { CompletedArchive, CompleteRequest, PartRequest, Vault } from '../../src/glacier/vault.js';
import type { DescribedVault, Vaults } from '../../src/glacier/vaults.js';
import { rawSha256, rawTreeHashOf } from '../../src/treehash/tree-hash.js';

type VaultCalls = Vault & Vaults & VaultJobs;

/** The calls that stand for a request. */
export type Operation = Exclude<keyof VaultCalls, 'renewCredentials' | 'close'>;

export interface StoredArchive {
  archiveId: string;
  description: string;
  bytes: Buffer;
  createdAt: string;
}

export interface MemoryVault extends VaultCalls {
  /** What is in it, oldest first. */
  readonly archives: ReadonlyMap<string, StoredArchive>;
  /** The IDs of the uploads that are open. */
  readonly openUploads: string[];
  /** Every request, in order. */
  readonly requests: Operation[];
  /**
   * The next request of the operation fails: `unsent` before anything is done, `lost` when it is done and the reply does not
   * come.
   */
  failNext(operation: Operation, how: 'unsent' | 'lost', code?: ErrorCode): void;
  /** The service forgets an upload, as it does about a day after the last part. */
  forget(uploadId: string): void;
}

interface Upload {
  readonly uploadId: string;
  readonly description: string;
  readonly partSizeBytes: number;
  readonly createdAt: string;
  readonly parts: Map<number, Buffer>;
  state: 'open' | 'aborted' | CompletedArchive;
}

const partsPerPage = 50;
const accountId = '123456789012';

/** @param now ms since 1970, for the dates in its answers */
export function memoryVault(now: () => number = Date.now): MemoryVault {
  const uploads = new Map<string, Upload>();
  const archives = new Map<string, StoredArchive>();
  const jobs = new Map<string, { job: Job; output: Buffer }>();
  const requests: Operation[] = [];
  const failures: { operation: Operation; how: 'unsent' | 'lost'; code: ErrorCode }[] = [];
  const createdAt = dateOf(now());
  let isThere = true;
  let made = 0;

  const newId = (kind: string): string => `${kind}-${String(++made).padStart(20, '0')}`;

  /** One request: noted, failed where a test says so, and its result handed over. */
  async function request<T>(
    operation: Operation,
    signal: AbortSignal,
    perform: () => T | Promise<T>,
  ): Promise<T> {
    signal.throwIfAborted();
    requests.push(operation);
    const at = failures.findIndex((failure) => failure.operation === operation);
    const [failure] = at < 0 ? [] : failures.splice(at, 1);
    const error = failure && new GlacierUpError(failure.code, `${operation} fails (${failure.how})`);
    if (error && failure.how === 'unsent') throw error;
    const result = await perform();
    if (error) throw error;
    signal.throwIfAborted();
    return result;
  }

  function openUpload(uploadId: string): Upload {
    const upload = uploads.get(uploadId);
    if (upload?.state !== 'open') throw new GlacierUpError('upload-gone', `no upload ${uploadId} is open`);
    return upload;
  }

  function assertThere(): void {
    if (!isThere) throw new GlacierUpError('vault-gone', 'the vault is not there');
  }

  function described(): DescribedVault {
    const sizeBytes = [...archives.values()].reduce((sum, { bytes }) => sum + bytes.length, 0);
    const arn = `arn:aws:glacier:us-east-1:${accountId}:vaults/memory`;
    return {
      name: 'memory',
      arn,
      createdAt,
      inventoriedAt: null,
      archiveCount: archives.size,
      sizeBytes,
    };
  }

  async function storePart({ uploadId, range, treeHash, sha256: hash, openBody }: PartRequest) {
    const bytes = await buffer(openBody(() => {}));
    const { partSizeBytes, parts } = openUpload(uploadId);
    if (bytes.length !== range.end - range.start || rawSha256(bytes).toString('hex') !== hash) {
      throw new GlacierUpError('hash-mismatch', 'the body has another SHA-256');
    }
    const received = rawTreeHashOf(bytes).toString('hex');
    if (received !== treeHash) throw new GlacierUpError('hash-mismatch', 'the body has another tree hash');
    if (range.start % partSizeBytes !== 0 || bytes.length > partSizeBytes) throw invalid('UploadPart');
    parts.set(range.start, bytes);
    return received;
  }

  function complete({ uploadId, sizeBytes, treeHash }: CompleteRequest): CompletedArchive {
    const done = uploads.get(uploadId)?.state;
    if (typeof done === 'object') return done;
    const upload = openUpload(uploadId);
    const bytes = Buffer.concat(sortedParts(upload).map(([, part]) => part));
    const isWhole = sortedParts(upload).every(([start], index) => start === index * upload.partSizeBytes);
    if (!isWhole || bytes.length !== sizeBytes || rawTreeHashOf(bytes).toString('hex') !== treeHash) {
      throw invalid('CompleteMultipartUpload');
    }
    const archiveId = newId('archive');
    archives.set(archiveId, {
      archiveId,
      description: upload.description,
      bytes,
      createdAt: dateOf(now()),
    });
    upload.state = {
      archiveId,
      location: `/${accountId}/vaults/memory/archives/${archiveId}`,
      accountId,
    };
    return upload.state;
  }

  function startJob(asked: JobRequest): string {
    const jobId = newId('job');
    const date = dateOf(now());
    const job: Job = {
      jobId,
      kind: asked.kind,
      status: 'Succeeded',
      statusMessage: 'Succeeded',
      createdAt: date,
      completedAt: date,
      archive: null,
      inventory: null,
    };
    if (asked.kind === 'inventory') {
      const output = inventoryOf(described().arn, date, [...archives.values()]);
      job.inventory = { format: 'JSON', isWhole: true, sizeBytes: output.length };
      jobs.set(jobId, { job, output });
      return jobId;
    }
    const archive = archives.get(asked.archiveId);
    if (!archive) throw new GlacierUpError('archive-gone', `no archive ${asked.archiveId}`);
    const range = asked.range ?? { start: 0, end: archive.bytes.length };
    const output = archive.bytes.subarray(range.start, range.end);
    job.archive = {
      archiveId: archive.archiveId,
      sizeBytes: archive.bytes.length,
      treeHash: rawTreeHashOf(archive.bytes).toString('hex'),
      range,
      rangeTreeHash: rawTreeHashOf(output).toString('hex'),
      tier: asked.tier,
    };
    jobs.set(jobId, { job, output });
    return jobId;
  }

  function knownJob(jobId: string): { job: Job; output: Buffer } {
    const known = jobs.get(jobId);
    if (!known) throw new GlacierUpError('job-gone', `no job ${jobId}`);
    return known;
  }

  async function readOutput({ jobId, range, openSink }: OutputRequest): Promise<string | null> {
    const { job, output } = knownJob(jobId);
    const bytes = output.subarray(range.start, range.end);
    const memory = Buffer.from(bytes);
    const taking = openSink()(memory);
    // As from the line, the bytes are valid during the call only.
    memory.fill(0);
    await taking;
    return job.archive ? rawTreeHashOf(bytes).toString('hex') : null;
  }

  return {
    archives,
    requests,
    get openUploads() {
      return [...uploads.values()].flatMap(({ uploadId, state }) => (state === 'open' ? [uploadId] : []));
    },
    failNext: (operation, how, code = 'temporary') => void failures.push({ operation, how, code }),
    forget: (uploadId) => void uploads.delete(uploadId),

    initiateUpload: ({ partSizeBytes, description }, signal) =>
      request('initiateUpload', signal, () => {
        assertThere();
        const uploadId = newId('upload');
        const upload = { uploadId, description, partSizeBytes, createdAt: dateOf(now()), parts: new Map() };
        uploads.set(uploadId, { ...upload, state: 'open' });
        return { uploadId, accountId };
      }),
    uploadPart: (part, signal) => request('uploadPart', signal, () => storePart(part)),
    listPartsPage: (uploadId, marker, signal) =>
      request('listPartsPage', signal, () => {
        const upload = openUpload(uploadId);
        const rest = sortedParts(upload).filter(([start]) => start >= Number(marker ?? 0));
        const parts = rest.slice(0, partsPerPage).map(([start, bytes]) => ({
          range: { start, end: start + bytes.length } satisfies ByteRange,
          treeHash: rawTreeHashOf(bytes).toString('hex'),
        }));
        const { description, partSizeBytes, createdAt: begun } = upload;
        const next = rest[partsPerPage];
        return {
          uploadId,
          accountId,
          partSizeBytes,
          description,
          createdAt: begun,
          parts,
          marker: next ? String(next[0]) : null,
        };
      }),
    listUploadsPage: (_marker, signal) =>
      request('listUploadsPage', signal, () => {
        const open = [...uploads.values()].filter(({ state }) => state === 'open');
        return { uploads: open.map(({ parts: _, state: __, ...listed }) => listed), marker: null };
      }),
    completeUpload: (completion, signal) => request('completeUpload', signal, () => complete(completion)),
    abortUpload: (uploadId, signal) =>
      request('abortUpload', signal, () => {
        const upload = uploads.get(uploadId);
        if (upload?.state !== 'aborted') openUpload(uploadId).state = 'aborted';
      }),

    createVault: (signal) =>
      request('createVault', signal, () => {
        isThere = true;
        return { location: `/${accountId}/vaults/memory` };
      }),
    deleteVault: (signal) =>
      request('deleteVault', signal, () => {
        if (archives.size > 0) throw new GlacierUpError('vault-not-empty', 'the vault has archives');
        isThere = false;
      }),
    describeVault: (signal) =>
      request('describeVault', signal, () => {
        assertThere();
        return described();
      }),
    listVaultsPage: (_marker, signal) =>
      request('listVaultsPage', signal, () => ({ vaults: isThere ? [described()] : [], marker: null })),

    initiateJob: (asked, signal) => request('initiateJob', signal, () => startJob(asked)),
    describeJob: (jobId, signal) => request('describeJob', signal, () => knownJob(jobId).job),
    listJobsPage: (_marker, signal) =>
      request('listJobsPage', signal, () => ({
        jobs: [...jobs.values()].map(({ job }) => job).reverse(),
        marker: null,
      })),
    readJobOutput: (asked, signal) => request('readJobOutput', signal, () => readOutput(asked)),
    deleteArchive: (archiveId, signal) =>
      request('deleteArchive', signal, () => void archives.delete(archiveId)),

    renewCredentials: () => {},
    close: () => {},
  };
}

function sortedParts({ parts }: Upload): [start: number, bytes: Buffer][] {
  return [...parts].sort(([one], [other]) => one - other);
}

function invalid(operation: string): GlacierUpError {
  return new GlacierUpError('request-invalid', 'the request is refused', {
    service: { operation, httpStatus: 400 },
  });
}

function dateOf(nowMs: number): string {
  return new Date(nowMs).toISOString();
}

/** As `docs/json.md` and the API page "Get Job Output" have it. */
function inventoryOf(vaultArn: string, date: string, archives: readonly StoredArchive[]): Buffer {
  const list = archives.map(({ archiveId, description, bytes, createdAt }) => ({
    ArchiveId: archiveId,
    ArchiveDescription: description,
    CreationDate: createdAt,
    Size: bytes.length,
    SHA256TreeHash: rawTreeHashOf(bytes).toString('hex'),
  }));
  return Buffer.from(JSON.stringify({ VaultARN: vaultArn, InventoryDate: date, ArchiveList: list }));
}
