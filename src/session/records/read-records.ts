/** A file in which another tool has recorded its archives, read as it comes. */
import { createReadStream } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { GlacierUpError } from '../../errors.js';
import { utf8Text } from '../../names/strict-text.js';
import { faultWords } from '../../os/fault-words.js';
import { csvReader } from './csv-rows.js';
import { readGlacierInterfaceJournal } from './glacier-interface-journal.js';
import { isMtglacierLine, readMtglacierLine } from './mtglacier-journal.js';
import { type RecordLine, refused } from './record.js';
import { isSqliteRow, readSqliteRow, tableIn } from './sqlite-rows.js';

/** A line or row, and its number in the file, from 1. */
export type NumberedRecord = RecordLine & { number: number };

/** What tells the format is within so many bytes. */
const signatureBytes = 64 * 1024;
/** A journal that is one JSON object is read at one go. */
const mostJsonBytes = 256 * 1024 * 1024;
const longestLineBytes = 1024 * 1024;
const newline = 0x0a;

/**
 * @param file its name
 * @returns what its lines say of archives, in their order
 * @throws GlacierUpError `archive-unusable` when it cannot be read; `failed` when it is in no format that is known here
 */
export async function openRecords(file: string): Promise<AsyncIterable<NumberedRecord>> {
  const { first, sizeBytes } = await beginningOf(file);
  if (first.toString('latin1', 0, 15) === 'SQLite format 3') throw sqliteFile(file, first);
  const [firstLine = ''] = first
    .toString('utf8')
    .replace(/^\ufeff/, '')
    .split(/\r?\n/, 1);
  if (isMtglacierLine(firstLine)) return eachLine(file, readMtglacierLine);
  if (isSqliteRow(firstLine)) return eachLine(file, readSqliteRow);
  if (/^\s*\{/.test(firstLine)) return await journalOf(file, sizeBytes);
  const csv = csvReader(firstLine);
  if (csv) return eachLine(file, csv.read, { skipFirst: csv.hasHeader, mayContinue: true });
  throw unknownFormat(file);
}

async function beginningOf(file: string): Promise<{ first: Buffer; sizeBytes: number }> {
  try {
    const handle = await open(file);
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(signatureBytes), 0, signatureBytes, 0);
      return { first: buffer.subarray(0, bytesRead), sizeBytes: (await handle.stat()).size };
    } finally {
      await handle.close();
    }
  } catch (cause) {
    throw unreadable(file, cause);
  }
}

async function journalOf(file: string, sizeBytes: number): Promise<AsyncIterable<NumberedRecord>> {
  if (sizeBytes > mostJsonBytes) {
    throw new GlacierUpError('failed', `${file}: a journal of more than ${mostJsonBytes} bytes is not read`);
  }
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw unreadable(file, cause);
  });
  const records = readGlacierInterfaceJournal(utf8Text(bytes) ?? '');
  if (records === null) throw unknownFormat(file);
  return (async function* () {
    for (const [index, record] of records.entries()) yield { ...record, number: index + 1 };
  })();
}

/** @param how.mayContinue a line with a quote that is not closed goes on in the next one */
async function* eachLine(
  file: string,
  read: (line: string, isWhole: boolean) => RecordLine | null,
  { skipFirst = false, mayContinue = false } = {},
): AsyncGenerator<NumberedRecord, void> {
  let begun = '';
  let number = 0;
  for await (const line of linesOf(file)) {
    if (begun === '') number = line.number;
    const text = line.text === null ? null : begun + line.text;
    const isOpen = mayContinue && text !== null && (text.split('"').length - 1) % 2 === 1;
    if (isOpen && line.isWhole && text.length < longestLineBytes) {
      begun = `${text}\n`;
      continue;
    }
    begun = '';
    if (skipFirst && number === 1) continue;
    const record = text === null ? refused('it is not UTF-8') : read(text, line.isWhole);
    if (record) yield { ...record, number };
  }
  // A quote that nothing closes takes every line up to the end: that is said, not passed over.
  const unclosed = begun === '' ? null : read(begun, false);
  if (unclosed) yield { ...unclosed, number };
}

/** The lines of a file without their ends; null for the text of one that is not UTF-8. */
async function* linesOf(
  file: string,
): AsyncGenerator<{ number: number; text: string | null; isWhole: boolean }, void> {
  let rest = Buffer.alloc(0);
  let number = 0;
  const lineOf = (bytes: Buffer, isWhole: boolean) => {
    number += 1;
    const text = utf8Text(number === 1 ? withoutMark(bytes) : bytes);
    return { number, text: text?.endsWith('\r') ? text.slice(0, -1) : text, isWhole };
  };
  try {
    for await (const piece of createReadStream(file)) {
      const bytes = Buffer.concat([rest, piece as Buffer]);
      let start = 0;
      for (let end = bytes.indexOf(newline); end !== -1; end = bytes.indexOf(newline, start)) {
        yield lineOf(bytes.subarray(start, end), true);
        start = end + 1;
      }
      rest = bytes.subarray(start);
      if (rest.length > longestLineBytes) throw unknownFormat(file);
    }
  } catch (cause) {
    throw cause instanceof GlacierUpError ? cause : unreadable(file, cause);
  }
  if (rest.length > 0) yield lineOf(rest, false);
}

function withoutMark(bytes: Buffer): Buffer {
  return bytes.indexOf('\ufeff') === 0 ? bytes.subarray(3) : bytes;
}

function sqliteFile(file: string, first: Buffer): GlacierUpError {
  const table = tableIn(first);
  if (table === null) {
    return new GlacierUpError('failed', `${file}: a SQLite database of no tool that is known here`, {
      hint: 'export the archives as CSV whose first line names the columns archiveId, name, size, treeHash and date',
    });
  }
  return new GlacierUpError(
    'failed',
    `${file}: a SQLite database is not read itself, but what sqlite3 exports`,
    {
      hint: `sqlite3 -json "${file}" "SELECT * FROM ${table}" > export.json, then --import export.json`,
    },
  );
}

function unknownFormat(file: string): GlacierUpError {
  return new GlacierUpError('failed', `${file}: not a record of archives in a format that is known here`, {
    hint: 'known are the journals of mtglacier and glacier-interface, the CSV of SAGU, exports of "sqlite3 -json", and CSV with the column archiveId; an inventory is for --rebuild',
  });
}

function unreadable(file: string, cause: unknown): GlacierUpError {
  return new GlacierUpError('archive-unusable', `${file}: ${faultWords(cause)}`, { cause });
}
