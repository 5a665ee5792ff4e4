import { open } from 'node:fs/promises';
import { MIB } from './limits.js';
import type { Reply } from './request.js';
import { readRange } from './store/file-range.js';

/** Small, since many connections may wait for a client that reads slowly. */
const PIECE_BYTES = MIB / 4;

/** A reply's body as it goes out: its length, and its bytes piece by piece, so that memory stays flat. */
export interface ReplyBody {
  readonly sizeBytes: number;
  pieces(): AsyncGenerator<Buffer>;
  close(): Promise<void>;
}

/** Opens the body before a byte of the reply is sent: what cannot be opened can still be an error reply. */
export async function openBody({ body = '', file }: Reply): Promise<ReplyBody> {
  if (!file) {
    const bytes = Buffer.from(body);
    return {
      sizeBytes: bytes.length,
      async *pieces() {
        yield bytes;
      },
      close: async () => undefined,
    };
  }
  const { path, firstByte, sizeBytes } = file;
  const handle = await open(path, 'r');
  return {
    sizeBytes,
    async *pieces() {
      let sentBytes = 0;
      for await (const bytes of readRange(handle, firstByte, sizeBytes, PIECE_BYTES)) {
        sentBytes += bytes.length;
        yield bytes;
      }
      if (sentBytes < sizeBytes) throw new Error(`${path} is cut short`);
    },
    close: () => handle.close(),
  };
}

/** The first bytes of a body. */
export async function* firstBytes(pieces: AsyncIterable<Buffer>, sizeBytes: number): AsyncGenerator<Buffer> {
  let left = sizeBytes;
  if (left === 0) return;
  for await (const piece of pieces) {
    yield piece.subarray(0, left);
    left -= piece.length;
    if (left <= 0) return;
  }
}
