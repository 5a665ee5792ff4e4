/** UTF-7 (RFC 2152) as .NET's `Encoding.UTF7` writes it, which CloudBerry uses. No part of Node reads it. */

/** Text that stands for itself, `+-` for a plus, or a run of base64. .NET always ends a run with its hyphen. */
const piece = /([A-Za-z0-9 \t\r\n'(),\-./:?]+)|\+(-)|\+([A-Za-z0-9+/]+)-/y;

/** null for a text that .NET would not have written. */
export function utf7Text(encoded: string): string | null {
  let text = '';
  piece.lastIndex = 0;
  while (piece.lastIndex < encoded.length) {
    const match = piece.exec(encoded);
    if (match === null) return null;
    const [, direct, plus, run] = match;
    const decoded = run === undefined ? (direct ?? (plus && '+')) : utf16Run(run);
    if (typeof decoded !== 'string') return null;
    text += decoded;
  }
  return text;
}

/** Base64 of UTF-16, high byte first. null when it is not whole characters, or has bits beyond the last. */
function utf16Run(run: string): string | null {
  const units = Math.floor((run.length * 6) / 16);
  const bytes = Buffer.from(run, 'base64').subarray(0, units * 2);
  if (bytes.toString('base64').replace(/=+$/, '') !== run) return null;
  const text = Buffer.from(bytes).swap16().toString('utf16le');
  return /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(text) ? null : text;
}
