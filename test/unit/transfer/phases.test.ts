import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { realClock } from '../../../src/clock.js';
import { OpenSession } from '../../../src/session/open-session.js';
import type { CompletingSession, UploadingSession } from '../../../src/session/session.js';
import { openSessionStore, type SessionStore } from '../../../src/session/session-store.js';
import * as phases from '../../../src/transfer/lifecycle/phases.js';
import { tempFolder } from '../../helpers/temp-folder.js';

const id = '0123456789abcdef0123';
const destination = { profile: null, accountOption: '-', region: 'eu-west-1', endpoint: null, vault: 'demo' };
const place = { destination, localFolder: null, clock: realClock };
const which = { destination, accountId: '111122223333', createdAt: '2026-01-01T00:00:00.000Z' };
const beginning = { partSizeBytes: 1024 ** 2, description: 'photo.jpg', again: false };
const ofFile = { ...beginning, subject: { path: '/home/me/photo.jpg', identity: null } };
const ofStream = { ...beginning, subject: { path: null, streamName: 'photos.tar', identity: null } };
const named = { uploadId: 'the-upload', accountId: '111122223333' };
const content = { sizeBytes: 1000, treeHash: 'ab'.repeat(32) };

let store: SessionStore;

beforeEach(async () => {
  store = await openSessionStore(join(tempFolder(), 'sessions'), process.getuid?.());
  store.prepare(Date.now());
});

/** The session as the next process finds it. */
function reopened(): OpenSession {
  const lock = { assertHeld: () => {}, release: () => {} };
  return new OpenSession(id, { store, lock, clock: realClock });
}

function uploadingFile(intent: phases.Intent = ofFile): UploadingSession {
  const open = reopened();
  return phases.begun(open, phases.intend(place, open, which, intent), named);
}

async function completing(): Promise<CompletingSession> {
  await phases.toComplete(reopened(), uploadingFile(), content);
  return phases.completing(reopened());
}

describe('each step is on disk for the next process', () => {
  test('an intent names no upload of its own', () => {
    phases.intend(place, reopened(), which, ofFile);
    expect(store.load(id)).toMatchObject({ phase: 'intent', uploadId: null, completion: null });
  });

  test('an intent and an adopted upload note when the vault was created, where the service says it', () => {
    phases.intend(place, reopened(), which, ofFile);
    expect(store.load(id)).toMatchObject({ vaultCreatedAt: which.createdAt });
    phases.intend(place, reopened(), { ...which, createdAt: null }, ofFile);
    expect(store.load(id)).not.toHaveProperty('vaultCreatedAt');
  });

  test('what is begun has the ID that the service gave it', () => {
    uploadingFile();
    expect(store.load(id)).toMatchObject({ phase: 'uploading', ...named, path: '/home/me/photo.jpg' });
  });

  test('an intent beside an unfinished upload keeps its ID, so that it can still be aborted', () => {
    uploadingFile();
    phases.intend(place, reopened(), which, ofFile);
    expect(store.load(id)).toMatchObject({ phase: 'intent', uploadId: 'the-upload' });
  });

  test('an upload that another tool began is not saved before its parts are found to be those of the file', () => {
    const list = {
      uploadId: 'theirs',
      accountId: '111122223333',
      partSizeBytes: 1024 ** 2,
      description: 'theirs',
      createdAt: '2026-01-02T00:00:00.000Z',
      parts: [],
    };
    const open = reopened();
    const session = phases.adopted(place, which, { id, path: '/home/me/photo.jpg' }, list);
    expect(store.load(id)).toBeNull();
    const identity = { device: '1', inode: '2', sizeBytes: 1000, mtimeNs: '3', ctimeNs: '4' };
    phases.belongs(place, open, session, identity);
    expect(store.load(id)).toMatchObject({
      phase: 'uploading',
      uploadId: 'theirs',
      origin: 'elsewhere',
      identity,
    });
  });

  test('before Complete its content is noted', async () => {
    await completing();
    expect(store.load(id)).toMatchObject({
      phase: 'completing',
      uploadId: 'the-upload',
      completion: content,
    });
  });

  test('the first time at which the service did not know the upload stays', async () => {
    await completing();
    const first = phases.noteUnknown({ clock: { ...realClock, now: () => 1_000 } }, reopened());
    phases.noteUnknown({ clock: { ...realClock, now: () => 2_000 } }, reopened());
    expect(first.completion.unknownSince).toBe('1970-01-01T00:00:01.000Z');
    expect(store.load(id)).toMatchObject({ completion: first.completion });
  });

  test('what is superseded is an intent, and its part hashes are forgotten', () => {
    const session = uploadingFile();
    const open = reopened();
    open.takeHashes(1, null).set(0, Buffer.alloc(32, 7));
    phases.supersede(open, session);
    expect(store.load(id)).toMatchObject({ phase: 'intent', uploadId: 'the-upload', partTreeHashes: '' });
  });
});

describe('a phase is taken back on proof', () => {
  test('an upload that is listed is uploading again, and a file tells by itself what to complete', async () => {
    phases.stillOpen(reopened(), await completing());
    expect(store.load(id)).toMatchObject({ phase: 'uploading', completion: null });
  });

  test('where neither file nor stream can tell what to complete, it stays noted', async () => {
    const session = { ...(await completing()), path: null };
    phases.stillOpen(reopened(), { ...session, completion: { ...content, unknownSince: 'x' } });
    expect(store.load(id)?.completion).toEqual(content);
  });

  test('what is uploading is not written once more', () => {
    const session = uploadingFile();
    const before = store.load(id);
    expect(phases.stillOpen(reopened(), { ...session, description: 'other' })).toMatchObject({
      description: 'other',
    });
    expect(store.load(id)).toEqual(before);
  });

  test('a first Complete that the service did not know the upload of has made nothing', async () => {
    const session = uploadingFile();
    const open = reopened();
    await phases.toComplete(open, session, content);
    phases.notMade(open, session);
    expect(store.load(id)).toMatchObject({ phase: 'uploading', completion: null });
  });
});

describe('the end of a stream', () => {
  test('is noted, and forgotten when the stream goes on', () => {
    phases.noteEnd(reopened(), uploadingFile(ofStream), content);
    expect(store.load(id)).toMatchObject({
      phase: 'uploading',
      streamName: 'photos.tar',
      completion: content,
    });
    phases.forgetEnd(reopened());
    expect(store.load(id)).toMatchObject({ phase: 'uploading', completion: null });
  });
});

test('a step from a phase in which it cannot be taken is an internal error', async () => {
  expect(() => phases.uploading(reopened())).toThrow(/no phase/);
  expect(() => phases.underWay(reopened())).toThrow(/no phase/);
  phases.intend(place, reopened(), which, ofFile);
  expect(() => phases.underWay(reopened())).toThrow(/intent/);
  await completing();
  expect(() => phases.uploading(reopened())).toThrow(/completing/);
  uploadingFile();
  expect(() => phases.noteUnknown(place, reopened())).toThrow(/uploading/);
});

test('no other file of the program saves a session', () => {
  const src = join(import.meta.dirname, '../../../src');
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );
  const saving = files.filter((name) =>
    /\bopen\.(save|commit)\(/.test(readFileSync(join(src, name), 'utf8')),
  );
  expect(saving).toEqual([join('transfer/lifecycle/phases.ts')]);
});
