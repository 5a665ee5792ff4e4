import { invalid, missing } from '../errors.js';
import { type InventoryFormat, inventoryFormats } from '../inventory-output.js';
import { LONGEST_DESCRIPTION, MIB } from '../limits.js';
import { type Fields, isObject, readObject, text, unreadable } from './json-body.js';
import { openMarker } from './page.js';

interface AskedOfAny {
  readonly description: string | null;
  readonly snsTopic: string | null;
}

export interface AskedArchive extends AskedOfAny {
  readonly kind: 'archive';
  readonly archiveId: string;
  /** As sent; null is the whole archive. */
  readonly range: string | null;
  readonly tier: string;
}

export interface AskedInventory extends AskedOfAny {
  readonly kind: 'inventory';
  readonly format: InventoryFormat;
  readonly startDate: string | null;
  readonly endDate: string | null;
  readonly limit: string | null;
  readonly fromNumber: number;
}

/**
 * Reads the body of InitiateJob: the parameters themselves, not wrapped as in the guide's syntax (seen). The texts for
 * what is missing altogether are the service's, the others ours.
 */
export function readJobParameters(body: Buffer): AskedArchive | AskedInventory {
  if (body.length === 0) throw missing('Job Parameters');
  const fields = readObject(body);
  const type = text(fields, 'Type');
  if (type === null) throw missing('type');
  const common = { description: description(fields), snsTopic: text(fields, 'SNSTopic') };
  const tier = oneOf(fields, 'Tier', ['Standard', 'Expedited', 'Bulk']);
  if (type === 'archive-retrieval') return { kind: 'archive', ...common, tier, ...archive(fields) };
  if (type === 'inventory-retrieval') return { kind: 'inventory', ...common, ...inventory(fields) };
  throw invalid(`Invalid job type: ${type}`);
}

function archive(fields: Fields) {
  refuseGiven(fields, ['Format', 'InventoryRetrievalParameters'], 'archive-retrieval');
  const archiveId = text(fields, 'ArchiveId');
  if (archiveId === null) throw missing('archiveId');
  return { archiveId, range: text(fields, 'RetrievalByteRange') };
}

function inventory(fields: Fields) {
  refuseGiven(fields, ['ArchiveId', 'RetrievalByteRange'], 'inventory-retrieval');
  const format = oneOf(fields, 'Format', inventoryFormats);
  const { InventoryRetrievalParameters: given } = fields;
  if (given !== undefined && !isObject(given)) throw unreadable('InventoryRetrievalParameters');
  const limits = given ?? {};
  const limit = text(limits, 'Limit');
  if (limit !== null && !/^[1-9]\d{0,14}$/.test(limit)) throw invalid(`Invalid limit: ${limit}`);
  const marker = text(limits, 'Marker');
  const from = marker === null ? '0' : openMarker.read(marker);
  if (from === undefined) throw invalid(`Invalid marker: ${marker}`);
  return {
    format,
    limit,
    fromNumber: Number(from),
    startDate: date(limits, 'StartDate'),
    endDate: date(limits, 'EndDate'),
  };
}

/** Checks a RetrievalByteRange: whole MiB, or up to the archive's end (documented). */
export function retrievalRange(
  range: string | null,
  archiveSizeBytes: number,
): { firstByte: number; sizeBytes: number } {
  if (range === null) return { firstByte: 0, sizeBytes: archiveSizeBytes };
  const fields = /^(\d{1,15})-(\d{1,15})$/.exec(range);
  const [first, end] = [Number(fields?.[1]), Number(fields?.[2]) + 1];
  if (!fields || end <= first || end > archiveSizeBytes)
    throw invalid(`Invalid retrieval byte range: ${range}`);
  if (first % MIB !== 0 || (end % MIB !== 0 && end !== archiveSizeBytes)) {
    throw invalid(`Invalid retrieval byte range: ${range}. It must be megabyte aligned.`);
  }
  return { firstByte: first, sizeBytes: end - first };
}

/** One of the values allowed, of which the first is the default. */
function oneOf<T extends string>(fields: Fields, name: string, allowed: readonly [T, ...T[]]): T {
  const value = text(fields, name) ?? allowed[0];
  const known = allowed.find((one) => one === value);
  if (known === undefined) throw invalid(`Invalid ${name.toLowerCase()}: ${value}`);
  return known;
}

function description(fields: Fields): string | null {
  const value = text(fields, 'Description');
  if (value !== null && (value.length > LONGEST_DESCRIPTION || /[^\x20-\x7e]/.test(value))) {
    throw invalid(
      `Invalid description: it must be at most ${LONGEST_DESCRIPTION} characters of printable ASCII.`,
    );
  }
  return value;
}

/** A date in whole seconds, `2013-03-20T17:03:43Z`. */
function date(fields: Fields, name: string): string | null {
  const value = text(fields, name);
  const isDate =
    value === null || (/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(value) && Date.parse(value) >= 0);
  if (!isDate) throw invalid(`Invalid ${name}: ${value}`);
  return value;
}

function refuseGiven(fields: Fields, names: readonly string[], type: string): void {
  const name = names.find((one) => fields[one] !== undefined && fields[one] !== null);
  if (name !== undefined) throw invalid(`${name} is not allowed for job type ${type}`);
}
