import { type FileHandle, open, rm } from 'node:fs/promises';
import { archiveNotFound, invalid, notOfVault } from '../errors.js';
import { isArchiveId } from '../ids.js';
import { LARGEST_SINGLE_UPLOAD_BYTES } from '../limits.js';
import { checkHashes } from '../requests/check-hashes.js';
import { contentLength, description, treeHashHeader } from '../requests/parameters.js';
import {
  findVault,
  location,
  type Reply,
  requiredHeader,
  type VaultRequest,
  vaultArn,
} from '../requests/request.js';
import { writePieces } from '../store/file-range.js';

/** UploadArchive. Each call makes an archive: repeating one whose reply was lost makes a second. */
export async function uploadArchive(request: VaultRequest): Promise<Reply> {
  const vault = findVault(request);
  const text = description(request);
  const lengthBytes = contentLength(request);
  if (lengthBytes === 0 || lengthBytes > LARGEST_SINGLE_UPLOAD_BYTES) {
    throw invalid(`Invalid Content-Length: ${lengthBytes}`);
  }
  const sent = {
    sha256: requiredHeader(request, 'x-amz-content-sha256'),
    treeHash: treeHashHeader(request).treeHash,
  };
  const path = vault.newIncomingPath();
  try {
    const body = await receiveInto(path, request);
    checkHashes(sent, body);
    const { sizeBytes, treeHash } = body;
    const archive = await vault.addReceived(path, request.nowMs(), {
      description: text,
      sizeBytes,
      treeHash,
    });
    return {
      status: 201,
      headers: {
        Location: location(request, `/archives/${archive.archiveId}`),
        'x-amz-archive-id': archive.archiveId,
        'x-amz-sha256-tree-hash': treeHash,
      },
    };
  } finally {
    await rm(path, { force: true });
  }
}

async function receiveInto(path: string, request: VaultRequest) {
  const handle: FileHandle = await open(path, 'wx', 0o600);
  try {
    return await request.receive((pieces, offsetBytes) => writePieces(handle, pieces, offsetBytes));
  } finally {
    await handle.close();
  }
}

/** DeleteArchive. An ID that never was but could have been is deleted already (our choice); one of another vault is not. */
export async function deleteArchive(request: VaultRequest): Promise<Reply> {
  const vault = findVault(request);
  if (!isArchiveId(request.archiveId)) throw archiveNotFound(request.archiveId);
  if (request.vaults.isElsewhere(request.archiveId, vault))
    throw notOfVault(vaultArn(request, request.vault));
  await vault.deleteArchive(request.archiveId, request.nowMs());
  return { status: 204 };
}
