import { invalid, ServiceError } from '../errors.js';
import type { ReceivedBody } from './receive-body.js';

/** The linear hash belongs to the signature, and is checked first; both texts are the service's (seen). */
export function checkHashes(sent: { sha256: string; treeHash: string }, body: ReceivedBody): void {
  checkPayloadHash(sent.sha256, body.sha256);
  if (sent.treeHash !== body.treeHash) {
    throw invalid(`Checksum mismatch: expected ${sent.treeHash}, computed ${body.treeHash}`);
  }
}

/**
 * Compares the SHA-256 that was signed with that of the body, both hex. @throws ServiceError InvalidSignature, in the
 * words of the service
 */
export function checkPayloadHash(sent: string, computed: string): void {
  if (sent.toLowerCase() === computed) return;
  throw new ServiceError(
    'InvalidSignatureException',
    'The value passed in as x-amz-content-sha256 does not match the computed payload hash. ' +
      `Computed digest: ${computed} expected hash: ${sent}`,
  );
}
