/**
 * The keys of a line, found in its bytes. A log of a million lines is read for one file every night, and parsing it
 * would take seconds. Lines are written by `JSON.stringify` with their fields in one order, and a quote within a text
 * is escaped, so that a field's name in quotes cannot stand in a value. A line that looks otherwise is parsed.
 */
import { isNote, type LogLine, parseLine } from './lines.js';
import { subjectKey } from './receipt.js';

/** Hashes of a line's keys, or null for a key that the line does not have. */
export interface LineKeys {
  archive: number;
  size: number | null;
  upload: number | null;
  content: number | null;
  subject: number | null;
}

/** Which keys to look for: the first two stand at the beginning of a line and cost least. */
export type KeyGroup = 'first' | 'rest';

const lineStart = Buffer.from('{"schema":1,"archiveId":"');
const afterId = Buffer.from('","location":"');
const uploadKey = Buffer.from(',"uploadId":');
const sizeKey = Buffer.from(',"sizeBytes":');
const treeHashKey = Buffer.from(',"treeHash":"');
const pathKey = Buffer.from(',"path":');
const identityKey = Buffer.from(',"identity":');
const [quote, nullLetter, zero, nine] = [0x22, 0x6e, 0x30, 0x39];
const treeHashLength = 64;

/** Reads lines one after the other; what the line before looked like tells where the next one's fields may be. */
export class LineFields {
  /** From the start of the ID to its end, and from there to the upload ID. */
  #idLength = 0;
  #uploadDistance = 0;

  /** @returns null for what is no line of the log */
  keysOf(bytes: Buffer, start: number, end: number, group: KeyGroup): LineKeys | null {
    return this.#find(bytes, start, end, group) ?? keysOfLine(parseLine(bytes.toString('utf8', start, end)));
  }

  #find(bytes: Buffer, start: number, end: number, group: KeyGroup): LineKeys | null {
    if (!hasAt(bytes, start, lineStart)) return null;
    const idStart = start + lineStart.length;
    if (!hasAt(bytes, idStart + this.#idLength, afterId)) {
      const idEnd = bytes.indexOf(quote, idStart);
      if (idEnd === -1 || idEnd >= end || !hasAt(bytes, idEnd, afterId)) return null;
      this.#idLength = idEnd - idStart;
    }
    const idEnd = idStart + this.#idLength;
    if (!hasAt(bytes, idEnd + this.#uploadDistance, uploadKey)) {
      const upload = bytes.indexOf(uploadKey, idEnd);
      if (upload === -1 || upload >= end) return null;
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
    if (position >= end || !hasAt(bytes, position, treeHashKey)) return null;
    const archive = hashOf(bytes, idStart, idEnd);
    const size = sizeHash(sizeBytes);
    if (group === 'first') return { archive, size, upload: null, content: null, subject: null };
    const contentStart = position + treeHashKey.length;
    const subject = subjectIn(bytes, contentStart + treeHashLength, end);
    if (subject === undefined) return null;
    return {
      archive,
      size,
      upload: isNull ? null : hashOf(bytes, uploadStart + 1, uploadEnd - 1),
      content: hashOf(bytes, contentStart, contentStart + treeHashLength),
      subject,
    };
  }
}

/** The hash of the path, as JSON escapes it; null for none, undefined where the line must be parsed to know. */
function subjectIn(bytes: Buffer, from: number, end: number): number | null | undefined {
  const path = bytes.indexOf(pathKey, from);
  if (path === -1 || path >= end) return undefined;
  const pathStart = path + pathKey.length;
  const pathEnd = bytes.indexOf(identityKey, pathStart);
  if (pathEnd === -1 || pathEnd >= end) return undefined;
  if (bytes[pathStart] !== nullLetter) return hashOf(bytes, pathStart, pathEnd);
  // Behind a path of null the name of a stream may stand.
  return pathEnd === pathStart + 4 ? null : undefined;
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

/** Enough to tell texts apart whose ends differ, as those of IDs, hashes and file names do. */
const hashedBytes = 32;

/** FNV-1a over the end of a text. */
function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = (0x811c9dc5 ^ (end - start)) >>> 0;
  for (let index = Math.max(start, end - hashedBytes); index < end; index += 1) {
    hash = Math.imul(hash ^ (bytes[index] ?? 0), 0x01000193);
  }
  return hash >>> 0;
}

export function sizeHash(sizeBytes: number): number {
  const high = Math.floor(sizeBytes / 2 ** 32);
  return (Math.imul(sizeBytes >>> 0, 0x9e3779b1) ^ Math.imul(high, 0x85ebca6b)) >>> 0;
}

export function textHash(text: string): number {
  const bytes = Buffer.from(text);
  return hashOf(bytes, 0, bytes.length);
}

/** @param subject see `subjectKey` */
export function subjectHash(subject: string | null): number | null {
  return subject === null ? null : textHash(JSON.stringify(subject));
}
