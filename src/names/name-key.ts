/** Names that mean one file, however they are written. */

/** What leads from the root or the working folder says nothing, and macOS decomposes letters. */
export function nameKey(name: string): string {
  return name.normalize('NFC').replace(/^(?:\.?\/)+/, '');
}
