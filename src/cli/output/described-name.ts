/** What a description says, as lists show it. */
import type { NameReading } from '../../names/name-reading.js';
import { readDescription } from '../../names/read-description.js';

/** The name in it; a description without one as it is. Not yet safe for a terminal. */
export function describedName(description: string): string {
  return readDescription(description).name ?? description;
}

/** What a list says beside the name: `folder`, `compressed`, `encrypted`, and another reading where there is one. */
export function nameMarks({ isFolder, isCompressed, isEncrypted, otherName }: NameReading): string[] {
  return [
    ...(isFolder ? ['folder'] : []),
    ...(isCompressed ? ['compressed'] : []),
    ...(isEncrypted ? ['encrypted'] : []),
    ...(otherName === undefined ? [] : [`or ${JSON.stringify(otherName)}`]),
  ];
}
