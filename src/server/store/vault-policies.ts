import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { flushFolderAsync } from '../../os/durable.js';
import { invalid, ServiceError } from '../errors.js';
import { newLockId } from '../ids.js';
import { DAY_MS } from '../limits.js';
import { Mutex } from '../mutex.js';
import { type Policy, parsePolicy } from '../policy/policy.js';
import { readJson, writeJson } from './durable.js';

export interface VaultLock {
  readonly policy: string;
  readonly lockId: string;
  readonly state: 'InProgress' | 'Locked';
  readonly createdAtMs: number;
}

/** A lock that is not completed in this time is gone, and its policy with it (documented). */
export const LOCK_LIFE_MS = DAY_MS;

/** The codes are the service's, the texts ours. */
const refused = (why: string): ServiceError => new ServiceError('AccessDeniedException', why);
const notSet = (what: string): ServiceError =>
  new ServiceError('ResourceNotFoundException', `No ${what} is set.`);

/** A vault's access policy and its lock: `access-policy.json` and `vault-lock.json`. */
export class VaultPolicies {
  readonly #folder: string;
  readonly #mutex = new Mutex();
  #access: Policy | undefined;
  #lock: VaultLock | undefined;
  #lockPolicy: Policy | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async load(): Promise<void> {
    const access = await readJson<{ policy: string }>(this.#accessFile);
    this.#access = access && parsePolicy(access.policy);
    this.#remember(await readJson<VaultLock>(this.#lockFile));
  }

  /** The policies that say what is allowed now; a lock's also before it is completed, so that it can be tried. */
  inForce(nowMs: number): Policy[] {
    const lock = this.#lockAt(nowMs) && this.#lockPolicy;
    return [...(this.#access ? [this.#access] : []), ...(lock ? [lock] : [])];
  }

  get access(): string {
    if (!this.#access) throw notSet('vault access policy');
    return this.#access.text;
  }

  setAccess(text: string): Promise<void> {
    const policy = parsePolicy(text);
    return this.#mutex.run(async () => {
      await writeJson(this.#accessFile, { policy: text });
      this.#access = policy;
    });
  }

  deleteAccess(): Promise<void> {
    return this.#mutex.run(async () => {
      if (!this.#access) return;
      await this.#remove(this.#accessFile);
      this.#access = undefined;
    });
  }

  lock(nowMs: number): VaultLock {
    const lock = this.#lockAt(nowMs);
    if (!lock) throw notSet('vault lock policy');
    return lock;
  }

  /** Begins to lock the vault, and gives the ID that completes it. */
  initiateLock(policy: string, nowMs: number): Promise<string> {
    parsePolicy(policy);
    return this.#mutex.run(async () => {
      const present = this.#lockAt(nowMs);
      if (present) throw refused(`The vault lock is in state ${present.state}.`);
      const lock: VaultLock = { policy, lockId: newLockId(), state: 'InProgress', createdAtMs: nowMs };
      await this.#save(lock);
      return lock.lockId;
    });
  }

  /** Locks the vault for good; again with the same ID is no error. */
  completeLock(lockId: string, nowMs: number): Promise<void> {
    return this.#mutex.run(async () => {
      const lock = this.lock(nowMs);
      if (lock.lockId !== lockId) {
        throw lock.state === 'Locked'
          ? refused('The vault is locked.')
          : invalid(`Invalid lock ID: ${lockId}`);
      }
      if (lock.state === 'InProgress') await this.#save({ ...lock, state: 'Locked' });
    });
  }

  /** Gives the locking up; without a lock that is no error. */
  abortLock(nowMs: number): Promise<void> {
    return this.#mutex.run(async () => {
      const lock = this.#lockAt(nowMs);
      if (lock?.state === 'Locked') throw refused('The vault is locked.');
      if (!this.#lock) return;
      await this.#remove(this.#lockFile);
      this.#remember(undefined);
    });
  }

  #lockAt(nowMs: number): VaultLock | undefined {
    const lock = this.#lock;
    return lock && (lock.state === 'Locked' || nowMs - lock.createdAtMs < LOCK_LIFE_MS) ? lock : undefined;
  }

  async #save(lock: VaultLock): Promise<void> {
    await writeJson(this.#lockFile, lock);
    this.#remember(lock);
  }

  #remember(lock: VaultLock | undefined): void {
    this.#lock = lock;
    this.#lockPolicy = lock && parsePolicy(lock.policy);
  }

  async #remove(path: string): Promise<void> {
    await rm(path, { force: true });
    await flushFolderAsync(this.#folder);
  }

  get #accessFile(): string {
    return join(this.#folder, 'access-policy.json');
  }

  get #lockFile(): string {
    return join(this.#folder, 'vault-lock.json');
  }
}
