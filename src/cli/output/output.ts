/** As much of a stream as output needs. */
export interface Output {
  /** Bytes, where a name is not UTF-8. */
  write(text: string | Uint8Array): unknown;
  /** The same, waiting for a slow reader without holding up anything else. One at a time. */
  writeAll?(text: string): Promise<void>;
  /** Why the last write failed, if one has. */
  readonly fault?: Error | undefined;
  isTTY?: boolean | undefined;
  columns?: number | undefined;
}
