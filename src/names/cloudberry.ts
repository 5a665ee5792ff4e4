/**
 * CloudBerry Explorer and Backup (MSP360): `{"Path":"P","UTCDateModified":"T","Flags":N}`. Source: its maker's answer on
 * Stack Overflow, and real inventories.
 */
import { compactTime } from './file-times.js';
import type { NameReading } from './name-reading.js';
import { utf7Text } from './utf-7.js';

const [compressed, encrypted] = [1, 2];

/** @param path in UTF-7; one that is not is taken as it is */
export function readCloudBerry(
  path: string,
  { UTCDateModified: time, Flags: flags }: Record<string, unknown>,
): NameReading {
  const has = (flag: number): boolean => typeof flags === 'number' && (flags & flag) !== 0;
  return {
    name: utf7Text(path) ?? path,
    modifiedAt: compactTime(time),
    writer: 'cloudberry',
    ...(has(compressed) ? { isCompressed: true } : {}),
    ...(has(encrypted) ? { isEncrypted: true } : {}),
  };
}
