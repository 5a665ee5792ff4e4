/** Times of files as descriptions have them. */

/**
 * `20121114T201618Z` → `2012-11-14T20:16:18.000Z`. mtglacier's own reader also takes blanks, `-`, `:` and fractions.
 * @returns null for what is no time
 */
export function compactTime(text: unknown): string | null {
  if (typeof text !== 'string') return null;
  const fields =
    /^\s*(\d{4})[-\s]*(\d\d)[-\s]*(\d\d)\s*[Tt]\s*(\d\d)[:\s]*(\d\d)[:\s]*(\d\d)[,.\d]{0,10}\s*[Zz]\s*$/.exec(
      text,
    );
  if (!fields) return null;
  const [, year, month, day, hour, minute, second] = fields;
  const time = `${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`;
  // Date takes the 31st of a short month for a day of the next.
  return timeOf(Date.parse(time)) === time ? time : null;
}

/** @param ms since 1970. @returns null for what no calendar of ours reaches */
export function timeOf(ms: number): string | null {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}
