/** What is known of an archive, beside its bytes. */
export interface ArchiveRecord {
  readonly archiveId: string;
  readonly description: string | null;
  readonly sizeBytes: number;
  readonly treeHash: string;
  readonly createdAt: string;
  /** The multipart upload it came from. */
  readonly uploadId?: string;
}

/** An archive as an inventory keeps it. Its number, which grows, tells where a page of the inventory begins. */
export interface InventoriedArchive extends Omit<ArchiveRecord, 'uploadId'> {
  readonly number: number;
}
