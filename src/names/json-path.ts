/** Descriptions that are a JSON object with a path: who wrote it shows in the other fields. */
import { readCloudBerry } from './cloudberry.js';
import { pathDescription } from './glacier-up.js';
import type { NameReading } from './name-reading.js';
import { readQnap } from './qnap.js';
import { jsonObject } from './strict-text.js';

/** @returns null for a description in another format */
export function readJsonPath(description: string): NameReading | null {
  if (!/^\s*\{/.test(description)) return null;
  const fields = jsonObject(description);
  const path = fields?.Path ?? fields?.path;
  if (fields === null || typeof path !== 'string') return null;
  if (path.trim() === '') return { name: null, modifiedAt: null, writer: null };
  if ('UTCDateModified' in fields) return readCloudBerry(path, fields);
  if ('type' in fields) return readQnap(path, fields.type);
  const isOurs = description === pathDescription(path);
  return { name: path, modifiedAt: null, writer: isOurs ? 'glacier-up' : null };
}
