import { open } from 'node:fs/promises';
import { readRange } from './file-range.js';

/** Bytes that are read from any place on, piece by piece: those of a file, or ones that are made as they are read. */
export interface ByteSource {
  /** Ends early where the bytes do. */
  read(firstByte: number, sizeBytes: number, pieceBytes?: number): AsyncGenerator<Buffer>;
  close(): Promise<void>;
}

/** A file as a source of bytes; whoever opens it closes it. */
export async function openFile(path: string): Promise<ByteSource> {
  const handle = await open(path, 'r');
  return {
    read: (firstByte, sizeBytes, pieceBytes) => readRange(handle, firstByte, sizeBytes, pieceBytes),
    close: () => handle.close(),
  };
}

/** A source that `make` makes a range of; there is nothing to close. */
export const madeBytes = (make: ByteSource['read']): ByteSource => ({
  read: make,
  close: async () => undefined,
});

/** A text, in UTF-8. */
export const textBytes = (text: string): ByteSource =>
  madeBytes(async function* (firstByte, sizeBytes) {
    yield Buffer.from(text).subarray(firstByte, firstByte + sizeBytes);
  });

/** Sources one after the other, each of which has a known size. */
export function joinedBytes(parts: readonly { sizeBytes: number; source: ByteSource }[]): ByteSource {
  return {
    async *read(firstByte, sizeBytes, pieceBytes) {
      let startByte = 0;
      const endByte = firstByte + sizeBytes;
      for (const part of parts) {
        const from = Math.max(firstByte - startByte, 0);
        const to = Math.min(endByte - startByte, part.sizeBytes);
        if (from < to) yield* part.source.read(from, to - from, pieceBytes);
        startByte += part.sizeBytes;
      }
    },
    close: async () => {
      for (const { source } of parts) await source.close();
    },
  };
}
