/**
 * mtglacier (`mt1`, `mt2`), and what glacier-interface writes in its name. Source: MetaData.pm of vsespb/mt-aws-glacier,
 * where the format is described.
 */
import { compactTime, timeOf } from './file-times.js';
import type { NameReading } from './name-reading.js';
import { base64Bytes, jsonObject, utf8Text } from './strict-text.js';

/** @returns null for a description in another format */
export function readMtglacier(description: string): NameReading | null {
  const [, version, text] = /^mt([12])\s+(\S+)\s*$/.exec(description) ?? [];
  const bytes = text === undefined ? null : base64Bytes(text);
  const json = bytes && (version === '1' ? decodedTwice(bytes) : utf8Text(bytes));
  const fields = json === null ? null : jsonObject(json);
  if (fields === null) return null;
  const { filename, mtime } = fields;
  if (typeof filename !== 'string' || filename === '') return nameless(fields);
  const modifiedAt = compactTime(mtime);
  const isMilliseconds = typeof mtime === 'string' && /^-?\d{1,16}$/.test(mtime);
  if (modifiedAt === null && isMilliseconds) {
    return { name: filename, modifiedAt: timeOf(Number(mtime)), writer: 'glacier-interface' };
  }
  return { name: filename, modifiedAt, writer: 'mtglacier' };
}

/** Every release of glacier-interface describes an archive before it knows the name: `{"mtime":"0"}`. */
function nameless(fields: Record<string, unknown>): NameReading | null {
  if (!('mtime' in fields) && !('filename' in fields)) return null;
  const writer = fields.mtime === '0' ? 'glacier-interface' : 'mtglacier';
  return { name: null, modifiedAt: compactTime(fields.mtime), writer };
}

/** `mt1`: the bytes of UTF-8 were taken for Latin-1 and encoded again. */
function decodedTwice(bytes: Buffer): string | null {
  const once = utf8Text(bytes);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: Latin-1 begins with them
  return once === null || /[^\u0000-\u00ff]/.test(once) ? null : utf8Text(Buffer.from(once, 'latin1'));
}
