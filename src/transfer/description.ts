/** The description that an archive gets when none is given. */
import { basename } from 'node:path';
import { descriptionFault, maxDescriptionLength } from '../glacier/limits.js';

/** The file's base name, or what stands for it. */
export function defaultDescription(file: string): string {
  return describedAs(basename(file));
}

/**
 * A name as a description; one that the service would not take becomes `{"Path":"…"}` with JSON escapes, which AWS's
 * own migration from vaults to S3 reads.
 */
export function describedAs(name: string): string {
  if (descriptionFault(name) === null) return name;
  const escaped = JSON.stringify(name).replace(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  const description = `{"Path":${escaped}}`;
  // A name has at most 255 bytes, so only one made of many escapes could be too long.
  return description.length <= maxDescriptionLength ? description : '';
}
