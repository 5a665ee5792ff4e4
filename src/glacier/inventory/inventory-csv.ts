/** An inventory in CSV, read line by line: as Glacier writes it, or as a spreadsheet saves it. */
import { type InventoryEntry, type InventoryHead, isTreeHash } from './inventory.js';
import { cutOffAt, notAnInventory } from './inventory-faults.js';
import type { InventoryParser } from './inventory-parser.js';
import type { UnreadText } from './unread-text.js';

const newline = 0x0a;
const nothingSaid: InventoryHead = { takenAt: null, vault: null };
const columns = ['ArchiveId', 'ArchiveDescription', 'CreationDate', 'Size', 'SHA256TreeHash'];

/** Takes the text of a CSV inventory in pieces, and gives the entries that are whole. */
export class CsvInventoryParser implements InventoryParser {
  head: InventoryHead | null = null;
  readonly isHeadWhole = true;
  readonly #unread: UnreadText;
  /** How an entry looks; set by the line of the columns' names. */
  #entryLine = /(?:)/;

  constructor(unread: UnreadText) {
    this.#unread = unread;
  }

  read(): InventoryEntry[] {
    const end = this.#unread.bytes.lastIndexOf(newline) + 1;
    if (end === 0) return [];
    const lines = this.#unread.text(0, end).split('\n');
    lines.pop();
    this.#unread.drop(end);
    return this.#entriesIn(lines);
  }

  end(): { head: InventoryHead; entries: InventoryEntry[] } {
    const last = this.#unread.text(0, this.#unread.bytes.length);
    const entries = this.#entriesIn([last]);
    // A line that is whole may lack its end; what is no entry is the beginning of one.
    if (entries.some((entry) => 'fault' in entry)) throw cutOffAt(this.#unread.endByte);
    if (this.head === null) throw notAnInventory('it names no columns');
    return { head: nothingSaid, entries };
  }

  #entriesIn(lines: readonly string[]): InventoryEntry[] {
    const entries: InventoryEntry[] = [];
    for (const text of lines) {
      const line = text.endsWith('\r') ? text.slice(0, -1) : text;
      if (line.trim() === '') continue;
      if (this.head === null) this.#takeColumns(line.trimStart());
      else entries.push(entryOf(line, this.#entryLine));
    }
    return entries;
  }

  #takeColumns(line: string): void {
    const separator = /^"?ArchiveId"?([,;\t])/.exec(line)?.[1] ?? '';
    const names = line.split(separator).map((name) => name.replace(/^"(.*)"$/, '$1'));
    if (separator === '' || names.join() !== columns.join()) {
      throw notAnInventory(`its columns are not ${columns.join(', ')}`);
    }
    this.#entryLine = entryLine(separator);
    this.head = nothingSaid;
  }
}

/**
 * Glacier writes a quote within a field as `\"` but a backslash as itself, so that a description that ends in a
 * backslash seems to run on. The other fields can hold neither separators nor quotes: the line is read from both ends,
 * and the description is what lies between.
 */
function entryLine(separator: string): RegExp {
  const field = `"?([^"${separator}]*)"?`;
  return new RegExp(`^${[field, '(.*)', field, field, field].join(separator)}$`);
}

function entryOf(line: string, pattern: RegExp): InventoryEntry {
  const fields = pattern.exec(line);
  const [, id = '', field = '', createdAt = '', size = '', hash = ''] = fields ?? [];
  if (!fields) {
    const [archiveId, sizeBytes, treeHash] = [null, null, null];
    return {
      archiveId,
      description: line,
      createdAt,
      sizeBytes,
      treeHash,
      fault: 'not the five fields of one',
    };
  }
  const archiveId = /^[\w-]+$/.test(id) ? id : null;
  const description = fieldText(field);
  const sizeBytes = /^\d+$/.test(size) && Number.isSafeInteger(Number(size)) ? Number(size) : null;
  const treeHash = isTreeHash(hash) ? hash.toLowerCase() : null;
  if (archiveId !== null && sizeBytes !== null && treeHash !== null) {
    return { archiveId, description, createdAt, sizeBytes, treeHash };
  }
  const faults = [
    ...(archiveId === null ? [id === '' ? 'no archive ID' : `${JSON.stringify(id)} is no archive ID`] : []),
    ...(sizeBytes === null ? [size === '' ? 'no size' : `its size is ${JSON.stringify(size)}`] : []),
    ...(treeHash === null ? ['no tree hash'] : []),
  ];
  return { archiveId, description, createdAt, sizeBytes, treeHash, fault: faults.join(', ') };
}

/**
 * Each quote within a field of Glacier's has a backslash before it. Spreadsheets write two quotes for one (RFC 4180),
 * so that the second has none.
 */
function fieldText(field: string): string {
  const isQuoted = field.length >= 2 && field.startsWith('"') && field.endsWith('"');
  if (!isQuoted) return field;
  const text = field.slice(1, -1);
  return /(?<!\\)"/.test(text) ? text.replaceAll('""', '"') : text.replaceAll('\\"', '"');
}
