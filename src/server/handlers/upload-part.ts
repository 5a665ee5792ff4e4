import { CorruptingWriter } from '../faults/fault-bodies.js';
import { checkHashes } from '../requests/check-hashes.js';
import { partRange, treeHashHeader } from '../requests/parameters.js';
import type { WriteBytes } from '../requests/receive-body.js';
import { findVault, type Reply, requiredHeader, type VaultRequest } from '../requests/request.js';

/** UploadMultipartPart: the part is listed only after both hashes were found right and it would survive a crash. */
export async function uploadPart(request: VaultRequest): Promise<Reply> {
  const upload = await findVault(request).uploads.find(request.uploadId, request.nowMs());
  const { index } = partRange(request, upload.record.partSizeBytes);
  const sent = {
    sha256: requiredHeader(request, 'x-amz-content-sha256'),
    treeHash: treeHashHeader(request).treeHash,
  };
  const writer = await upload.beginPart(index);
  try {
    const write: WriteBytes = (pieces, offsetBytes) => writer.write(pieces, offsetBytes);
    const corrupting = request.faults.has('corrupt') ? new CorruptingWriter(write) : undefined;
    const body = await request.receive(corrupting?.write ?? write);
    checkHashes(sent, body);
    const storedTreeHash = corrupting?.storedTreeHash() ?? body.treeHash;
    await writer.accept(body.sizeBytes, storedTreeHash, request.nowMs());
    return { status: 204, headers: { 'x-amz-sha256-tree-hash': body.treeHash } };
  } finally {
    await writer.end();
  }
}
