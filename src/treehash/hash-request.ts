/** What the pool and its threads say to each other. */

/** A range of an open file to hash. Threads share the process's descriptors, so the number is enough. */
export interface HashRequest {
  id: number;
  fd: number;
  /** Half-open: the byte at `end` is not read. */
  start: number;
  end: number;
  leafBytes: number;
  tree: boolean;
  /** The plain SHA-256 of the range, in the same pass. */
  linear: boolean;
}

export type HashReply =
  | { id: number; kind: 'hashed'; treeHash: Uint8Array | null; sha256: Uint8Array | null }
  /** The file ended before `end`. */
  | { id: number; kind: 'short'; endsAt: number }
  | { id: number; kind: 'failed'; errno: string | undefined; message: string; offset: number };
