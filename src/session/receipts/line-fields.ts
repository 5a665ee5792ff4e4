/**
 * The keys of a line, found in its bytes. A log of a million lines is read for one file every night, and parsing it
 * would take seconds. Lines are written by `JSON.stringify` with their fields in one order, and a quote within a text
 * is escaped, so that a field's name in quotes cannot stand in a value. A line that looks otherwise is parsed.
 */
import type { LineKeys } from './line-table.js';
import { isNote, type LogLine, parseLine } from './lines.js';
import { subjectKey } from './receipt.js';

const lineStart = Buffer.from('{"schema":1,"archiveId":"');
const afterId = Buffer.from('","location":"');
const uploadKey = Buffer.from(',"uploadId":');
const sizeKey = Buffer.from(',"sizeBytes":');
const treeHashKey = Buffer.from(',"treeHash":"');
const descriptionKey = Buffer.from('","description":"');
const pathKey = Buffer.from(',"path":');
const identityKey = Buffer.from(',"identity":');
/** What follows a path of null where there is no stream either. */
const namelessEnds = [Buffer.from(',"identity":null}'), Buffer.from(',"identity":null,"recorded":')];
const [quote, backslash, nullLetter, zero, nine] = [0x22, 0x5c, 0x6e, 0x30, 0x39];
const treeHashLength = 64;

/** Reads lines one after the other; what the line before looked like tells where the next one's fields may be. */
export class LineFields {
  /** From the start of the ID to its end, from there to the upload ID, and from the description's end to the path. */
  #idLength = 0;
  #uploadDistance = 0;
  #pathDistance = 0;

  /** @returns null for what is no line of the log */
  keysOf(bytes: Buffer, start: number, end: number): LineKeys | null {
    return this.#find(bytes, start, end) ?? keysOfLine(parseLine(bytes.toString('utf8', start, end)));
  }

  /** Each field is looked for behind the one before it, so that only the last one can tell that the line has ended. */
  #find(bytes: Buffer, start: number, end: number): LineKeys | null {
    if (!hasAt(bytes, start, lineStart)) return null;
    const idStart = start + lineStart.length;
    if (!hasAt(bytes, idStart + this.#idLength, afterId)) {
      const idEnd = bytes.indexOf(quote, idStart);
      if (!hasAt(bytes, idEnd, afterId)) return null;
      this.#idLength = idEnd - idStart;
    }
    const idEnd = idStart + this.#idLength;
    if (!hasAt(bytes, idEnd + this.#uploadDistance, uploadKey)) {
      const upload = bytes.indexOf(uploadKey, idEnd);
      if (upload === -1) return null;
      this.#uploadDistance = upload - idEnd;
    }
    const uploadStart = idEnd + this.#uploadDistance + uploadKey.length;
    const isNull = bytes[uploadStart] === nullLetter;
    const uploadEnd = isNull ? uploadStart + 4 : bytes.indexOf(quote, uploadStart + 1) + 1;
    if (!hasAt(bytes, uploadEnd, sizeKey)) return null;
    let position = uploadEnd + sizeKey.length;
    let sizeBytes = 0;
    for (let digit = bytes[position] ?? 0; digit >= zero && digit <= nine; digit = bytes[position] ?? 0) {
      sizeBytes = sizeBytes * 10 + (digit - zero);
      position += 1;
    }
    if (!hasAt(bytes, position, treeHashKey)) return null;
    const contentStart = position + treeHashKey.length;
    const contentEnd = contentStart + treeHashLength;
    const subject = subjectIn(bytes, this.#pathStart(bytes, contentEnd), end);
    if (subject === undefined) return null;
    return {
      archive: hashOf(bytes, idStart, idEnd),
      upload: isNull ? null : hashOf(bytes, uploadStart + 1, uploadEnd - 1),
      size: sizeHash(sizeBytes),
      content: hashOf(bytes, contentStart, contentEnd),
      subject,
    };
  }

  /** Where the next path begins: that of a later line when this one has none. */
  #pathStart(bytes: Buffer, contentEnd: number): number {
    const descriptionEnd = hasAt(bytes, contentEnd, descriptionKey)
      ? bytes.indexOf(quote, contentEnd + descriptionKey.length)
      : -1;
    const from = Math.max(contentEnd, descriptionEnd);
    if (!hasAt(bytes, from + this.#pathDistance, pathKey)) {
      const path = bytes.indexOf(pathKey, from);
      if (path === -1) return bytes.length;
      this.#pathDistance = path - from;
    }
    return from + this.#pathDistance + pathKey.length;
  }
}

/** The hash of the path; null for none, undefined where the line must be parsed to know. */
function subjectIn(bytes: Buffer, pathStart: number, end: number): number | null | undefined {
  if (bytes[pathStart] === nullLetter) {
    // The name of a stream may stand behind it, and at the end where another program has written the line.
    const isNameless = namelessEnds.some((ending) => hasAt(bytes, pathStart + 4, ending));
    return pathStart < end && isNameless ? null : undefined;
  }
  if (bytes[pathStart] !== quote) return undefined;
  let hash = firstHash;
  for (let index = pathStart + 1; index < end; index += 1) {
    const byte = bytes[index] ?? 0;
    if (byte === quote) return hasAt(bytes, index + 1, identityKey) ? hash : undefined;
    if (byte === backslash) {
      if (!isUsualEscape(bytes, index)) return undefined;
      hash = hashedWith(hash, backslash);
      index += 1;
    }
    hash = hashedWith(hash, bytes[index] ?? 0);
  }
  return undefined;
}

/** Whether an escape is spelled as `JSON.stringify` spells it: another program may write others of the same text. */
function isUsualEscape(bytes: Buffer, at: number): boolean {
  return /^\\(["\\bfnrt]|u00(0[0-7bef]|1[\da-f])|ud[c-f][\da-f]{2})/.test(
    bytes.toString('latin1', at, at + 6),
  );
}

/** The part of a receipt's line that says of which vault it is; null where the line must be parsed to know. */
export function vaultIn(line: string): string | null {
  const from = line.indexOf(',"accountId":');
  const to = line.indexOf(',"uploadId":', from);
  return from === -1 || to === -1 ? null : line.slice(from, to);
}

function hasAt(bytes: Buffer, start: number, wanted: Buffer): boolean {
  for (let index = 0; index < wanted.length; index += 1) {
    if (bytes[start + index] !== wanted[index]) return false;
  }
  return true;
}

function keysOfLine(line: LogLine | null): LineKeys | null {
  if (line === null) return null;
  const archive = textHash(line.archiveId);
  if (isNote(line)) {
    const subject = line.kind === 'bound' ? subjectHash(subjectKey(line)) : null;
    return { archive, size: null, upload: null, content: null, subject };
  }
  return {
    archive,
    size: sizeHash(line.sizeBytes),
    upload: line.uploadId === null ? null : textHash(line.uploadId),
    content: textHash(line.treeHash),
    subject: subjectHash(subjectKey(line)),
  };
}

/** Enough to tell IDs and tree hashes apart, which end at random. */
const hashedBytes = 12;
/** FNV-1a. */
const firstHash = 0x811c9dc5 | 0;
const prime = 0x01000193;

function hashedWith(hash: number, byte: number): number {
  return Math.imul(hash ^ byte, prime);
}

function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = firstHash;
  for (let index = Math.max(start, end - hashedBytes); index < end; index += 1) {
    hash = hashedWith(hash, bytes[index] ?? 0);
  }
  return hash;
}

/** 32 bits of a size in bytes, which may be beyond 2^32. */
export function sizeHash(sizeBytes: number): number {
  const high = Math.floor(sizeBytes / 2 ** 32);
  return Math.imul(sizeBytes >>> 0, 0x9e3779b1) ^ Math.imul(high, 0x85ebca6b);
}

/** Of an archive ID, an upload ID or a tree hash. */
export function textHash(text: string): number {
  const bytes = Buffer.from(text);
  return hashOf(bytes, 0, bytes.length);
}

/** @param subject see `subjectKey` */
export function subjectHash(subject: string | null): number | null {
  if (subject === null) return null;
  const escaped = Buffer.from(JSON.stringify(subject));
  let hash = firstHash;
  for (const byte of escaped.subarray(1, -1)) hash = hashedWith(hash, byte);
  return hash;
}
