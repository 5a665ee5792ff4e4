/** Our own descriptions of names with other than printable ASCII, in the form that AWS's migration to S3 reads. */

/** `{"Path":"…"}` with JSON escapes. */
export function pathDescription(name: string): string {
  return `{"Path":"${asciiEscaped(name)}"}`;
}

/** As JSON has it between quotes, in printable ASCII. */
export function asciiEscaped(text: string): string {
  return JSON.stringify(text)
    .slice(1, -1)
    .replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
