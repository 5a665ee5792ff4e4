/**
 * Sessions on disk, one file each, kept through `conf`. Its writer publishes a cut-off file on a full disk and
 * reports success, so every save here keeps the state before, reads back what was written, and restores on a
 * difference. The record carries its own checksum and schema version; both are checked before anything is believed.
 */
import { createHash } from 'node:crypto';
import {
  accessSync,
  constants,
  copyFileSync,
  existsSync,
  linkSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import type Conf from 'conf';
import { errnoOf, GlacierUpError, hasCode } from '../errors.js';
import { flushFolder } from './durable.js';
import { assertOurs, ensureFolder, stateUnusable } from './folders.js';
import { importConf } from './import-conf.js';
import { sweepOrphans } from './orphans.js';
import { sessionFault, sessionSchemaVersion, type UploadSession } from './session.js';

export interface SessionStore {
  readonly folder: string;
  /** Makes the folder, and clears away what killed runs left in it. @throws GlacierUpError `state-unusable` */
  prepare(nowMs: number): void;
  /** @throws GlacierUpError `state-unusable` when it is damaged beyond its spare copy, or of a newer version */
  load(id: string): UploadSession | null;
  /** On return the session is on disk for good. @throws GlacierUpError `state-unusable`; the state before is kept */
  save(session: UploadSession): void;
  remove(id: string): void;
  /** All readable sessions, oldest first, and what is wrong with the others. */
  list(): { sessions: UploadSession[]; faults: GlacierUpError[] };
  lockPath(id: string): string;
}

/**
 * @param ownUserId whose files to trust; undefined where the system has no user IDs
 * @param onRecovered told when a damaged session was read from its spare copy
 */
export async function openSessionStore(
  folder: string,
  ownUserId: number | undefined,
  onRecovered: (message: string) => void = () => {},
): Promise<SessionStore> {
  const ConfStore = await importConf();
  const fileOf = (id: string): string => join(folder, `${id}.json`);

  const open = (id: string): Conf<Record<string, unknown>> =>
    new ConfStore<Record<string, unknown>>({
      cwd: folder,
      configName: id,
      accessPropertiesByDotNotation: false,
      configFileMode: 0o600,
      serialize: (session) => serialize(session as unknown as UploadSession),
      deserialize: (text) => ({ ...deserialize(text) }),
    });

  const read = (id: string): UploadSession | null => {
    const file = fileOf(id);
    if (!existsSync(file)) return null;
    assertOurs(file, ownUserId, 'file');
    return open(id).store as unknown as UploadSession;
  };

  const load = (id: string): UploadSession | null => {
    const file = fileOf(id);
    const spare = spareOf(file);
    try {
      const session = read(id);
      if (session !== null || !existsSync(spare)) return session;
    } catch (error) {
      if (isNewer(error) || !existsSync(spare)) throw damaged(file, error);
    }
    const session = readSpare(spare, file);
    if (existsSync(file)) renameSync(file, `${file}.corrupt`);
    renameSync(spare, file);
    onRecovered(
      `${basename(file)} was damaged; the state saved before it is used, the damaged file is kept as ${basename(file)}.corrupt`,
    );
    return session;
  };

  const save = (session: UploadSession): void => {
    const file = fileOf(session.id);
    const spare = spareOf(file);
    try {
      // `conf` would spin for a second on a folder that it may not write to.
      accessSync(folder, constants.W_OK);
      keepSpare(file, spare);
      open(session.id).store = session as unknown as Record<string, unknown>;
      if (readFileSync(file, 'utf8') !== serialize(session)) {
        throw Object.assign(new Error('the file was stored cut off'), { code: 'ENOSPC' });
      }
      flushFolder(folder);
    } catch (error) {
      restore(file, spare);
      throw error instanceof GlacierUpError ? error : stateUnusable(file, error);
    }
    rmSync(spare, { force: true });
  };

  return {
    folder,
    prepare: (nowMs) => {
      ensureFolder(folder, ownUserId);
      sweepOrphans(folder, nowMs);
    },
    load,
    save,
    lockPath: (id) => join(folder, `${id}.lock`),
    remove: (id) => {
      const file = fileOf(id);
      try {
        // The file itself goes last: a spare copy that outlived it would be taken for the session.
        for (const name of readdirSync(folder)) {
          if (name.startsWith(`${id}.json.`)) rmSync(join(folder, name), { force: true });
        }
        rmSync(file, { force: true });
        flushFolder(folder);
      } catch (error) {
        throw stateUnusable(file, error);
      }
    },
    list: () => {
      const sessions: UploadSession[] = [];
      const faults: GlacierUpError[] = [];
      for (const name of existsSync(folder) ? readdirSync(folder) : []) {
        const id = /^([0-9a-f]{20})\.json$/.exec(name)?.[1];
        if (id === undefined) continue;
        try {
          const session = load(id);
          if (session) sessions.push(session);
        } catch (error) {
          faults.push(error instanceof GlacierUpError ? error : stateUnusable(join(folder, name), error));
        }
      }
      sessions.sort((a, b) => a.startedAt.localeCompare(b.startedAt) || a.id.localeCompare(b.id));
      return { sessions, faults };
    },
  };
}

function spareOf(file: string): string {
  return `${file}.prev`;
}

function keepSpare(file: string, spare: string): void {
  rmSync(spare, { force: true });
  if (!existsSync(file)) return;
  try {
    linkSync(file, spare);
  } catch (error) {
    // A file system without hard links.
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(errnoOf(error) ?? '')) throw error;
    copyFileSync(file, spare);
  }
}

/** Puts the state before back; where there was none, nothing must stand there either. */
function restore(file: string, spare: string): void {
  try {
    if (existsSync(spare)) renameSync(spare, file);
    else if (!isWhole(file)) rmSync(file, { force: true });
  } catch {
    // The failure that led here is the one to report; `load` prefers whichever of the two is whole.
  }
}

function isWhole(file: string): boolean {
  try {
    deserialize(readFileSync(file, 'utf8'));
    return true;
  } catch {
    return false;
  }
}

function serialize(session: UploadSession): string {
  const body = JSON.stringify(session);
  const checksum = createHash('sha256').update(body).digest('hex');
  return `{"schemaVersion":${sessionSchemaVersion},"sha256":"${checksum}","session":${body}}\n`;
}

function deserialize(text: string): UploadSession {
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

function isNewer(error: unknown): boolean {
  return hasCode(error, 'state-unusable') && error.cause === newer;
}

function readSpare(spare: string, file: string): UploadSession {
  try {
    return deserialize(readFileSync(spare, 'utf8'));
  } catch (error) {
    throw damaged(file, error);
  }
}

function damaged(file: string, error: unknown): GlacierUpError {
  if (!(error instanceof GlacierUpError)) return stateUnusable(file, error);
  if (error.message.startsWith(file)) return error;
  return new GlacierUpError('state-unusable', `${file}: ${error.message}`, {
    cause: error,
    hint:
      error.hint ??
      'its upload can still be carried on: move this file away, find the upload with list-uploads, then resume --upload-id ID FILE',
  });
}
