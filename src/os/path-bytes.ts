/**
 * Names of files as text. On Linux a name is bytes, and need not be UTF-8. A byte that is not part of a UTF-8 character
 * becomes the lone surrogate U+DC00 + byte, as in Python (PEP 383, "surrogateescape"), so that each name is one text and
 * leads back to its bytes.
 */
import { isUtf8 } from 'node:buffer';

const escapesFrom = 0xdc00;
/** With the flag `u` it matches no half of a pair. */
const escapedByte = /[\udc80-\udcff]/u;

/** The text of a name. */
export function pathText(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString('utf8');
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    const length = [1, 2, 3, 4].find((count) => isCharacter(bytes.subarray(at, at + count), count));
    text +=
      length === undefined
        ? String.fromCharCode(escapesFrom + (bytes[at] ?? 0))
        : bytes.toString('utf8', at, at + length);
    at += length ?? 1;
  }
  return text;
}

function isCharacter(bytes: Buffer, count: number): boolean {
  return bytes.length === count && isUtf8(bytes);
}

/** What to hand to a system call for a name as `pathText` gives it. */
export function systemPath(text: string): string | Buffer {
  if (!escapedByte.test(text)) return text;
  return Buffer.concat(
    Array.from(text, (character) => {
      const code = character.codePointAt(0) ?? 0;
      return escapedByte.test(character) ? Buffer.from([code - escapesFrom]) : Buffer.from(character);
    }),
  );
}
