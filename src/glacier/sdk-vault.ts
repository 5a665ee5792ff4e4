/** A vault spoken to through the AWS SDK: the only file that imports it. */
import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateVaultCommand,
  GlacierClient,
  type GlacierClientConfig,
  InitiateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  UploadMultipartPartCommand,
} from '@aws-sdk/client-glacier';
import { GlacierUpError } from '../errors.js';
import { contentRange, parseRangeText } from './byte-range.js';
import { guardRequest } from './request-guard.js';
import { fromServiceError, notGlacier } from './service-error.js';
import type { ListedPart, PartRequest, PartsPage, Vault } from './vault.js';

export interface SdkVaultOptions {
  vaultName: string;
  /** `-`: the account of the credentials. */
  accountId: string;
  region?: string;
  profile?: string;
  endpointUrl?: string;
  /** Given only for the embedded vault, which takes any; else the SDK's own chain finds them. */
  credentials?: { accessKeyId: string; secretAccessKey: string };
  connectTimeoutMs: number;
  /** How long a request may be silent. */
  readTimeoutMs: number;
}

export interface SdkVault extends Vault {
  /** As the SDK found it: option, environment, profile. Rejects with `no-region` when there is none. */
  region(): Promise<string>;
  /** CreateVault is idempotent. Only the embedded vault is ever made by this program. */
  createVault(signal: AbortSignal): Promise<void>;
}

/** A page of 50 parts is about 6 KB; whatever is larger than this does not come from Glacier. */
const maxReplyBytes = 4 * 1024 * 1024;

/** Complete may take the service long for a large archive. */
const completeIdleFactor = 5;

interface BodyHashes {
  sha256: string;
  treeHash: string;
}

/** Opens a vault. Nothing is sent, and credentials are not looked for, before the first request. */
export function openSdkVault(options: SdkVaultOptions): SdkVault {
  const { vaultName, accountId } = options;
  const bodyHashes = new WeakMap<object, BodyHashes>();
  let client = makeClient(options, bodyHashes);
  const target = { accountId, vaultName };
  const place = options.endpointUrl ?? `region ${options.region ?? 'of the profile'}, account ${accountId}`;

  const call = async <T>(
    operation: string,
    signal: AbortSignal,
    request: (guard: { abortSignal: AbortSignal; touch(): void }) => Promise<T>,
    { idleMs = options.readTimeoutMs, bodyBytes = 0 } = {},
  ): Promise<T> => {
    const guard = guardRequest(operation, { idleMs, bodyBytes, signal });
    try {
      return await request({ abortSignal: guard.signal, touch: guard.touch });
    } catch (error) {
      if (guard.signal.aborted) throw guard.signal.reason;
      throw fromServiceError(error, { operation, vaultName, place });
    } finally {
      guard.release();
    }
  };

  return {
    region: async () => {
      try {
        return await client.config.region();
      } catch (error) {
        if (error instanceof Error && error.message.startsWith('Region not accepted')) {
          const hint =
            'check --region and AWS_REGION; a variable that is set to nothing counts as a region, too';
          throw new GlacierUpError('no-region', error.message, { hint, cause: error });
        }
        throw fromServiceError(error, { operation: 'configuration', vaultName, place });
      }
    },

    createVault: (signal) =>
      call('CreateVault', signal, async ({ abortSignal }) => {
        await client.send(new CreateVaultCommand(target), { abortSignal });
      }),

    initiateUpload: ({ partSizeBytes, description }, signal) =>
      call('InitiateMultipartUpload', signal, async ({ abortSignal }) => {
        const reply = await client.send(
          new InitiateMultipartUploadCommand({
            ...target,
            partSize: String(partSizeBytes),
            archiveDescription: description,
          }),
          { abortSignal },
        );
        if (!reply.uploadId) throw foreignReply('InitiateMultipartUpload', reply);
        return { uploadId: reply.uploadId, accountId: accountIn(reply.location) };
      }),

    uploadPart: (part, signal) =>
      call(
        'UploadMultipartPart',
        signal,
        async ({ abortSignal, touch }) => {
          const reply = await sendPart(client, target, part, { abortSignal, touch, bodyHashes });
          if (!reply.checksum) throw foreignReply('UploadMultipartPart', reply);
          return reply.checksum;
        },
        { bodyBytes: part.range.end - part.range.start },
      ),

    listPartsPage: (uploadId, marker, signal) =>
      call('ListParts', signal, async ({ abortSignal }) => {
        const command = new ListPartsCommand({ ...target, uploadId, ...(marker ? { marker } : {}) });
        const reply = await client.send(command, { abortSignal });
        return partsPage(reply, uploadId);
      }),

    listUploadsPage: (marker, signal) =>
      call('ListMultipartUploads', signal, async ({ abortSignal }) => {
        const command = new ListMultipartUploadsCommand({ ...target, ...(marker ? { marker } : {}) });
        const reply = await client.send(command, { abortSignal });
        if (!reply.UploadsList) throw foreignReply('ListMultipartUploads', reply);
        const uploads = reply.UploadsList.map((upload) => ({
          uploadId: upload.MultipartUploadId ?? '',
          description: upload.ArchiveDescription ?? '',
          partSizeBytes: upload.PartSizeInBytes ?? 0,
          createdAt: upload.CreationDate ?? '',
        }));
        return { uploads, marker: reply.Marker ?? null };
      }),

    completeUpload: ({ uploadId, sizeBytes, treeHash }, signal) =>
      call(
        'CompleteMultipartUpload',
        signal,
        async ({ abortSignal }) => {
          const reply = await client.send(
            new CompleteMultipartUploadCommand({
              ...target,
              uploadId,
              archiveSize: String(sizeBytes),
              checksum: treeHash,
            }),
            { abortSignal },
          );
          if (!reply.archiveId) throw namelessArchive(reply);
          if (reply.checksum && reply.checksum !== treeHash) {
            const message = `the archive's tree hash is ${reply.checksum} to the service, ${treeHash} here`;
            throw new GlacierUpError('hash-mismatch', message, {
              service: { operation: 'CompleteMultipartUpload' },
            });
          }
          const location = reply.location ?? '';
          return { archiveId: reply.archiveId, location, accountId: accountIn(location) };
        },
        { idleMs: options.readTimeoutMs * completeIdleFactor },
      ),

    abortUpload: (uploadId, signal) =>
      call('AbortMultipartUpload', signal, async ({ abortSignal }) => {
        const reply = await client.send(new AbortMultipartUploadCommand({ ...target, uploadId }), {
          abortSignal,
        });
        if (reply.$metadata.httpStatusCode !== 204) throw foreignReply('AbortMultipartUpload', reply);
      }),

    renewCredentials: () => {
      client.destroy();
      client = makeClient(options, bodyHashes);
    },

    close: () => client.destroy(),
  };
}

/**
 * The client does not retry (a stream cannot be sent twice, and its own few tries are over in a second), and takes
 * the bodies' hashes from us: it would compute both again, on this thread.
 */
function makeClient(options: SdkVaultOptions, bodyHashes: WeakMap<object, BodyHashes>): GlacierClient {
  // On Node 20 the SDK prints a warning at each start, which cron would mail.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
  const { region, profile, endpointUrl, credentials, connectTimeoutMs } = options;
  const silent = (): void => {};
  return new GlacierClient({
    ...(region ? { region } : {}),
    ...(profile ? { profile } : {}),
    ...(endpointUrl ? { endpoint: endpointUrl } : {}),
    ...(credentials ? { credentials } : {}),
    maxAttempts: 1,
    logger: { debug: silent, info: silent, warn: silent, error: silent, trace: silent },
    requestHandler: { connectionTimeout: connectTimeoutMs },
    bodyChecksumGenerator: async (request: { body?: unknown }) => {
      const known =
        typeof request.body === 'object' && request.body ? bodyHashes.get(request.body) : undefined;
      if (known) return [known.sha256, known.treeHash];
      // Any other body is a line of JSON, shorter than a leaf: both hashes are the plain one.
      const hash = createHash('sha256').update(String(request.body)).digest('hex');
      return [hash, hash];
    },
    streamCollector: collectReply,
  } as GlacierClientConfig);
}

async function sendPart(
  client: GlacierClient,
  target: { accountId: string; vaultName: string },
  part: PartRequest,
  options: { abortSignal: AbortSignal; touch(): void; bodyHashes: WeakMap<object, BodyHashes> },
) {
  const body = part.openBody(options.touch);
  options.bodyHashes.set(body, { sha256: part.sha256, treeHash: part.treeHash });
  const bodyFailure = new AbortController();
  let bodyError: unknown;
  // A pipe does not pass on the failure of its source: end the request with it.
  body.once('error', (error) => {
    bodyError = error;
    bodyFailure.abort(error);
  });
  try {
    return await client.send(
      new UploadMultipartPartCommand({
        ...target,
        uploadId: part.uploadId,
        range: contentRange(part.range),
        checksum: part.treeHash,
        body,
      }),
      { abortSignal: AbortSignal.any([options.abortSignal, bodyFailure.signal]) },
    );
  } catch (error) {
    throw bodyError ?? error;
  } finally {
    body.destroy();
  }
}

/** Reads a reply's body, and no more of it than any reply of Glacier's can have. */
async function collectReply(stream: Readable): Promise<Uint8Array> {
  const pieces: Buffer[] = [];
  let sizeBytes = 0;
  for await (const piece of stream) {
    sizeBytes += piece.length;
    if (sizeBytes > maxReplyBytes) {
      stream.destroy();
      throw new GlacierUpError('temporary', 'the answer is larger than any answer of Glacier: a proxy?');
    }
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

interface Reply {
  $metadata: { httpStatusCode?: number };
}

/** A 2xx without what the service always sends was not sent by the service. */
function foreignReply(operation: string, reply: Reply): GlacierUpError {
  return notGlacier(operation, reply.$metadata.httpStatusCode ?? 0);
}

/** Complete said yes, and not which archive it made: it must be asked again, and never taken for a failure. */
function namelessArchive(reply: Reply): GlacierUpError {
  const httpStatus = reply.$metadata.httpStatusCode ?? 0;
  return new GlacierUpError(
    'completion-unknown',
    `Complete was answered with HTTP ${httpStatus} and no archive ID`,
    {
      service: { operation: 'CompleteMultipartUpload', httpStatus },
    },
  );
}

/** `/123456789012/vaults/…` → `123456789012`. */
function accountIn(location: string | undefined): string {
  return location?.split('/')[1] ?? '';
}

function partsPage(
  reply: Reply & {
    MultipartUploadId?: string | undefined;
    VaultARN?: string | undefined;
    PartSizeInBytes?: number | undefined;
    ArchiveDescription?: string | undefined;
    CreationDate?: string | undefined;
    Marker?: string | undefined;
    Parts?: { RangeInBytes?: string | undefined; SHA256TreeHash?: string | undefined }[] | undefined;
  },
  uploadId: string,
): PartsPage {
  if (!reply.Parts || !reply.PartSizeInBytes || !reply.MultipartUploadId)
    throw foreignReply('ListParts', reply);
  if (reply.MultipartUploadId !== uploadId) {
    throw new GlacierUpError('part-list-untrue', 'ListParts answered about another upload');
  }
  const parts = reply.Parts.map(({ RangeInBytes = '', SHA256TreeHash = '' }): ListedPart => {
    const range = parseRangeText(RangeInBytes);
    if (range && /^[0-9a-f]{64}$/.test(SHA256TreeHash)) return { range, treeHash: SHA256TreeHash };
    throw new GlacierUpError('part-list-untrue', `ListParts names a part that cannot be: ${RangeInBytes}`);
  });
  return {
    uploadId,
    // arn:aws:glacier:REGION:ACCOUNT:vaults/NAME
    accountId: reply.VaultARN?.split(':')[4] ?? '',
    partSizeBytes: reply.PartSizeInBytes,
    description: reply.ArchiveDescription ?? '',
    createdAt: reply.CreationDate ?? '',
    parts,
    marker: reply.Marker ?? null,
  };
}
