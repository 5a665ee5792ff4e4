/**
 * Rows of the databases of glacier-cli, glacier-rsync and Synology's Glacier Backup, as `sqlite3 -json` writes them: an
 * object a line. Source: basak/glacier-cli, cagdasbas/glacier-rsync, and the mapping file of Synology as its users
 * describe it.
 */
import { jsonObject } from '../../names/strict-text.js';
import { anyTime, archiveRecord, type RecordLine, refused, secondsTime, textOf } from './record.js';

/** The tables, by what tells the database in its first page. */
const tables = [
  { mark: 'file_info_tb', table: 'file_info_tb' },
  { mark: 'sync_history', table: 'sync_history' },
  { mark: 'last_seen_upstream', table: 'archive' },
];

/** The table of a known database that holds the archives; null for one that is not known. */
export function tableIn(firstBytes: Buffer): string | null {
  return tables.find(({ mark }) => firstBytes.includes(mark))?.table ?? null;
}

/** True for a line of `sqlite3 -json`'s output. */
export function isSqliteRow(line: string): boolean {
  return /^\s*\[\s*(?:\{|$)/.test(line);
}

/** @returns null for a line that holds nothing but brackets */
export function readSqliteRow(line: string): RecordLine | null {
  const text = line
    .trim()
    .replace(/^\[/, '')
    .replace(/[,\]]\s*$/, '')
    .replace(/\]$/, '')
    .trim();
  if (text === '') return null;
  const row = jsonObject(text);
  if (row === null) return refused('it is no row as "sqlite3 -json" writes it');
  if ('archiveID' in row && 'basePath' in row) return synologyRow(row);
  if ('archive_id' in row && 'compression' in row) return glacierRsyncRow(row);
  if ('last_seen_upstream' in row) return glacierCliRow(row);
  return refused('it is no row of glacier-cli, glacier-rsync or Synology');
}

/** `key` is the ID of an access key, and nothing of the archive. Neither size nor tree hash are kept. */
function glacierCliRow(row: Record<string, unknown>): RecordLine {
  const { id, name, vault, created_here: created, deleted_here: deleted } = row;
  const deletedAt = secondsTime(deleted);
  const record = archiveRecord(
    { archiveId: id, vault, createdAt: secondsTime(created) },
    { name: textOf(name), modifiedAt: null, writer: 'glacier-cli' },
  );
  if (deletedAt === null || record.kind === 'refused') return record;
  return { kind: 'deleted', archiveId: record.archiveId, vault: record.vault, deletedAt };
}

/** The size is that of the file, which is the archive only if it was not compressed. */
function glacierRsyncRow(row: Record<string, unknown>): RecordLine {
  const {
    path,
    file_size: size,
    mtime,
    archive_id: archiveId,
    location,
    checksum,
    compression,
    timestamp,
  } = row;
  const isPlain = compression === 'plain' || compression === null;
  const vault = /\/vaults\/([^/]+)\//.exec(textOf(location) ?? '')?.[1];
  return archiveRecord(
    {
      archiveId,
      vault,
      ...(isPlain ? { size } : {}),
      treeHash: checksum,
      createdAt: anyTime(timestamp),
    },
    {
      name: textOf(path),
      modifiedAt: secondsTime(mtime),
      writer: 'glacier-rsync',
      ...(isPlain ? {} : { isCompressed: true }),
    },
  );
}

/** Equal files share an archive, so that several rows may have one ID. There is no tree hash. */
function synologyRow(row: Record<string, unknown>): RecordLine {
  const { shareName, basePath, archiveID: archiveId } = row;
  const parts = [textOf(shareName), textOf(basePath)].filter((part) => part !== null);
  return archiveRecord(
    { archiveId, createdAt: null },
    { name: parts.length === 0 ? null : parts.join('/'), modifiedAt: null, writer: 'synology' },
  );
}
