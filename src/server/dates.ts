/** JSON fields carry UTC with milliseconds, `2012-03-20T17:03:43.221Z`. */
export const jsonDate = (timeMs: number): string => new Date(timeMs).toISOString();

/** Inside inventories dates have no milliseconds (seen), `2014-07-30T15:34:15Z`. */
export const inventoryDate = (timeMs: number): string => jsonDate(timeMs).replace(/\.\d{3}Z$/, 'Z');

/** The compact form of signatures, `20120525T002453Z`. */
export const signatureDate = (timeMs: number): string =>
  new Date(timeMs).toISOString().replace(/[-:]|\.\d{3}/g, '');

/** Reads the compact form; undefined when the text is not a date. */
export function parseSignatureDate(text: string): number | undefined {
  const fields = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (!fields) return undefined;
  const [, year, month, day, hour, minute, second] = fields;
  const timeMs = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(timeMs) ? undefined : timeMs;
}
