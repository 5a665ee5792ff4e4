import { jsonDate } from '../dates.js';
import { newUploadId } from '../ids.js';
import { PARTS_A_PAGE, UPLOADS_A_PAGE } from '../limits.js';
import { pageOf } from '../requests/page.js';
import { archiveSize, description, partSize, treeHashHeader } from '../requests/parameters.js';
import {
  findVault,
  jsonReply,
  location,
  type Reply,
  type VaultRequest,
  vaultArn,
} from '../requests/request.js';
import type { Upload } from '../store/uploads/upload.js';

/** InitiateMultipartUpload. */
export async function initiate(request: VaultRequest): Promise<Reply> {
  const vault = findVault(request);
  const partSizeBytes = partSize(request);
  const nowMs = request.nowMs();
  await vault.uploads.sweep(nowMs);
  const uploadId = newUploadId();
  await vault.uploads.create({
    uploadId,
    description: description(request),
    partSizeBytes,
    createdAtMs: nowMs,
  });
  return {
    status: 201,
    headers: {
      Location: location(request, `/multipart-uploads/${uploadId}`),
      'x-amz-multipart-upload-id': uploadId,
    },
  };
}

/** ListParts, in the order of the ranges, whose ends are inclusive. */
export async function listParts(request: VaultRequest): Promise<Reply> {
  const { uploads } = findVault(request);
  const { record, parts } = await uploads.find(request.uploadId, request.nowMs());
  const { items, marker } = pageOf(parts, request.query, PARTS_A_PAGE, (part) => part.index);
  return jsonReply({
    ArchiveDescription: record.description,
    CreationDate: jsonDate(record.createdAtMs),
    Marker: marker,
    MultipartUploadId: record.uploadId,
    PartSizeInBytes: record.partSizeBytes,
    Parts: items.map(({ index, sizeBytes, treeHash }) => {
      const first = index * record.partSizeBytes;
      return { RangeInBytes: `${first}-${first + sizeBytes - 1}`, SHA256TreeHash: treeHash };
    }),
    VaultARN: vaultArn(request, request.vault),
  });
}

/** ListMultipartUploads, in the order they were begun; the service guarantees none. */
export async function listUploads(request: VaultRequest): Promise<Reply> {
  const { uploads } = findVault(request);
  const open = uploads.list(request.nowMs());
  const { items, marker } = pageOf(open, request.query, UPLOADS_A_PAGE, (upload) => upload.number);
  return jsonReply({ Marker: marker, UploadsList: items.map((upload) => shown(request, upload)) });
}

const shown = (request: VaultRequest, { record }: Upload) => ({
  ArchiveDescription: record.description,
  CreationDate: jsonDate(record.createdAtMs),
  MultipartUploadId: record.uploadId,
  PartSizeInBytes: record.partSizeBytes,
  VaultARN: vaultArn(request, request.vault),
});

/** CompleteMultipartUpload. Refusals leave the upload open; a repeated success gives the same archive ID. */
export async function complete(request: VaultRequest): Promise<Reply> {
  const vault = findVault(request);
  const { sent: sentTreeHash, treeHash } = treeHashHeader(request);
  const asked = { sizeBytes: archiveSize(request), treeHash, sentTreeHash };
  const archive = await vault.completeUpload(request.uploadId, asked, request.nowMs());
  return {
    status: 201,
    headers: {
      Location: location(request, `/archives/${archive.archiveId}`),
      'x-amz-archive-id': archive.archiveId,
      'x-amz-sha256-tree-hash': archive.treeHash,
    },
  };
}

/** AbortMultipartUpload. */
export async function abort(request: VaultRequest): Promise<Reply> {
  await findVault(request).uploads.abort(request.uploadId, request.nowMs());
  return { status: 204 };
}
