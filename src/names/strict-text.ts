/** Encodings read strictly: what is not wholly in one of them is something else. */

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** null for what is not UTF-8. */
export function utf8Text(bytes: Uint8Array): string | null {
  try {
    return utf8.decode(bytes);
  } catch {
    return null;
  }
}

/**
 * Base64 in either alphabet, padded or not.
 * @returns null for anything else, which `Buffer.from` would read in part
 */
export function base64Bytes(text: string): Buffer | null {
  const [, digits] = /^([A-Za-z0-9+/_-]*)={0,2}$/.exec(text) ?? [];
  return digits === undefined || digits.length % 4 === 1 ? null : Buffer.from(digits, 'base64');
}

/** null for what is no JSON object. */
export function jsonObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}
