/** Uploads, spoken to the service through the AWS SDK. */

import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  InitiateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  UploadMultipartPartCommand,
} from '@aws-sdk/client-glacier';
import { GlacierUpError } from '../../errors.js';
import { contentRange, parseRangeText } from '../byte-range.js';
import type { ListedPart, PartRequest, PartsPage, Vault } from '../vault.js';
import {
  accountIn,
  accountInArn,
  foreignReply,
  type Guarded,
  type Reply,
  type SdkClient,
} from './sdk-client.js';
import type { Sender } from './sdk-short-path.js';

/** Complete may take the service long for a large archive. */
export const completeIdleFactor = 5;

/** `Vault`, by the six operations of multipart uploads. */
export function sdkUploads(sdk: SdkClient): Omit<Vault, 'renewCredentials' | 'close'> {
  const { target, call } = sdk;
  return {
    initiateUpload: ({ partSizeBytes, description }, signal) =>
      call('InitiateMultipartUpload', signal, async (client, { abortSignal }) => {
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
        async (client, guard) => {
          const reply = await sendPart(sdk, client, part, guard);
          if (!reply.checksum) throw foreignReply('UploadMultipartPart', reply);
          return reply.checksum;
        },
        { bodyBytes: part.range.end - part.range.start, expectedMs: part.expectedMs },
      ),

    listPartsPage: (uploadId, marker, signal) =>
      call('ListParts', signal, async (client, { abortSignal }) => {
        const command = new ListPartsCommand({ ...target, uploadId, ...(marker ? { marker } : {}) });
        const reply = await client.send(command, { abortSignal });
        return partsPage(reply, uploadId);
      }),

    listUploadsPage: (marker, signal) =>
      call('ListMultipartUploads', signal, async (client, { abortSignal }) => {
        const command = new ListMultipartUploadsCommand({ ...target, ...(marker ? { marker } : {}) });
        const reply = await client.send(command, { abortSignal });
        if (!Array.isArray(reply.UploadsList)) throw foreignReply('ListMultipartUploads', reply);
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
        async (client, { abortSignal }) => {
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
            throw otherHash({ ...reply, archiveId: reply.archiveId, checksum: reply.checksum }, treeHash);
          }
          const location = reply.location ?? '';
          return { archiveId: reply.archiveId, location, accountId: accountIn(location) };
        },
        { idleMs: sdk.readTimeoutMs * completeIdleFactor },
      ),

    abortUpload: (uploadId, signal) =>
      call('AbortMultipartUpload', signal, async (client, { abortSignal }) => {
        const reply = await client.send(new AbortMultipartUploadCommand({ ...target, uploadId }), {
          abortSignal,
        });
        if (reply.$metadata.httpStatusCode !== 204) throw foreignReply('AbortMultipartUpload', reply);
      }),
  };
}

async function sendPart(
  { target, noteHashes }: SdkClient,
  client: Sender,
  part: PartRequest,
  guard: Guarded,
) {
  const body = part.openBody(guard.touch);
  noteHashes(body, { sha256: part.sha256, treeHash: part.treeHash });
  // A pipe does not pass on the failure of its source: end the request with it.
  body.once('error', guard.end);
  try {
    return await client.send(
      new UploadMultipartPartCommand({
        ...target,
        uploadId: part.uploadId,
        range: contentRange(part.range),
        checksum: part.treeHash,
        body,
      }),
      { abortSignal: guard.abortSignal },
    );
  } finally {
    body.destroy();
  }
}

/** Complete said yes, and not which archive it made: it must be asked again, and never taken for a failure. */
function namelessArchive(reply: Reply): GlacierUpError {
  // Every answer of the service has a request ID.
  if (reply.$metadata.requestId === undefined) return foreignReply('CompleteMultipartUpload', reply);
  const httpStatus = reply.$metadata.httpStatusCode ?? 0;
  return new GlacierUpError(
    'completion-unknown',
    `Complete was answered with HTTP ${httpStatus} and no archive ID`,
    {
      service: { operation: 'CompleteMultipartUpload', httpStatus },
    },
  );
}

/** The service would have refused another hash than its own, so its answer was changed on the way, or lies. */
function otherHash(reply: Reply & { archiveId: string; checksum: string }, treeHash: string): GlacierUpError {
  const message = `archive ${reply.archiveId} was made, and the service names its tree hash as ${reply.checksum}, here it is ${treeHash}`;
  return new GlacierUpError('hash-mismatch', message, {
    service: { operation: 'CompleteMultipartUpload', httpStatus: reply.$metadata.httpStatusCode ?? 0 },
    hint: 'nothing is forgotten: run the same command again; if it repeats, compare the hashes in an inventory of the vault',
  });
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
  if (!Array.isArray(reply.Parts) || !reply.PartSizeInBytes || !reply.MultipartUploadId)
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
    accountId: accountInArn(reply.VaultARN),
    partSizeBytes: reply.PartSizeInBytes,
    description: reply.ArchiveDescription ?? '',
    createdAt: reply.CreationDate ?? '',
    parts,
    marker: reply.Marker ?? null,
  };
}
