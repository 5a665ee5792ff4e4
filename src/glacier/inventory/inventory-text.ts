/** The text of an inventory as bytes of UTF-8, in any encoding that it is written in: programs and spreadsheets save it in others. */
import { isAscii, isUtf8 } from 'node:buffer';
import { StringDecoder } from 'node:string_decoder';
import { damagedAt } from './inventory-faults.js';

/** So many bytes tell the encoding. */
export const signatureBytes = 4;

/** Turns a file's bytes into UTF-8, and places in that text back into places in the file. */
export interface TextDecoder {
  /** Of the byte-order mark, which is no text. */
  readonly markBytes: number;
  /** @returns the text that is whole so far. @throws GlacierUpError `failed` for what is no text */
  take(bytes: Uint8Array): Buffer;
  /** Bytes at the end that are no whole character. */
  readonly restBytes: number;
  /** How many bytes of the file this piece of the text takes. */
  lengthInFile(text: Buffer): number;
}

/**
 * Looks at how a file begins. UTF-16 is known by its mark, or by the zero that every second byte of ASCII has in it.
 * @param first at least `signatureBytes`, or the whole file
 */
export function decoderFor(first: Uint8Array): TextDecoder {
  const [a, b, c] = first;
  if (a === 0xef && b === 0xbb && c === 0xbf) return utf8(3);
  if (a === 0xff && b === 0xfe) return utf16('LE', 2);
  if (a === 0xfe && b === 0xff) return utf16('BE', 2);
  if (a !== 0 && b === 0) return utf16('LE', 0);
  if (a === 0 && b !== undefined && b !== 0) return utf16('BE', 0);
  return utf8(0);
}

function utf8(markBytes: number): TextDecoder {
  return {
    markBytes,
    restBytes: 0,
    take: (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length),
    lengthInFile: (text) => text.length,
  };
}

function utf16(order: 'LE' | 'BE', markBytes: number): TextDecoder {
  const decoder = new StringDecoder('utf16le');
  let odd = Buffer.alloc(0);
  let taken = 0;
  let decoded = 0;
  return {
    markBytes,
    get restBytes() {
      return taken - decoded;
    },
    take: (bytes) => {
      taken += bytes.length;
      // A copy: it is swapped in its place.
      const all = Buffer.concat([odd, bytes]);
      const even = all.subarray(0, all.length - (all.length % 2));
      odd = Buffer.from(all.subarray(even.length));
      const text = decoder.write(order === 'LE' ? even : even.swap16());
      const lone = text.search(/\p{Surrogate}/u);
      if (lone >= 0) throw damagedAt(markBytes + decoded + 2 * lone);
      decoded += 2 * text.length;
      return Buffer.from(text);
    },
    lengthInFile: (text) => 2 * text.toString().length,
  };
}

/**
 * The text of whole characters.
 * @param byteOf the place in the file of a place in these bytes
 * @throws GlacierUpError `failed` for bytes that are not UTF-8
 */
export function textOf(bytes: Buffer, byteOf: (offset: number) => number): string {
  if (isAscii(bytes)) return bytes.toString('latin1');
  const text = bytes.toString();
  if (isUtf8(bytes)) return text;
  // What is not UTF-8 has become U+FFFD, as it stands for itself.
  for (let at = text.indexOf('\ufffd'); at >= 0; at = text.indexOf('\ufffd', at + 1)) {
    const offset = Buffer.byteLength(text.slice(0, at));
    if (bytes.toString('latin1', offset, offset + 3) !== '\u00ef\u00bf\u00bd')
      throw damagedAt(byteOf(offset));
  }
  throw damagedAt(byteOf(bytes.length));
}
