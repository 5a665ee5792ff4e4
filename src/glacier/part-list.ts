/** ListParts from the first page to the last. The service is the authority on parts, so what it tells must add up. */
import { rangeText } from './byte-range.js';
import { maxParts } from './limits.js';
import { markerChain, readPages, untrue } from './pages.js';
import type { ListedPart, ListedUpload, PartsPage, Vault } from './vault.js';

/** What ListParts says about an upload, all pages joined. */
export type PartList = Omit<PartsPage, 'marker'>;

/**
 * Reads every page (at most 50 parts each) and checks them against each other.
 * @throws GlacierUpError `part-list-untrue` for a repeated marker, parts out of order or overlapping, more than
 * 10,000 parts, or an envelope that changes between pages; `upload-gone` when the upload is not open
 */
export async function listParts(vault: Vault, uploadId: string, signal: AbortSignal): Promise<PartList> {
  const nextMarker = markerChain();
  let marker: string | null = null;
  const parts: ListedPart[] = [];
  let first: PartsPage | undefined;
  do {
    const page: PartsPage = await vault.listPartsPage(uploadId, marker, signal);
    first ??= page;
    if (page.partSizeBytes !== first.partSizeBytes) throw untrue('the part size changed between two pages');
    for (const part of page.parts) {
      const before = parts.at(-1);
      if (before && part.range.start < before.range.end) {
        throw untrue(
          `parts ${rangeText(before.range)} and ${rangeText(part.range)} overlap or stand out of order`,
        );
      }
      parts.push(part);
    }
    if (parts.length > maxParts) throw untrue(`more than ${maxParts} parts`);
    marker = nextMarker(page.marker);
  } while (marker !== null);
  const { uploadId: id, accountId, partSizeBytes, description, createdAt } = first;
  return { uploadId: id, accountId, partSizeBytes, description, createdAt, parts };
}

/** Reads every page of ListMultipartUploads; the service gives them in no order. */
export function listUploads(vault: Vault, signal: AbortSignal): Promise<ListedUpload[]> {
  return readPages(async (marker) => {
    const page = await vault.listUploadsPage(marker, signal);
    return { entries: page.uploads, marker: page.marker };
  });
}
