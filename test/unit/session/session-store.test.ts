/** Sessions on disk: what is there after a save, after a damage and after a removal. */
import {
  existsSync,
  linkSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type Conf from 'conf';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { findSessionId } from '../../../src/session/find-session.js';
import { sessionId, type UploadingSession } from '../../../src/session/session.js';
import { openSessionStore, type SessionStore } from '../../../src/session/session-store.js';
import { tempFolder } from '../../helpers/temp-folder.js';

/** Whether the disk is full: `conf` then publishes what fits, and reports success. */
let isFull = false;

vi.mock(import('../../../src/session/import-conf.js'), async (load) => {
  const RealConf = await (await load()).importConf();
  class ConfOnFullDisk extends RealConf<Record<string, unknown>> {
    override get store() {
      return super.store;
    }

    override set store(value) {
      super.store = value;
      if (isFull) truncateSync(this.path, 50);
    }
  }
  return { importConf: async () => ConfOnFullDisk as typeof Conf };
});

vi.mock('node:fs', async (load) => {
  const fs = await load<typeof import('node:fs')>();
  return { ...fs, linkSync: vi.fn(fs.linkSync) };
});

const destination = { profile: null, accountOption: '-', region: 'eu-west-1', endpoint: null, vault: 'demo' };
const id = 'aaaa456789abcdef0123';
const hourMs = 3_600_000;

let folder: string;
let store: SessionStore;
let recovered: string[];

beforeEach(async () => {
  folder = join(tempFolder(), 'sessions');
  recovered = [];
  isFull = false;
  store = await openSessionStore(folder, process.getuid?.(), (message) => recovered.push(message));
  store.prepare(Date.now());
});

function session(changes: Partial<UploadingSession> = {}): UploadingSession {
  return {
    id,
    phase: 'uploading',
    destination,
    localFolder: null,
    accountId: '111122223333',
    path: '/home/me/photos.tar',
    identity: null,
    origin: 'here',
    uploadId: 'the-upload',
    partSizeBytes: 1024 ** 2,
    description: 'photos.tar',
    partTreeHashes: '',
    completion: null,
    startedAt: '2026-01-01T00:00:00.000Z',
    lastActivityAt: '2026-01-01T00:00:00.000Z',
    ...changes,
  };
}
const file = () => join(folder, `${id}.json`);

describe('a session', () => {
  test.each(['save', 'put', 'commit'] as const)('is there after %s, alone in the folder', async (how) => {
    expect([store.load(id), store.peek(id)]).toEqual([null, null]);
    await store[how](session());
    await store[how](session({ description: 'another' }));
    expect(store.load(id)).toEqual(session({ description: 'another' }));
    expect(store.peek(id)).toEqual(store.load(id));
    expect(readdirSync(folder)).toEqual([`${id}.json`]);
  });

  test.each(['remove', 'drop'] as const)('is gone after %s', (how) => {
    store.save(session());
    store[how](id);
    expect(store.load(id)).toBe(null);
    store[how](id);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('is removed with its copies and leaves those of others', () => {
    const other = 'bbbb456789abcdef0123';
    store.save(session());
    store.save(session({ id: other }));
    for (const name of [`${id}.json.prev`, `${id}.json.corrupt`, `${other}.json.prev`]) {
      writeFileSync(join(folder, name), '');
    }
    store.remove(id);
    expect(readdirSync(folder).sort()).toEqual([`${other}.json`, `${other}.json.prev`]);
  });

  test('cannot be saved in a folder that is gone', async () => {
    rmSync(folder, { recursive: true });
    expect(() => store.save(session())).toThrow(expect.objectContaining({ code: 'state-unusable' }));
    expect(() => store.put(session())).toThrow(expect.objectContaining({ code: 'state-unusable' }));
    await expect(store.commit(session())).rejects.toMatchObject({ code: 'state-unusable' });
    expect(store.list()).toEqual({ sessions: [], faults: [] });
  });
});

describe('a save that the disk cuts off', () => {
  const save = (description: string) => () => store.save(session({ description }));

  test('is reported, and the state before is put back', () => {
    save('first')();
    isFull = true;
    expect(save('second')).toThrow(expect.objectContaining({ code: 'state-unusable' }));
    expect(readdirSync(folder)).toEqual([`${id}.json`]);
    expect(store.load(id)).toMatchObject({ description: 'first' });
  });

  test('or that has no room even for a copy leaves the state before as it is', () => {
    save('first')();
    vi.mocked(linkSync).mockImplementationOnce(() => {
      throw Object.assign(new Error('no room'), { code: 'ENOSPC' });
    });
    expect(save('second')).toThrow(expect.objectContaining({ code: 'state-unusable' }));
    expect(store.load(id)).toMatchObject({ description: 'first' });
  });

  test('is put back from a copy where the file system has no hard links', () => {
    save('first')();
    vi.mocked(linkSync).mockImplementationOnce(() => {
      throw Object.assign(new Error('no links'), { code: 'EPERM' });
    });
    isFull = true;
    expect(save('second')).toThrow(expect.objectContaining({ code: 'state-unusable' }));
    expect(store.load(id)).toMatchObject({ description: 'first' });
    expect(recovered).toEqual([]);
  });

  test('leaves nothing where no state was before it', () => {
    isFull = true;
    expect(save('first')).toThrow(expect.objectContaining({ code: 'state-unusable' }));
    expect(readdirSync(folder)).toEqual([]);
    expect(store.load(id)).toBe(null);
  });
});

describe('a session that is damaged', () => {
  const damage = () => writeFileSync(file(), readFileSync(file(), 'utf8').slice(0, 50));
  const keepSpare = () => writeFileSync(`${file()}.prev`, readFileSync(file()), { mode: 0o600 });

  test('is an error when there is no copy of it', () => {
    store.save(session());
    damage();
    expect(() => store.load(id)).toThrow(expect.objectContaining({ code: 'state-unusable' }));
    expect(() => store.peek(id)).toThrow(expect.objectContaining({ code: 'state-unusable' }));
    expect(store.list().faults).toHaveLength(1);
  });

  test.each([
    ['', 'it is empty'],
    ['{"schemaVersion":1', 'it is cut off or not JSON'],
    ['{}', 'it names no version'],
    ['{"schemaVersion":1,"session":{},"sha256":""}', 'its checksum is wrong'],
  ])('says what is wrong with "%s"', (text, message) => {
    writeFileSync(file(), text, { mode: 0o600 });
    expect(() => store.load(id)).toThrow(message);
  });

  test('is read from its copy; who may only look changes nothing', () => {
    store.save(session());
    keepSpare();
    damage();
    expect(store.peek(id)).toEqual(session());
    expect(store.list().sessions).toEqual([session()]);
    expect(readdirSync(folder)).toContain(`${id}.json.prev`);
    expect(recovered).toEqual([]);
  });

  test('is replaced by its copy for who holds it, and kept beside it', () => {
    store.save(session());
    keepSpare();
    damage();
    expect(store.load(id)).toEqual(session());
    expect(readdirSync(folder).sort()).toEqual([`${id}.json`, `${id}.json.corrupt`]);
    expect(recovered).toHaveLength(1);
    expect(store.load(id)).toEqual(session());
    expect(recovered).toHaveLength(1);
  });

  test('or missing beside its copy is read from that', () => {
    store.save(session());
    keepSpare();
    rmSync(file());
    expect(store.load(id)).toEqual(session());
    expect(readdirSync(folder)).toEqual([`${id}.json`]);
  });

  test('beside a damaged copy is an error', () => {
    store.save(session());
    writeFileSync(`${file()}.prev`, 'nothing', { mode: 0o600 });
    expect(store.load(id)).toEqual(session());
    rmSync(file());
    expect(() => store.load(id)).toThrow(expect.objectContaining({ code: 'state-unusable' }));
  });

  test('of a newer version is an error, and its copy is no way around that', () => {
    store.save(session());
    keepSpare();
    const newer = { ...JSON.parse(readFileSync(file(), 'utf8')), schemaVersion: 99 };
    writeFileSync(file(), JSON.stringify(newer));
    expect(() => store.load(id)).toThrow(expect.objectContaining({ code: 'state-unusable' }));
    expect(existsSync(`${file()}.prev`)).toBe(true);
  });
});

describe('a list of sessions', () => {
  test('begins with the oldest; of one time, by ID', () => {
    const ids = ['cccc456789abcdef0123', 'bbbb456789abcdef0123', id];
    store.save(session({ id: ids[0] ?? '', startedAt: '2026-01-02T00:00:00.000Z' }));
    store.save(session({ id: ids[1] ?? '' }));
    store.save(session({ id }));
    writeFileSync(join(folder, 'notes.json'), '');
    expect(store.list().sessions.map((one) => one.id)).toEqual([id, ids[1], ids[0]]);
  });
});

describe('what killed runs have left', () => {
  const orphan = () => join(folder, `${id}.json.tmp-0123ab`);
  const leave = (agoMs: number) => {
    writeFileSync(orphan(), '');
    const at = new Date(Date.now() - agoMs);
    utimesSync(orphan(), at, at);
  };

  test('is cleared away once it is a day old, and looked for once a minute at most', () => {
    leave(25 * hourMs);
    store.prepare(Date.now() + 59_000);
    expect(existsSync(orphan())).toBe(true);
    store.prepare(Date.now() + 61_000);
    expect(existsSync(orphan())).toBe(false);
    leave(hourMs);
    store.prepare(Date.now() + 122_000);
    expect(existsSync(orphan())).toBe(true);
  });
});

test('the folder is made, and looked at, once a second at most', () => {
  const nowMs = Date.now() + 600_000;
  store.prepare(nowMs);
  rmSync(folder, { recursive: true });
  store.prepare(nowMs + 999);
  expect(existsSync(folder)).toBe(false);
  store.prepare(nowMs + 1000);
  expect(existsSync(folder)).toBe(true);
  rmSync(folder, { recursive: true });
  // The clock was set back.
  store.prepare(nowMs - 600_000);
  expect(existsSync(folder)).toBe(true);
});

describe('the session of a file', () => {
  const vault = { destination, accountId: '111122223333' };
  const path = '/home/me/photos.tar';

  test('has an ID that follows from vault and file', () => {
    const expected = sessionId(vault, path);
    expect(findSessionId(store, vault, path)).toBe(expected);
    store.save(session({ id: expected }));
    expect(findSessionId(store, vault, path)).toBe(expected);
  });

  test('that was begun while the account was not known is found under its own ID', () => {
    const earlier = sessionId({ destination, accountId: null }, path);
    store.save(session({ id: earlier, accountId: null }));
    expect(findSessionId(store, vault, path)).toBe(earlier);
    expect(findSessionId(store, vault, '/another')).toBe(sessionId(vault, '/another'));
    const other = { destination: { ...destination, vault: 'other' }, accountId: '111122223333' };
    expect(findSessionId(store, other, path)).toBe(sessionId(other, path));
    store.remove(earlier);
    expect(findSessionId(store, vault, path)).toBe(sessionId(vault, path));
  });

  test('under the ID of today comes before one of another ID', () => {
    const today = sessionId(vault, path);
    store.save(session({ id: sessionId({ destination, accountId: null }, path), accountId: null }));
    store.save(session({ id: today }));
    expect(findSessionId(store, vault, path)).toBe(today);
  });
});

test('a folder that cannot be made is an error', async () => {
  const blocked = join(tempFolder(), 'file');
  writeFileSync(blocked, '');
  const beyond = await openSessionStore(join(blocked, 'sessions'), process.getuid?.());
  expect(() => beyond.prepare(Date.now())).toThrow(expect.objectContaining({ code: 'state-unusable' }));
});
