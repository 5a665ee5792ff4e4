/** What the pool and its threads say to each other. Threads share the process's descriptors, so the number is enough. */
import type { SharedFile } from './shared-file.js';

/** A range of an open file to hash. */
export interface HashRequest {
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
  | { kind: 'hashed'; rawTreeHash: Uint8Array | null; rawSha256: Uint8Array | null }
  /** The file ended before `end`. */
  | { kind: 'short'; endsAt: number }
  | { kind: 'failed'; errno: string | undefined; message: string; offset: number };

/** One range, which one reply answers; or to take part in a file, as long as there are ranges to take. */
export type ThreadRequest = { range: HashRequest } | { file: SharedFile };

/** `index`: which range of the file. `ended`: this thread has taken its last one. */
export type ThreadReply = { reply: HashReply } | { index: number; reply: HashReply } | { ended: true };
