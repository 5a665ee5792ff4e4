/**
 * Records in CSV: the log of SAGU (`Glacier.csv`), which names no columns, and any list whose first line does. Source:
 * SimpleAmazonGlacierUploader/SAGU.
 */
import { anyTime, archiveRecord, type RecordLine, refused, textOf } from './record.js';

/** What a column may be called, without case and punctuation. */
const columnNames = {
  archiveId: ['archiveid'],
  name: ['name', 'path', 'filename', 'file'],
  size: ['size', 'sizebytes', 'filesize', 'bytes'],
  treeHash: ['treehash', 'sha256treehash', 'hash', 'checksum'],
  vault: ['vault', 'vaultname'],
  region: ['region'],
  createdAt: ['createdat', 'creationdate', 'completedat', 'date', 'created'],
  modifiedAt: ['modifiedat', 'mtime', 'modified'],
} as const;

type Column = keyof typeof columnNames;

/** The fields of a line (RFC 4180); null while a quote is open, or where one stands in the middle of a field. */
export function csvFields(line: string): string[] | null {
  const field = /(?:"((?:[^"]|"")*)"|([^",]*))(,|$)/y;
  const fields: string[] = [];
  for (;;) {
    const match = field.exec(line);
    if (match === null) return null;
    const [, quoted, plain = '', end] = match;
    fields.push(quoted?.replaceAll('""', '"') ?? plain);
    if (end === '') return fields;
  }
}

/** How to read the lines of a file that begins with this one; null when it is no record in CSV. */
export function csvReader(
  firstLine: string,
): { hasHeader: boolean; read: (line: string) => RecordLine | null } | null {
  const first = csvFields(firstLine);
  if (first === null) return null;
  if (isSaguRow(first)) return { hasHeader: false, read: reading(saguRow) };
  // Glacier's own, which is an inventory, escapes quotes in another way.
  if (first.includes('ArchiveDescription')) return null;
  const columns = columnsOf(first);
  return columns.has('archiveId') && first.length > 1
    ? { hasHeader: true, read: reading((fields) => namedRow(fields, columns, first.length)) }
    : null;
}

function reading(row: (fields: string[]) => RecordLine): (line: string) => RecordLine | null {
  return (line) => {
    if (line.trim() === '') return null;
    const fields = csvFields(line);
    return fields === null ? refused('a quote is not closed') : row(fields);
  };
}

/** ID, path, bytes, vault, name of the endpoint, time, tree hash. */
function isSaguRow(fields: readonly string[]): boolean {
  return fields.length === 7 && /^\d+$/.test(fields[2] ?? '') && /^[0-9a-fA-F]{64}$/.test(fields[6] ?? '');
}

function saguRow(fields: string[]): RecordLine {
  if (fields.length !== 7) return refused('it has not the seven fields of a line of SAGU');
  const [archiveId, path, size, vault, endpoint, time, treeHash] = fields;
  const region = endpoint?.toLowerCase().replaceAll('_', '-');
  return archiveRecord(
    { archiveId, vault, region, size, treeHash, createdAt: anyTime(time) },
    { name: textOf(path), modifiedAt: null, writer: 'sagu' },
  );
}

function columnsOf(header: readonly string[]): Map<Column, number> {
  const names = header.map((name) => name.toLowerCase().replace(/[^a-z0-9]/g, ''));
  const columns = new Map<Column, number>();
  for (const [column, known] of Object.entries(columnNames) as [Column, readonly string[]][]) {
    const index = names.findIndex((name) => known.includes(name));
    if (index !== -1) columns.set(column, index);
  }
  return columns;
}

function namedRow(fields: string[], columns: ReadonlyMap<Column, number>, count: number): RecordLine {
  if (fields.length !== count) return refused(`it has ${fields.length} fields, and the first line ${count}`);
  const of = (column: Column): string | undefined => fields[columns.get(column) ?? -1];
  return archiveRecord(
    {
      archiveId: of('archiveId'),
      vault: of('vault'),
      region: of('region'),
      size: of('size'),
      treeHash: of('treeHash'),
      createdAt: anyTime(of('createdAt')),
    },
    { name: textOf(of('name')), modifiedAt: anyTime(of('modifiedAt')), writer: null },
  );
}
