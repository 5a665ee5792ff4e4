/** A session in the hands of one process: locked, changed in memory, saved when it matters. */
import { type FileIdentity, provesSame } from '../archive/identity.js';
import type { Clock } from '../clock.js';
import type { Lock } from './lock.js';
import { PartHashes } from './part-hashes.js';
import type { CompletingSession, UploadSession } from './session.js';
import type { SessionStore } from './session-store.js';

/** Part hashes are saved at most this often: they only spare reading, and a save costs two flushes. */
const saveEveryMs = 1000;

/** One session while its lock is held. Every change of phase goes through `save` or `commit`. */
export class OpenSession {
  readonly id: string;
  readonly #store: SessionStore;
  readonly #lock: Lock;
  readonly #clock: Clock;
  #session: UploadSession | null;
  #hashes: PartHashes;
  #lastSaveMs = Number.NEGATIVE_INFINITY;
  #isDirty = false;
  /** See `saveLightly`. */
  #isLight = false;
  /** No copy of it was ever made beside it. */
  #isDroppable = false;
  readonly #isFresh: boolean;

  constructor(id: string, parts: { store: SessionStore; lock: Lock; clock: Clock }) {
    this.id = id;
    this.#store = parts.store;
    this.#lock = parts.lock;
    this.#clock = parts.clock;
    this.#session = parts.store.load(id);
    this.#isFresh = this.#session === null;
    this.#hashes = new PartHashes(0);
  }

  /** null when there is no unfinished upload. */
  get session(): UploadSession | null {
    return this.#session;
  }

  get hashes(): PartHashes {
    return this.#hashes;
  }

  /** The hashes stored in the session, for a plan of so many parts. */
  storedHashes(partCount: number): PartHashes {
    return new PartHashes(partCount, this.#session?.partTreeHashes);
  }

  /** The stored hashes if they are those of a file with this identity, else null. */
  hashesFor(identity: FileIdentity, partCount: number): PartHashes | null {
    const known = this.#session?.identity;
    return known && provesSame(known, identity) ? this.storedHashes(partCount) : null;
  }

  /** From now on these hashes are the session's; none known: an empty set. */
  takeHashes(partCount: number, hashes: PartHashes | null): PartHashes {
    this.#hashes = hashes ?? new PartHashes(partCount);
    this.#isDirty = true;
    return this.#hashes;
  }

  /**
   * It is of a small file, and was not there before: until `commit`, saves are not flushed. A killed process loses nothing
   * by that; a power cut may leave an upload without an archive, which the service drops within about a day.
   */
  saveLightly(): void {
    this.#isLight = this.#isFresh;
  }

  /** Saves a change of phase that must last, together with those of other sessions; once it resolves, it is on disk. */
  async commit(session: CompletingSession): Promise<void> {
    const before = this.#session;
    this.#session = session;
    try {
      if (!this.#isLight) {
        this.#write();
        return;
      }
      await this.#store.commit(this.#toWrite(session));
    } catch (error) {
      this.#takeBack(before);
      throw error;
    }
    this.#written();
    // What is saved after it must last, too.
    this.#isLight = false;
    this.#isDroppable = true;
  }

  /** Saves a change of phase or identity; on return it is on disk, but for a session that is saved lightly. */
  save<Session extends UploadSession>(session: Session): Session {
    this.#session = session;
    // Without a trace of the intent the next run does what it would do with one: it starts a new upload.
    if (this.#isLight && session.phase === 'intent') this.#isDirty = true;
    else this.#write();
    return session;
  }

  /** A part was confirmed: saved now, or with one of the next ones. */
  noteProgress(): void {
    this.#isDirty = true;
    if (this.#session) this.#session.lastActivityAt = new Date(this.#clock.now()).toISOString();
    if (!this.#isLight && this.#clock.monotonicMs() - this.#lastSaveMs >= saveEveryMs) this.#write();
  }

  /** Saves what `noteProgress` has put off. */
  flush(): void {
    if (this.#isDirty && this.#session) this.#write();
  }

  /** The upload is settled: nothing more to remember. */
  remove(): void {
    this.#lock.assertHeld();
    if (this.#isLight || this.#isDroppable) this.#store.drop(this.id);
    else this.#store.remove(this.id);
    this.#session = null;
    this.#isDirty = false;
  }

  /** The action that was to follow does not: another run must not take it for done, though the file says so already. */
  #takeBack(before: UploadSession | null): void {
    this.#session = before;
    if (!this.#isLight || !before) return;
    try {
      this.#store.put(this.#toWrite(before));
    } catch {
      // What made the save fail is told; this would be the same once more.
    }
  }

  #write(): void {
    if (!this.#session) return;
    const session = this.#toWrite(this.#session);
    if (this.#isLight) this.#store.put(session);
    else this.#store.save(session);
    this.#isDroppable = false;
    this.#written();
  }

  #toWrite(session: UploadSession): UploadSession {
    this.#lock.assertHeld();
    if (this.#hashes.count > 0) session.partTreeHashes = this.#hashes.toBase64();
    return session;
  }

  #written(): void {
    this.#lastSaveMs = this.#clock.monotonicMs();
    this.#isDirty = false;
  }
}
