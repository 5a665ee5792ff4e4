/** Which upload an operand means. */
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import type { State } from '../../../src/cli/open/open-state.js';
import { resolveTarget, type TargetRun } from '../../../src/cli/operands/targets.js';
import type { UploadingSession } from '../../../src/session/session.js';
import { openSessionStore, type SessionStore } from '../../../src/session/session-store.js';
import { tempFolder } from '../../helpers/temp-folder.js';

const destination = { profile: null, accountOption: '-', region: 'eu-west-1', endpoint: null, vault: 'demo' };

let folder: string;
let file: string;
let store: SessionStore;

beforeEach(async () => {
  folder = tempFolder();
  file = join(folder, 'photos.tar');
  writeFileSync(file, 'photos');
  store = await openSessionStore(join(folder, 'sessions'), process.getuid?.());
  store.prepare(Date.now());
});

/** Saves a session of the file. */
function session(id: string, changes: Partial<UploadingSession> = {}): string {
  store.save({
    id,
    phase: 'uploading',
    destination,
    localFolder: null,
    accountId: '111122223333',
    path: file,
    identity: null,
    origin: 'here',
    uploadId: `upload-of-${id}`,
    partSizeBytes: 1024 ** 2,
    description: 'photos.tar',
    partTreeHashes: '',
    completion: null,
    startedAt: '2026-01-01T00:00:00.000Z',
    lastActivityAt: '2026-01-01T00:00:00.000Z',
    ...changes,
  });
  return id;
}
const one = 'aaaa456789abcdef0123';
const two = 'aaab456789abcdef0123';

async function resolve(operand: string | undefined, options: Partial<TargetRun['options']> = {}) {
  const target = await resolveTarget({ options } as TargetRun, { sessions: store } as State, operand);
  const { name, selector, file: meant, session: found, uploadId } = target;
  return { name, selector, file: meant, id: found?.id ?? null, uploadId };
}

describe('a file', () => {
  test('means its session, by whatever name it is called', async () => {
    session(one);
    const link = join(folder, 'link.tar');
    symlinkSync(file, link);
    expect(await resolve(file)).toMatchObject({ name: file, file, id: one });
    expect(await resolve(link)).toMatchObject({ name: link, file: link, id: one });
  });

  test('with sessions in several vaults must be told the vault', async () => {
    session(one);
    session(two, { destination: { ...destination, vault: 'other' } });
    await expect(resolve(file)).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining(`${one} (vault demo), ${two} (vault other)`),
    });
    expect(await resolve(file, { vault: 'other' })).toMatchObject({ id: two });
  });

  test('in several regions must be told the region; an embedded vault has none', async () => {
    session(one);
    session(two, { destination: { ...destination, region: 'us-east-1' } });
    expect(await resolve(file, { region: 'us-east-1' })).toMatchObject({ id: two });
    await expect(resolve(file, { region: 'eu-north-1' })).rejects.toMatchObject({ code: 'session-unknown' });
    const embedded = join(folder, 'embedded.tar');
    writeFileSync(embedded, '');
    const local = { ...destination, region: 'local' };
    session('bbbb456789abcdef0123', { path: embedded, destination: local, localFolder: folder });
    expect(await resolve(embedded, { region: 'eu-north-1' })).toMatchObject({ file: embedded });
  });

  test('with --local means what is in an embedded vault', async () => {
    session(one);
    await expect(resolve(file, { local: folder })).rejects.toMatchObject({ code: 'session-unknown' });
    session(two, { destination: { ...destination, region: 'local' }, localFolder: folder });
    expect(await resolve(file, { local: folder })).toMatchObject({ id: two });
  });

  test('with --profile means the session of that profile, if there is one', async () => {
    session(one);
    session(two, { destination: { ...destination, profile: 'backup' } });
    expect(await resolve(file, { profile: 'backup' })).toMatchObject({ id: two });
    await expect(resolve(file, { profile: 'another' })).rejects.toMatchObject({ code: 'usage' });
    await expect(resolve(file)).rejects.toMatchObject({ code: 'usage' });
  });
});

describe('the beginning of a session’s ID', () => {
  test('of four digits at least means it, in capitals too', async () => {
    session(one);
    session(two);
    expect(await resolve('aaaa')).toMatchObject({ name: 'aaaa', file, id: one });
    expect(await resolve('AAAB')).toMatchObject({ id: two });
    await expect(resolve('aaa')).rejects.toMatchObject({ code: 'session-unknown' });
    await expect(resolve('')).rejects.toMatchObject({ code: 'session-unknown' });
  });

  test('that several have is refused', async () => {
    session(one);
    session('aaaa556789abcdef0123', { path: '/another' });
    await expect(resolve('aaaa')).rejects.toMatchObject({ code: 'usage' });
    expect(await resolve('aaaa5')).toMatchObject({ file: '/another' });
  });

  test('gives way to a file of that name', async () => {
    session(one);
    session(two, { path: join(process.cwd(), 'aaaa') });
    expect(await resolve('aaaa')).toMatchObject({ id: two });
  });
});

describe('the name of an archive from a pipe', () => {
  test('means its session, which has no file', async () => {
    session(one, { path: null, streamName: 'db.dump' });
    expect(await resolve('db.dump')).toMatchObject({ name: 'db.dump', file: null, id: one });
    await expect(resolve('db.dump', { vault: 'other' })).rejects.toMatchObject({ code: 'session-unknown' });
  });

  test('that several have is refused, unless the profile tells', async () => {
    session(one, { path: null, streamName: 'db.dump' });
    session(two, {
      path: null,
      streamName: 'db.dump',
      destination: { ...destination, profile: 'backup' },
    });
    await expect(resolve('db.dump')).rejects.toMatchObject({ code: 'usage' });
    expect(await resolve('db.dump', { profile: 'backup' })).toMatchObject({ id: two });
  });
});

describe('an upload ID', () => {
  test('means the session that has it, with the file or without', async () => {
    session(one);
    const uploadId = `upload-of-${one}`;
    expect(await resolve(undefined, { uploadId })).toMatchObject({ name: uploadId, file, id: one, uploadId });
    expect(await resolve(file, { uploadId })).toMatchObject({ name: file, file, id: one, uploadId });
  });

  test('with another file is of no session', async () => {
    session(one);
    const other = join(folder, 'other.tar');
    writeFileSync(other, '');
    const uploadId = `upload-of-${one}`;
    expect(await resolve(other, { uploadId })).toMatchObject({ file: other, id: null, uploadId });
  });

  test('that no session has is looked for where the options say', async () => {
    const options = { uploadId: 'theirs', vault: 'demo', region: 'eu-west-1' };
    expect(await resolve(undefined, options)).toEqual({
      name: 'theirs',
      selector: options,
      file: null,
      id: null,
      uploadId: 'theirs',
    });
  });

  test('is looked for where its session leads, unless a vault is named', async () => {
    session(one);
    const uploadId = `upload-of-${one}`;
    expect((await resolve(undefined, { uploadId })).selector).toMatchObject({
      vault: 'demo',
      region: 'eu-west-1',
    });
    const named = { uploadId, vault: 'demo' };
    expect((await resolve(undefined, named)).selector).toEqual(named);
  });
});

describe('where the vault of a session is', () => {
  test('is known by the session, and options may reach it in another way', async () => {
    session(one);
    expect((await resolve(one)).selector).toMatchObject({
      vault: 'demo',
      region: 'eu-west-1',
      accountId: '-',
    });
    const options = { profile: 'backup', accountId: '111122223333', endpointUrl: 'http://127.0.0.1:1' };
    expect((await resolve(one, options)).selector).toMatchObject({ vault: 'demo', ...options });
  });

  test('is the whole of it when no option says otherwise', async () => {
    const endpoint = 'http://127.0.0.1:1';
    session(one, { destination: { ...destination, profile: 'backup', accountOption: '1', endpoint } });
    expect((await resolve(one)).selector).toStrictEqual({
      vault: 'demo',
      region: 'eu-west-1',
      accountId: '1',
      profile: 'backup',
      endpointUrl: endpoint,
    });
  });

  test('is not changed by options when it is in a folder', async () => {
    session(one, { localFolder: folder, destination: { ...destination, region: 'local' } });
    const { selector } = await resolve(one, { endpointUrl: 'http://127.0.0.1:1' });
    expect(selector).toMatchObject({ local: folder });
    expect(selector.endpointUrl).toBe(undefined);
  });
});

describe('an operand that means nothing', () => {
  test('is an error, and so is none', async () => {
    await expect(resolve('nothing')).rejects.toMatchObject({ code: 'session-unknown' });
    await expect(resolve(undefined)).rejects.toMatchObject({ code: 'usage' });
  });

  test('could be a session that cannot be read', async () => {
    session(one);
    writeFileSync(join(folder, 'sessions', `${two}.json`), '{ this is no session');
    await expect(resolve('nothing')).rejects.toMatchObject({ code: 'state-unusable' });
    expect(await resolve('aaaa')).toMatchObject({ id: one });
  });
});
