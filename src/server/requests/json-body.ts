import { ServiceError } from '../errors.js';

export type Fields = Readonly<Record<string, unknown>>;

/** 400 for a body that is not the JSON it should be. */
export const unreadable = (what: string, cause?: unknown): ServiceError =>
  new ServiceError('SerializationException', `Invalid ${what}`, { cause });

/** True for a JSON object; not for null or a list. */
export const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The JSON object that a request's body is. */
export function readObject(body: Buffer): Fields {
  let value: unknown;
  try {
    value = JSON.parse(body.toString());
  } catch (error) {
    throw unreadable('JSON', error);
  }
  if (!isObject(value)) throw unreadable('JSON');
  return value;
}

/** The text of a field; null when it is absent, null or empty. */
export function text(fields: Fields, name: string): string | null {
  const value = fields[name] ?? '';
  if (typeof value !== 'string') throw unreadable(name);
  return value === '' ? null : value;
}
