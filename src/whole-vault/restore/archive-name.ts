/** Under which name an archive comes back: by its receipt, by a list, by its description, or by its ID. */
import type { InventoriedArchive } from '../../glacier/inventory/inventory.js';
import type { NameReading } from '../../names/name-reading.js';
import { readDescription } from '../../names/read-description.js';
import { namesAsWindows, safeRelativePath } from '../../names/safe-path.js';
import { type KnownReceipt, modifiedAtOf } from '../../session/receipts/receipt.js';
import { isOfOurs } from './target-folder.js';

export interface ArchiveName {
  /** Relative, safe: see `safeRelativePath`. */
  path: string;
  /** ISO 8601; null when nobody wrote it down. */
  modifiedAt: string | null;
  source: 'receipt' | 'list' | 'description' | 'none';
  /** The description may mean another name. */
  isAmbiguous: boolean;
  /** The tool that wrote the archive compressed or encrypted the file. */
  isTransformed: boolean;
}

/**
 * @param receiptOf null for an archive without one
 * @param listed names by archive ID
 */
export function nameOf(
  archive: InventoriedArchive,
  receiptOf: (archiveId: string) => KnownReceipt | null,
  listed: ReadonlyMap<string, string>,
): ArchiveName {
  const { archiveId, description } = archive;
  const reading = readDescription(description);
  const receipt = receiptOf(archiveId);
  const named = receipt ? ofReceipt(receipt) : null;
  const isTransformed = isTransformedBy(receipt?.recorded ?? reading);
  const modifiedAt = receipt ? modifiedAtOf(receipt) : reading.modifiedAt;
  const from = (
    name: string | null | undefined,
    source: ArchiveName['source'],
    isWindowsPath = false,
  ): ArchiveName | null => {
    const path = name ? safeRelativePath(name, { isWindowsPath }) : null;
    if (path === null) return null;
    const isAmbiguous = source === 'description' && reading.otherName !== undefined;
    return { path: notOfOurs(path), modifiedAt, source, isAmbiguous, isTransformed };
  };
  return (
    from(named?.name, 'receipt', named?.isWindowsPath) ??
    from(listed.get(archiveId), 'list') ??
    from(reading.name, 'description', namesAsWindows(reading)) ??
    ({ path: `unnamed/${archiveId}`, modifiedAt, source: 'none', isAmbiguous: false, isTransformed } as const)
  );
}

function isTransformedBy({ isCompressed, isEncrypted }: NameReading): boolean {
  return isCompressed === true || isEncrypted === true;
}

/** What a receipt says by itself; its description is that of the archive. */
function ofReceipt({ recorded, path, streamName }: KnownReceipt): {
  name: string | null;
  isWindowsPath: boolean;
} {
  if (recorded?.name) return { name: recorded.name, isWindowsPath: namesAsWindows(recorded) };
  return { name: path ?? streamName ?? null, isWindowsPath: false };
}

/** No archive gets a name that a file on its way has. */
function notOfOurs(path: string): string {
  return path
    .split('/')
    .map((part) => (isOfOurs(part) ? `_${part}` : part))
    .join('/');
}
