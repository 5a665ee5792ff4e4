/**
 * Percent escapes of boto 2 and fog. Which characters boto escapes depends on its age, and from 2.18 on never the
 * percent sign itself, so that escapes of ASCII may belong to the name. Source: releases of boto/boto and fog/fog-aws.
 */
import type { NameReading } from './name-reading.js';
import { utf8Text } from './strict-text.js';

const escapes = /(?:%[0-9A-Fa-f]{2})+/g;

/** @returns null for a description without escapes, or with such as are no UTF-8 */
export function readPercentEscapes(description: string): NameReading | null {
  const runs = description.match(escapes);
  if (!runs) return null;
  const decoded = runs.map((run) => utf8Text(bytesOf(run)));
  if (decoded.includes(null)) return null;
  const unescaped = description.replace(escapes, (run) => utf8Text(bytesOf(run)) ?? run);
  const isCertain = runs.every((run) => bytesOf(run).every((byte) => byte >= 0x80));
  const name = isCertain ? unescaped : description;
  const otherName = withSpaces(description, unescaped);
  return {
    name,
    ...(otherName === name ? {} : { otherName }),
    modifiedAt: null,
    writer: isCertain ? 'boto' : null,
  };
}

function bytesOf(run: string): Buffer {
  return Buffer.from(run.replaceAll('%', ''), 'hex');
}

/** Before 2.28 boto wrote a plus for a space, and then there is no space otherwise. */
function withSpaces(description: string, unescaped: string): string {
  if (/ |%20/.test(description)) return unescaped;
  return description.replaceAll('+', ' ').replace(escapes, (run) => utf8Text(bytesOf(run)) ?? run);
}
