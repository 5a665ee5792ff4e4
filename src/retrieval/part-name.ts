/** The names under which a file is on its way. */

/** Where the bytes are until they are proved. */
export const partName = (out: string): string => `${out}.part`;
/** What of them is proved. */
export const rangesName = (out: string): string => `${out}.part.ranges`;
