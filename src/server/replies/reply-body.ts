import { MIB } from '../limits.js';
import type { Reply } from '../requests/request.js';

/** Small, since many connections may wait for a client that reads slowly. */
const PIECE_BYTES = MIB / 4;

/** A reply's body as it goes out: its length, and its bytes piece by piece, so that memory stays flat. */
export interface ReplyBody {
  readonly sizeBytes: number;
  pieces(): AsyncGenerator<Buffer>;
  close(): Promise<void>;
}

/** Opens the body before a byte of the reply is sent: what cannot be opened can still be an error reply. */
export async function openBody({ body = '', bytes: streamed }: Reply): Promise<ReplyBody> {
  if (!streamed) {
    const bytes = Buffer.from(body);
    return {
      sizeBytes: bytes.length,
      async *pieces() {
        yield bytes;
      },
      close: async () => undefined,
    };
  }
  const { firstByte, sizeBytes } = streamed;
  const source = await streamed.open();
  return {
    sizeBytes,
    async *pieces() {
      let sentBytes = 0;
      for await (const bytes of source.read(firstByte, sizeBytes, PIECE_BYTES)) {
        sentBytes += bytes.length;
        yield bytes;
      }
      if (sentBytes < sizeBytes)
        throw new Error(`a job's output is cut short: ${sentBytes} of ${sizeBytes} bytes`);
    },
    close: () => source.close(),
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
