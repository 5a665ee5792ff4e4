import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { FileIdentity } from '../../../src/archive/identity.js';
import { GlacierUpError } from '../../../src/errors.js';
import type { Lock } from '../../../src/session/lock.js';
import { OpenSession } from '../../../src/session/open-session.js';
import { PartHashes } from '../../../src/session/part-hashes.js';
import type { CompletingSession, IntentSession, UploadingSession } from '../../../src/session/session.js';
import { openSessionStore, type SessionStore } from '../../../src/session/session-store.js';
import { fakeClock } from '../../helpers/fake-clock.js';
import { tempFolder } from '../../helpers/temp-folder.js';

const id = '0123456789abcdef0123';

const identity: FileIdentity = { device: '1', inode: '2', sizeBytes: 1000, mtimeNs: '3', ctimeNs: '4' };

const uploading: UploadingSession = {
  id,
  phase: 'uploading',
  destination: { profile: null, accountOption: '-', region: 'eu-west-1', endpoint: null, vault: 'demo' },
  localFolder: null,
  accountId: '111122223333',
  path: '/home/me/photo.jpg',
  identity,
  origin: 'here',
  uploadId: 'the-upload',
  partSizeBytes: 1024 ** 2,
  description: 'photo.jpg',
  partTreeHashes: '',
  completion: null,
  startedAt: '2026-01-01T00:00:00.000Z',
  lastActivityAt: '2026-01-01T00:00:00.000Z',
};
const intent: IntentSession = { ...uploading, phase: 'intent', completion: null };
const completing: CompletingSession = {
  ...uploading,
  phase: 'completing',
  completion: { sizeBytes: 1000, treeHash: 'ab'.repeat(32) },
};

/** A store in a folder of its own, whose writes are counted by their kind. */
async function storeOnDisk() {
  const folder = join(tempFolder(), 'sessions');
  const store = await openSessionStore(folder, process.getuid?.());
  store.prepare(Date.now());
  const calls: string[] = [];
  const counted: SessionStore = {
    ...store,
    save: (session) => {
      calls.push('save');
      store.save(session);
    },
    put: (session) => {
      calls.push('put');
      store.put(session);
    },
    commit: async (session) => {
      calls.push('commit');
      await store.commit(session);
    },
    drop: (dropped) => {
      calls.push('drop');
      store.drop(dropped);
    },
    remove: (removed) => {
      calls.push('remove');
      store.remove(removed);
    },
  };
  return { folder, store: counted, calls };
}

const heldLock: Lock = { assertHeld: () => {}, release: () => {} };
const lostLock: Lock = {
  assertHeld: () => {
    throw new GlacierUpError('locked', 'another process took it over');
  },
  release: () => {},
};

function openIn(store: SessionStore, { lock = heldLock, clock = fakeClock() } = {}): OpenSession {
  return new OpenSession(id, { store, lock, clock });
}

describe('an open session', () => {
  test('is saved at every change of phase, and read again as it was saved', async () => {
    const { store, calls } = await storeOnDisk();
    const open = openIn(store);
    expect(open.session).toBe(null);
    expect(open.save({ ...intent })).toEqual(intent);
    expect(store.load(id)).toMatchObject({ phase: 'intent' });
    open.save({ ...uploading });
    await open.commit({ ...completing });
    expect(calls).toEqual(['save', 'save', 'save']);
    expect(openIn(store).session).toMatchObject({ phase: 'completing', uploadId: 'the-upload' });
  });

  test('saves progress once a second at most, and the rest when it is flushed', async () => {
    const { store, calls } = await storeOnDisk();
    const clock = fakeClock();
    const open = openIn(store, { clock });
    open.save({ ...uploading });
    const stored = () => store.load(id)?.lastActivityAt;
    clock.pass(999);
    open.noteProgress();
    expect(stored()).toBe('2026-01-01T00:00:00.000Z');
    clock.pass(1);
    open.noteProgress();
    expect(stored()).toBe('2026-01-01T00:00:01.000Z');
    clock.pass(500);
    open.noteProgress();
    expect(stored()).toBe('2026-01-01T00:00:01.000Z');
    open.flush();
    expect(stored()).toBe('2026-01-01T00:00:01.500Z');
    open.flush();
    expect(calls).toEqual(['save', 'save', 'save']);
  });

  test('is saved with the hashes that it has taken', async () => {
    const { store } = await storeOnDisk();
    const open = openIn(store);
    open.save({ ...uploading });
    const hashes = open.takeHashes(2, null);
    hashes.set(1, Buffer.alloc(32, 7));
    open.flush();
    const again = openIn(store);
    expect(again.storedHashes(2).get(0)).toBe(null);
    expect(again.storedHashes(2).get(1)).toEqual(Buffer.alloc(32, 7));
    const known = new PartHashes(1);
    expect(again.takeHashes(1, known)).toBe(known);
    expect(again.hashes).toBe(known);
  });

  test('gives its hashes for the file that they are of, and for no other', async () => {
    const { store } = await storeOnDisk();
    expect(openIn(store).hashesFor(identity, 1)).toBe(null);
    const open = openIn(store);
    open.takeHashes(1, null).set(0, Buffer.alloc(32, 7));
    open.save({ ...uploading });
    expect(open.hashesFor(identity, 1)?.get(0)).toEqual(Buffer.alloc(32, 7));
    expect(open.hashesFor({ ...identity, mtimeNs: '5' }, 1)).toBe(null);
    open.save({ ...uploading, identity: { ...identity, unsure: true } });
    expect(open.hashesFor(identity, 1)).toBe(null);
  });

  test('that is removed is gone, and is not written again by what was put off', async () => {
    const { store, calls } = await storeOnDisk();
    const open = openIn(store);
    open.save({ ...uploading });
    open.noteProgress();
    open.remove();
    open.flush();
    open.noteProgress();
    expect(open.session).toBe(null);
    expect(store.load(id)).toBe(null);
    expect(calls).toEqual(['save', 'remove']);
  });

  test('writes and removes nothing once its lock is lost', async () => {
    const { store } = await storeOnDisk();
    openIn(store).save({ ...uploading });
    const open = openIn(store, { lock: lostLock });
    expect(() => open.save({ ...completing })).toThrow('took it over');
    expect(() => open.remove()).toThrow('took it over');
    expect(store.load(id)).toMatchObject({ phase: 'uploading' });
  });
});

describe('the session of a small file', () => {
  test('is not written as an intent, not flushed until it is committed, and then saved as any other', async () => {
    const { folder, store, calls } = await storeOnDisk();
    const open = openIn(store);
    open.saveLightly();
    open.save({ ...intent });
    expect(existsSync(join(folder, `${id}.json`))).toBe(false);
    open.save({ ...uploading });
    await open.commit({ ...completing });
    open.save({ ...uploading });
    expect(calls).toEqual(['put', 'commit', 'save']);
  });

  test('is written as an intent when its beginning is flushed', async () => {
    const { store, calls } = await storeOnDisk();
    const open = openIn(store);
    open.saveLightly();
    open.save({ ...intent });
    open.flush();
    open.flush();
    expect(store.load(id)).toMatchObject({ phase: 'intent' });
    expect(calls).toEqual(['put']);
  });

  test('does not save progress by the way', async () => {
    const { store, calls } = await storeOnDisk();
    const clock = fakeClock();
    const open = openIn(store, { clock });
    open.saveLightly();
    open.save({ ...uploading });
    clock.pass(10_000);
    open.noteProgress();
    expect(calls).toEqual(['put']);
  });

  test.each([
    ['before it is committed', false, 'drop'],
    ['once it is committed', true, 'drop'],
  ])('is dropped %s, since no copy of it was made', async (_, isCommitted, last) => {
    const { store, calls } = await storeOnDisk();
    const open = openIn(store);
    open.saveLightly();
    open.save({ ...uploading });
    if (isCommitted) await open.commit({ ...completing });
    open.remove();
    expect(calls.at(-1)).toBe(last);
    expect(store.load(id)).toBe(null);
  });

  test('is removed with its copy once it was saved as any other', async () => {
    const { store, calls } = await storeOnDisk();
    const open = openIn(store);
    open.saveLightly();
    open.save({ ...uploading });
    await open.commit({ ...completing });
    open.save({ ...uploading });
    open.remove();
    expect(calls.at(-1)).toBe('remove');
  });

  test('is as any other when it was there before', async () => {
    const { store, calls } = await storeOnDisk();
    openIn(store).save({ ...uploading });
    const open = openIn(store);
    open.saveLightly();
    open.save({ ...uploading });
    expect(calls).toEqual(['save', 'save']);
  });
});

describe('a small file’s session whose "completing" was written and could not be flushed', () => {
  test('says "uploading" again: Complete is not sent, and the next run must not take it for sent', async () => {
    const { store } = await storeOnDisk();
    const failing: SessionStore = {
      ...store,
      commit: async (session) => {
        await store.commit(session);
        throw new GlacierUpError('state-unusable', 'the disk is full');
      },
    };
    const open = openIn(failing);
    open.saveLightly();
    open.save({ ...uploading });
    await expect(open.commit({ ...completing })).rejects.toMatchObject({ code: 'state-unusable' });
    expect(store.load(id)).toMatchObject({ phase: 'uploading', completion: null });
    open.noteProgress();
    open.flush();
    expect(store.load(id)).toMatchObject({ phase: 'uploading' });
  });

  test('of which nothing else is known stays away from what the failed save may have left', async () => {
    const { store, calls } = await storeOnDisk();
    const failing: SessionStore = {
      ...store,
      commit: () => Promise.reject(new GlacierUpError('state-unusable', 'the disk is full')),
    };
    const open = openIn(failing);
    open.saveLightly();
    await expect(open.commit({ ...completing })).rejects.toMatchObject({ code: 'state-unusable' });
    expect(open.session).toBe(null);
    expect(calls).toEqual([]);
  });
});
