/** A session in the hands of one process: locked, changed in memory, saved when it matters. */
import { type FileIdentity, provesSame } from '../archive/identity.js';
import type { Clock } from '../clock.js';
import type { Lock } from './lock.js';
import { PartHashes } from './part-hashes.js';
import type { UploadSession } from './session.js';
import type { SessionStore } from './session-store.js';

/** Part hashes are saved at most this often: they only spare reading, and a save costs two flushes. */
const saveEveryMs = 1000;

export class OpenSession {
  readonly id: string;
  readonly #store: SessionStore;
  readonly #lock: Lock;
  readonly #clock: Clock;
  #session: UploadSession | null;
  #hashes: PartHashes;
  #lastSaveMs = Number.NEGATIVE_INFINITY;
  #isDirty = false;

  constructor(id: string, parts: { store: SessionStore; lock: Lock; clock: Clock }) {
    this.id = id;
    this.#store = parts.store;
    this.#lock = parts.lock;
    this.#clock = parts.clock;
    this.#session = parts.store.load(id);
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

  /** Saves a change of phase or identity; on return it is on disk. */
  save(session: UploadSession): UploadSession {
    this.#session = session;
    this.#write();
    return this.#session;
  }

  /** A part was confirmed: saved now, or with one of the next ones. */
  noteProgress(): void {
    this.#isDirty = true;
    if (this.#session) this.#session.lastActivityAt = new Date(this.#clock.now()).toISOString();
    if (this.#clock.monotonicMs() - this.#lastSaveMs >= saveEveryMs) this.#write();
  }

  /** Saves what `noteProgress` has put off. */
  flush(): void {
    if (this.#isDirty && this.#session) this.#write();
  }

  /** The upload is settled: nothing more to remember. */
  remove(): void {
    this.#lock.assertHeld();
    this.#store.remove(this.id);
    this.#session = null;
    this.#isDirty = false;
  }

  #write(): void {
    if (!this.#session) return;
    this.#lock.assertHeld();
    if (this.#hashes.count > 0) this.#session.partTreeHashes = this.#hashes.toBase64();
    this.#store.save(this.#session);
    this.#lastSaveMs = this.#clock.monotonicMs();
    this.#isDirty = false;
  }
}
