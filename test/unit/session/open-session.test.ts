import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { realClock } from '../../../src/clock.js';
import { GlacierUpError } from '../../../src/errors.js';
import { OpenSession } from '../../../src/session/open-session.js';
import type { UploadSession } from '../../../src/session/session.js';
import { openSessionStore, type SessionStore } from '../../../src/session/session-store.js';
import { tempFolder } from '../../helpers/temp-folder.js';

const id = '0123456789abcdef0123';

const uploading: UploadSession = {
  id,
  phase: 'uploading',
  destination: { profile: null, accountOption: '-', region: 'eu-west-1', endpoint: null, vault: 'demo' },
  localFolder: null,
  accountId: '111122223333',
  path: '/home/me/photo.jpg',
  identity: null,
  origin: 'here',
  uploadId: 'the-upload',
  partSizeBytes: 1024 ** 2,
  description: 'photo.jpg',
  partTreeHashes: '',
  completion: null,
  startedAt: '2026-01-01T00:00:00.000Z',
  lastActivityAt: '2026-01-01T00:00:00.000Z',
};
const completing: UploadSession = {
  ...uploading,
  phase: 'completing',
  completion: { sizeBytes: 1000, treeHash: 'ab'.repeat(32) },
};

describe('a small file’s session whose "completing" was written and could not be flushed', () => {
  test('says "uploading" again: Complete is not sent, and the next run must not take it for sent', async () => {
    const store = await openSessionStore(join(tempFolder(), 'sessions'), process.getuid?.());
    store.prepare(Date.now());
    const failing: SessionStore = {
      ...store,
      commit: async (session) => {
        await store.commit(session);
        throw new GlacierUpError('state-unusable', 'the disk is full');
      },
    };
    const lock = { assertHeld: () => {}, release: () => {} } as never;
    const open = new OpenSession(id, { store: failing, lock, clock: realClock });
    open.saveLightly();
    open.save({ ...uploading });
    await expect(open.commit({ ...completing })).rejects.toMatchObject({ code: 'state-unusable' });
    expect(store.load(id)).toMatchObject({ phase: 'uploading', completion: null });
    open.noteProgress();
    open.flush();
    expect(store.load(id)).toMatchObject({ phase: 'uploading' });
  });
});
