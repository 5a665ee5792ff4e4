/** What hashing a range has come to, in the words of this program. */
import { GlacierUpError } from '../errors.js';
import type { HashReply } from './hash-request.js';

export interface RangeHashes {
  /** 32 bytes. */
  rawTreeHash: Buffer;
  /** Plain SHA-256, 32 bytes; null unless asked for. */
  rawSha256: Buffer | null;
}

/** @throws GlacierUpError for what could not be hashed */
export function rangeHashesOf(reply: HashReply): RangeHashes {
  const { rawTreeHash, rawSha256 } = hashed(reply);
  return { rawTreeHash: raw(rawTreeHash), rawSha256: rawSha256 && raw(rawSha256) };
}

/** @throws GlacierUpError `internal` for a hash that is missing */
export function raw(hash: Uint8Array | null): Buffer {
  if (!hash) throw new GlacierUpError('internal', 'a hashing thread left out a hash that it was asked for');
  return Buffer.from(hash);
}

/** @throws GlacierUpError `archive-changed`, `archive-unusable` for what could not be hashed */
export function hashed(reply: HashReply): Extract<HashReply, { kind: 'hashed' }> {
  switch (reply.kind) {
    case 'hashed':
      return reply;
    case 'short':
      throw new GlacierUpError(
        'archive-changed',
        `the file ends at byte ${reply.endsAt}: it shrank while being read`,
      );
    case 'failed': {
      const what = reply.errno ?? reply.message;
      throw new GlacierUpError('archive-unusable', `cannot be read at byte ${reply.offset}: ${what}`);
    }
  }
}
