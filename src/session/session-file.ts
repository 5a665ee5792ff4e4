/** A session as a file: a record with its own schema version and checksum; both are checked before it is believed. */
import { createHash } from 'node:crypto';
import { GlacierUpError } from '../errors.js';
import { sessionFault, sessionSchemaVersion, type UploadSession } from './session.js';

/** The content of a session file, with its own SHA-256. */
export function serialize(session: UploadSession): string {
  const body = JSON.stringify(session);
  const checksum = createHash('sha256').update(body).digest('hex');
  return `{"schemaVersion":${sessionSchemaVersion},"sha256":"${checksum}","session":${body}}\n`;
}

/** @throws GlacierUpError `state-unusable`, saying what is wrong with the text */
export function deserialize(text: string): UploadSession {
  let record: { schemaVersion?: unknown; sha256?: unknown; session?: unknown };
  try {
    record = JSON.parse(text);
  } catch (cause) {
    throw new GlacierUpError('state-unusable', text === '' ? 'it is empty' : 'it is cut off or not JSON', {
      cause,
    });
  }
  const version = record?.schemaVersion;
  if (!Number.isSafeInteger(version)) throw new GlacierUpError('state-unusable', 'it names no version');
  if (Number(version) > sessionSchemaVersion) {
    const message = `it is of version ${version}, this program knows ${sessionSchemaVersion}`;
    throw new GlacierUpError('state-unusable', message, {
      hint: 'use the newer glacier-up that wrote it',
      cause: newer,
    });
  }
  const body = JSON.stringify(record?.session);
  if (body === undefined || createHash('sha256').update(body).digest('hex') !== record.sha256) {
    throw new GlacierUpError('state-unusable', 'its checksum is wrong: it is damaged');
  }
  const fault = sessionFault(record.session);
  if (fault !== null) throw new GlacierUpError('state-unusable', fault);
  return record.session as UploadSession;
}

/** Marks the one fault that no spare copy mends. */
const newer = new Error('newer');

/** Whether a newer program wrote it. */
export function isNewer(error: unknown): boolean {
  return error instanceof GlacierUpError && error.cause === newer;
}
