/** What a description says of the archive's file. */

/** The tool whose format a description or a record has; other programs write some of these formats too. */
export type Writer =
  | 'mtglacier'
  | 'glacier-interface'
  | 'fastglacier'
  | 'cloudberry'
  | 'qnap'
  | 'glacier-rsync'
  | 'boto'
  | 'glacier-up'
  // Only in records.
  | 'glacier-cli'
  | 'sagu'
  | 'synology';

export interface NameReading {
  /**
   * The path as the tool was given it, with `/` between its parts unless it is one of Windows. Any text: it may be
   * absolute, hold `..` or control characters. null without a name.
   */
  name: string | null;
  /** What the description may mean instead. Absent where it has one meaning. */
  otherName?: string;
  /** ISO 8601, as the description has it: some tools write local time and call it UTC. null without a time. */
  modifiedAt: string | null;
  /** null for plain text. */
  writer: Writer | null;
  /** The archive stands for a folder, and has no content of its own. */
  isFolder?: true;
  /** The archive is not the file: the tool compressed it. */
  isCompressed?: true;
  isEncrypted?: true;
  /** Of the file before it was compressed or encrypted. MD5 in lower-case hex. */
  original?: { md5: string | null; sizeBytes: number | null };
}
