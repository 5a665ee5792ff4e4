/**
 * Sessions on disk, one file each, kept through `conf`. Its writer publishes a cut-off file on a full disk and
 * reports success, so every save here keeps the state before, reads back what was written, and restores on a
 * difference.
 */
import { accessSync, constants, lstatSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import type Conf from 'conf';
import { GlacierUpError } from '../errors.js';
import { flushFolder } from '../os/durable.js';
import { isThere } from '../os/presence.js';
import { checked, ensureFolder, stateUnusable } from './folders.js';
import { importConf } from './import-conf.js';
import { LightSaves } from './light-saves.js';
import { sweepOrphans } from './orphans.js';
import { readOurs } from './ours.js';
import type { UploadSession } from './session.js';
import { deserialize, isNewer, serialize } from './session-file.js';
import { keepSpare, restore, spareOf } from './spare-copy.js';

/** A run with many files looks for what killed ones left once in a while. */
const sweepEveryMs = 60_000;
/** A run with many small files prepares the folder many times a second. */
const prepareEveryMs = 1000;

export interface SessionStore {
  readonly folder: string;
  /** Makes the folder, and clears away what killed runs left in it. @throws GlacierUpError `state-unusable` */
  prepare(nowMs: number): void;
  /**
   * For the holder of its lock: a damaged session is replaced by its spare copy for good.
   * @throws GlacierUpError `state-unusable` when it cannot be read, is damaged beyond its spare copy, or of a newer version
   */
  load(id: string): UploadSession | null;
  /** The same for everybody else: changes nothing. */
  peek(id: string): UploadSession | null;
  /** On return the session is on disk for good. @throws GlacierUpError `state-unusable`; the state before is kept */
  save(session: UploadSession): void;
  /** Replaces the session and flushes nothing: it outlives this process, not a power cut. @throws as `save` */
  put(session: UploadSession): void;
  /** The same; once it resolves, the session is on disk for good. Those that come together share a flush. */
  commit(session: UploadSession): Promise<void>;
  remove(id: string): void;
  /** Removes one that was only ever put or committed. After a power cut it may be there again: its receipt is, too. */
  drop(id: string): void;
  /** All readable sessions, oldest first, and what is wrong with the others. */
  list(): { sessions: UploadSession[]; faults: GlacierUpError[] };
  lockPath(id: string): string;
}

/** What one file holds. */
type Found =
  | { kind: 'whole'; session: UploadSession }
  | { kind: 'damaged'; fault: GlacierUpError }
  | { kind: 'missing' };

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

  const look = (file: string): Found => {
    const text = checked(file, () => readOurs(file, ownUserId));
    if (text === null) return { kind: 'missing' };
    try {
      return { kind: 'whole', session: deserialize(text) };
    } catch (error) {
      const fault = damaged(file, error);
      if (isNewer(error)) throw fault;
      return { kind: 'damaged', fault };
    }
  };

  /** What is stored, and whether it is the spare copy. Changes nothing: another process may be saving right now. */
  const find = (id: string): { session: UploadSession; isSpare: boolean } | null => {
    const file = fileOf(id);
    for (let isLastLook = false; ; isLastLook = true) {
      const found = look(file);
      if (found.kind === 'whole') return { session: found.session, isSpare: false };
      const spare = look(spareOf(file));
      if (spare.kind === 'whole') return { session: spare.session, isSpare: true };
      // Between the two looks a save may have failed and put its spare copy back: it is looked at once more.
      if (!isLastLook) continue;
      if (found.kind === 'damaged') throw found.fault;
      if (spare.kind === 'damaged') throw spare.fault;
      return null;
    }
  };

  const load = (id: string): UploadSession | null => {
    const file = fileOf(id);
    // Most uploads are new: looking costs less than failing to open. Nobody else saves it now.
    if (!mayBeThere(file) && !mayBeThere(spareOf(file))) return null;
    const found = find(id);
    if (!found?.isSpare) return found?.session ?? null;
    checked(file, () => {
      if (isThere(file)) renameSync(file, `${file}.corrupt`);
      renameSync(spareOf(file), file);
    });
    onRecovered(
      `${basename(file)} was damaged; the state saved before it is used, the damaged file is kept as ${basename(file)}.corrupt`,
    );
    return found.session;
  };

  const light = new LightSaves(folder);
  let sweptMs = Number.NEGATIVE_INFINITY;
  let preparedMs = Number.NEGATIVE_INFINITY;

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
      // The clock may have been set back.
      if (Math.abs(nowMs - preparedMs) < prepareEveryMs) return;
      ensureFolder(folder, ownUserId);
      preparedMs = nowMs;
      if (nowMs - sweptMs < sweepEveryMs) return;
      sweptMs = nowMs;
      sweepOrphans(folder, nowMs);
    },
    load,
    peek: (id) => find(id)?.session ?? null,
    save,
    put: (session) => light.put(fileOf(session.id), serialize(session)),
    commit: (session) => light.commit(fileOf(session.id), serialize(session)),
    drop: (id) => light.drop(fileOf(id)),
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
      for (const name of checked(folder, () => (isThere(folder) ? readdirSync(folder) : []))) {
        const id = /^([0-9a-f]{20})\.json$/.exec(name)?.[1];
        if (id === undefined) continue;
        try {
          const session = find(id)?.session;
          if (session) sessions.push(session);
        } catch (error) {
          if (!(error instanceof GlacierUpError)) throw error;
          faults.push(error);
        }
      }
      sessions.sort((a, b) => a.startedAt.localeCompare(b.startedAt) || a.id.localeCompare(b.id));
      return { sessions, faults };
    },
  };
}

/** False only when it is certain that the file does not exist. Costs less than an exception would. */
function mayBeThere(file: string): boolean {
  return checked(file, () => lstatSync(file, { throwIfNoEntry: false })) !== undefined;
}

function damaged(file: string, error: unknown): GlacierUpError {
  if (!(error instanceof GlacierUpError)) throw error;
  return new GlacierUpError('state-unusable', `${file}: ${error.message}`, {
    cause: error,
    hint:
      error.hint ??
      'its upload can still be carried on: move this file away, find the upload with list-uploads, then resume --upload-id ID FILE',
  });
}
