/**
 * An inventory in JSON, read as it comes. Its bytes are cut at the commas between the entries, and so many entries as
 * are whole are parsed at a time; what stands around the list is parsed as a document of its own. Each piece is judged by
 * `JSON.parse`, so that all of them together are what it would have made of the whole.
 */
import { type InventoryEntry, type InventoryHead, inventoryHead, isTreeHash } from './inventory.js';
import { cutOffAt, damagedAt, notAnInventory } from './inventory-faults.js';
import type { InventoryParser } from './inventory-parser.js';
import { jsonFaultAt } from './json-fault.js';
import type { UnreadText } from './unread-text.js';

const [quote, backslash, comma] = [0x22, 0x5c, 0x2c];
const [openBracket, closeBracket, openBrace, closeBrace] = [0x5b, 0x5d, 0x7b, 0x7d];

/** The list is in the object that the inventory is. */
const listDepth = 2;
/** With the space around it. Without a limit, a long text of strings would be searched again and again. */
const longestKey = 1000;
/** Stands for the list in what is around it. */
const listMark = '"the list"';

/** Takes the text of a JSON inventory in pieces, and gives the entries that are whole. */
export class JsonInventoryParser implements InventoryParser {
  head: InventoryHead | null = null;
  readonly #unread: UnreadText;
  /** Up to where the brackets were counted. */
  #scanned = 0;
  #depth = 0;
  #isInString = false;
  #lastComma = -1;
  #where: 'before the list' | 'in the list' | 'after the list' = 'before the list';
  /** The text up to and with the bracket that opens the list. */
  #before = '';
  #hasEntries = false;

  constructor(unread: UnreadText) {
    this.#unread = unread;
  }

  get isHeadWhole(): boolean {
    return this.head !== null && this.head.takenAt !== null && this.head.vault !== null;
  }

  read(): InventoryEntry[] {
    const entries: InventoryEntry[] = [];
    if (this.#where === 'before the list') this.#readHead();
    if (this.#where === 'in the list') this.#readList(entries);
    return entries;
  }

  end(): { head: InventoryHead; entries: InventoryEntry[] } {
    const { bytes } = this.#unread;
    const after = this.#unread.text(0, bytes.length);
    if (this.#where === 'before the list') throw this.#faultBefore(after);
    if (this.#where === 'in the list') throw this.#faultIn('[', after);
    const document = this.#parsed(`${this.#before}${listMark}]`, after, '');
    const { ArchiveList: list } = document as { ArchiveList: unknown };
    if (!Array.isArray(list) || list.length !== 1) throw notAnInventory('it has two lists of archives');
    return { head: inventoryHead(document as Record<string, unknown>), entries: [] };
  }

  /** Looks for the bracket that opens the list. */
  #readHead(): void {
    for (let at = this.#nextBracket(); at >= 0; at = this.#nextBracket()) {
      if (this.#depth !== listDepth || this.#unread.bytes[at] !== openBracket) continue;
      const before = this.#unread.text(0, at + 1);
      if (!isListBegun(before)) continue;
      this.head = inventoryHead(this.#parsed('', before, ']}') as Record<string, unknown>);
      this.#before = before;
      this.#where = 'in the list';
      this.#drop(at + 1);
      return;
    }
  }

  /** Takes the entries that are whole, up to the last comma or the end of the list. */
  #readList(entries: InventoryEntry[]): void {
    this.#takeBySight(entries);
    this.#lastComma = -1;
    for (let at = this.#nextBracket(); at >= 0; at = this.#nextBracket()) {
      if (this.#depth >= listDepth) continue;
      if (this.#unread.bytes[at] === closeBrace) throw this.#faultIn('[', this.#unread.text(0, at + 1));
      this.#take(entries, at, !this.#hasEntries);
      this.#where = 'after the list';
      return;
    }
    if (this.#lastComma >= 0) this.#take(entries, this.#lastComma, false);
  }

  /**
   * What looks like a comma between two entries nearly always is one, and is found much sooner than by counting
   * brackets. `JSON.parse` is the judge: it takes what comes before as entries only if the comma is in the list itself.
   */
  #takeBySight(entries: InventoryEntry[]): void {
    const end = this.#unread.bytes.lastIndexOf('},{') + 1;
    if (end === 0) return;
    let parsed: unknown[];
    try {
      parsed = JSON.parse(`[${this.#unread.text(0, end)}]`);
    } catch {
      return;
    }
    for (const entry of parsed) entries.push(entryOf(entry));
    this.#hasEntries = true;
    this.#unread.drop(end + 1);
    this.#scanned = 0;
    this.#depth = listDepth;
    this.#isInString = false;
  }

  /**
   * Goes on to behind the next bracket that is not in a string, and notes the last comma of the list on the way.
   * @returns where the bracket is; -1 when there is none in what has come
   */
  #nextBracket(): number {
    const { bytes } = this.#unread;
    let isInString = this.#isInString;
    let at = this.#scanned;
    let found = -1;
    for (; at < bytes.length && found < 0; at += 1) {
      const byte = bytes[at];
      if (isInString) {
        if (byte === quote) isInString = false;
        // What is escaped ends no string.
        else if (byte === backslash) at += 1;
      } else if (byte === quote) isInString = true;
      else if (byte === comma) {
        if (this.#depth === listDepth) this.#lastComma = at;
      } else if (byte === openBrace || byte === openBracket) {
        this.#depth += 1;
        found = at;
      } else if (byte === closeBrace || byte === closeBracket) {
        this.#depth -= 1;
        found = at;
      }
    }
    this.#isInString = isInString;
    this.#scanned = at;
    return found;
  }

  #take(entries: InventoryEntry[], end: number, mayBeEmpty: boolean): void {
    const text = this.#unread.text(0, end);
    // Brackets alone would make a list of it: a comma has an entry before and after it.
    if (!mayBeEmpty && /^[ \t\n\r]*$/.test(text)) throw damagedAt(this.#unread.byteOf(end));
    for (const entry of this.#parsed('[', text, ']') as unknown[]) {
      entries.push(entryOf(entry));
      this.#hasEntries = true;
    }
    this.#drop(end + 1);
  }

  #drop(length: number): void {
    this.#unread.drop(length);
    this.#scanned = Math.max(0, this.#scanned - length);
  }

  /** What JSON `text` is between what stands before and after it. @throws GlacierUpError `failed` when it is not JSON */
  #parsed(before: string, text: string, after: string): unknown {
    try {
      return JSON.parse(`${before}${text}${after}`);
    } catch {
      throw this.#faultIn(before, text, after);
    }
  }

  /** @param text at the beginning of what is unread */
  #faultIn(before: string, text: string, after = ''): Error {
    const at = jsonFaultAt(`${before}${text}${after}`) ?? before.length + text.length;
    const inText = Math.min(Math.max(0, at - before.length), text.length);
    const isCutOff = after === '' && inText === text.length;
    if (isCutOff) return cutOffAt(this.#unread.endByte);
    return damagedAt(this.#unread.byteOf(Buffer.byteLength(text.slice(0, inText))));
  }

  #faultBefore(text: string): Error {
    return jsonFaultAt(text) === null ? notAnInventory('it has no ArchiveList') : this.#faultIn('', text);
  }
}

/** Whether the bracket at the end of the text opens the list of archives. */
function isListBegun(text: string): boolean {
  const [, key] = /("(?:[^"\\]|\\.)*")[ \t\n\r]*:[ \t\n\r]*\[$/.exec(text.slice(-longestKey)) ?? [];
  try {
    return key !== undefined && JSON.parse(key) === 'ArchiveList';
  } catch {
    return false;
  }
}

function entryOf(json: unknown): InventoryEntry {
  const fields = (typeof json === 'object' && json !== null ? json : {}) as Record<string, unknown>;
  const { ArchiveId: id, ArchiveDescription, CreationDate, Size: size, SHA256TreeHash: hash } = fields;
  const archiveId = typeof id === 'string' && id !== '' ? id : null;
  const description = typeof ArchiveDescription === 'string' ? ArchiveDescription : '';
  const createdAt = typeof CreationDate === 'string' ? CreationDate : '';
  const sizeBytes = sizeIn(size);
  const treeHash = isTreeHash(hash) ? hash.toLowerCase() : null;
  if (archiveId !== null && sizeBytes !== null && treeHash !== null && typeof size === 'number') {
    return { archiveId, description, createdAt, sizeBytes, treeHash };
  }
  const faults = [
    ...(archiveId === null ? ['no archive ID'] : []),
    ...(typeof size === 'string' ? ['its size is text'] : sizeBytes === null ? ['no size'] : []),
    ...(treeHash === null ? ['no tree hash'] : []),
  ];
  return { archiveId, description, createdAt, sizeBytes, treeHash, fault: faults.join(', ') };
}

function sizeIn(size: unknown): number | null {
  const sizeBytes = typeof size === 'string' && /^\d+$/.test(size) ? Number(size) : size;
  return typeof sizeBytes === 'number' && Number.isSafeInteger(sizeBytes) && sizeBytes >= 0
    ? sizeBytes
    : null;
}
