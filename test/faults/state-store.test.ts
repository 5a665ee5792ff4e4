/** State on disk: damaged, full, of another version, cut off in time; nothing is ever read as something else. */
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { realClock } from '../../src/clock.js';
import type { Receipt } from '../../src/session/receipts/receipt.js';
import { openReceiptLog } from '../../src/session/receipts/receipt-log.js';
import { sessionSchemaVersion, type UploadSession } from '../../src/session/session.js';
import { openSessionStore, type SessionStore } from '../../src/session/session-store.js';
import { tempFolder } from '../helpers/temp-folder.js';
import { type Machine, makeMachine } from './helpers/machine.js';
import { assertPromise, receiptsOf } from './helpers/promise.js';
import { type ServedVault, serveHere } from './helpers/served-vault.js';
import { canTrace, trace } from './helpers/strace.js';
import { isWhole } from './helpers/sweep.js';

const golden = join(import.meta.dirname, 'golden');
const id = '0123456789abcdef0123';

interface Kept {
  store: SessionStore;
  file: string;
  session: UploadSession;
  text: string;
  notes: string[];
}

/** A store with one saved session in it. */
async function kept(): Promise<Kept> {
  const folder = join(tempFolder(), 'sessions');
  const notes: string[] = [];
  const store = await openSessionStore(folder, process.getuid?.(), (note) => notes.push(note));
  store.prepare(Date.now());
  const session: UploadSession = {
    id,
    phase: 'uploading',
    destination: { profile: null, accountOption: '-', region: 'eu-west-1', endpoint: null, vault: 'demo' },
    localFolder: null,
    accountId: '111122223333',
    path: '/home/me/backup.tar',
    identity: null,
    origin: 'here',
    uploadId: 'the-upload',
    partSizeBytes: 1024 ** 2,
    description: 'backup.tar',
    partTreeHashes: '',
    completion: null,
    startedAt: '2026-01-01T00:00:00.000Z',
    lastActivityAt: '2026-01-01T00:00:00.000Z',
  };
  store.save(session);
  const file = join(folder, `${id}.json`);
  return { store, file, session, text: readFileSync(file, 'utf8'), notes };
}

/** What `load` makes of a file with these bytes: the session, or a refusal that changes nothing. */
function loadOf({ store, file }: Kept, bytes: string | Buffer): UploadSession | null | 'refused' {
  writeFileSync(file, bytes, { mode: 0o600 });
  try {
    return store.load(id);
  } catch (error) {
    expect(error).toMatchObject({ code: 'state-unusable', exitCode: 9 });
    expect(String((error as Error).message)).toContain(file);
    expect(readFileSync(file).equals(Buffer.from(bytes))).toBe(true);
    return 'refused';
  }
}

describe('a session file', () => {
  test('cut off at any length is refused and left as it is', async () => {
    const all = await kept();
    for (let length = 0; length < all.text.length - 1; length += 1) {
      expect(loadOf(all, all.text.slice(0, length)), `cut at ${length}`).toBe('refused');
    }
  });

  test('with any byte altered is refused, or says the same as before', async () => {
    const all = await kept();
    for (let at = 0; at < all.text.length; at += 1) {
      for (const bit of isWhole ? [0, 1, 2, 3, 4, 5, 6, 7] : [at % 8]) {
        const bytes = Buffer.from(all.text);
        bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
        const loaded = loadOf(all, bytes);
        if (loaded !== 'refused') expect(loaded, `byte ${at}, bit ${bit}`).toEqual(all.session);
      }
    }
  });

  test.each(['', '[]', 'null', '"text"', '1', '{}', '{"schemaVersion":1}', '{"session":{}}'])(
    'that holds %j is refused, not taken for an empty one',
    async (text) => {
      expect(loadOf(await kept(), text)).toBe('refused');
    },
  );

  test('of a newer version is refused, named with both versions, and stays as it is to the byte', async () => {
    const all = await kept();
    const newer = all.text.replace('"schemaVersion":1', '"schemaVersion":2');
    // Not even a spare copy of this program's own making takes its place.
    writeFileSync(`${all.file}.prev`, all.text, { mode: 0o600 });
    expect(loadOf(all, newer)).toBe('refused');
    expect(() => all.store.load(id)).toThrow(/version 2, this program knows 1/);
    expect(all.store.list().faults).toHaveLength(1);
    expect(readFileSync(all.file, 'utf8')).toBe(newer);
    expect(readFileSync(`${all.file}.prev`, 'utf8')).toBe(all.text);
  });

  test.each([
    ['cut off', (text: string) => text.slice(0, 99)],
    ['empty', () => ''],
    ['damaged', (text: string) => text.replace('demo', 'dema')],
  ])('that is %s gives way to the copy of the state before, and is kept beside it', async (_, damage) => {
    const all = await kept();
    writeFileSync(`${all.file}.prev`, all.text, { mode: 0o600 });
    const damaged = damage(all.text);
    expect(loadOf(all, damaged)).toEqual(all.session);
    expect(all.notes).toHaveLength(1);
    expect(readFileSync(`${all.file}.corrupt`, 'utf8')).toBe(damaged);
    expect(readFileSync(all.file, 'utf8')).toBe(all.text);
  });

  test('that is gone between two renames is found in its copy', async () => {
    const all = await kept();
    renameSync(all.file, `${all.file}.prev`);
    expect(all.store.load(id)).toEqual(all.session);
  });

  test('that was removed does not come back from its copy', async () => {
    const all = await kept();
    writeFileSync(`${all.file}.prev`, all.text, { mode: 0o600 });
    all.store.remove(id);
    expect(all.store.load(id)).toBeNull();
    expect(existsSync(`${all.file}.prev`)).toBe(false);
  });
});

/** A file system of its own with so little room; undefined where this user may not mount one. */
function smallDisk(sizeKiB: number): string | undefined {
  const folder = tempFolder();
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeKiB}k,mode=0700`, 'tmpfs', folder], {
      stdio: 'ignore',
    });
  } catch {
    return undefined;
  }
  onTestFinished(() => void execFileSync('umount', ['-l', folder]));
  return folder;
}

/** Leaves so many bytes, in whole pages. */
function fill(disk: string, leaveBytes: number): () => void {
  const { bavail, bsize } = statfsSync(disk);
  const filler = join(disk, 'filler');
  writeFileSync(filler, Buffer.alloc(Math.max(0, bavail * bsize - leaveBytes)));
  return () => rmSync(filler);
}

const noMount = 'no right to mount a small file system';

describe('on a disk that is full', () => {
  test('a save fails aloud, and the state before it stays, however little room is left', async ({ skip }) => {
    const disk = smallDisk(512) ?? skip(noMount);
    const folder = join(disk, 'sessions');
    const store = await openSessionStore(folder, process.getuid?.());
    store.prepare(Date.now());
    const { session } = await kept();
    // Three pages: what is cut off differs with the room that is left.
    const grown = { ...session, partTreeHashes: 'A'.repeat(12_000) };
    for (const leaveBytes of [0, 4096, 8192, 12_288]) {
      store.save(session);
      const empty = fill(disk, leaveBytes);
      expect(() => store.save(grown), `${leaveBytes} bytes left`).toThrow(/the disk is full/);
      expect(store.load(id)).toEqual(session);
      empty();
      store.save(grown);
      expect(store.load(id)).toEqual(grown);
      store.remove(id);
      expect(readdirSync(folder)).toEqual([]);
    }
  });

  test('an upload that has no room for state before Initiate exits 9 and begins nothing', async ({
    skip,
  }) => {
    const disk = smallDisk(64) ?? skip(noMount);
    const { machine, server, words } = await stage(['*#2-:error=AccessDeniedException']);
    fill(disk, 0);
    const refused = await machine.run([...words, '--state-dir', join(disk, 'state')]);
    expect(refused, refused.stderr).toMatchObject({ exitCode: 9, stdout: '' });
    expect(refused.stderr).toContain('the disk is full');
    expect(refused.stderr).toContain('make room');
    // The only request so far made the vault: any other would have been refused, exit 7.
    expect(readdirSync(join(server.folder, 'vaults/1/uploads'))).toEqual([]);
  });

  test('an upload without room for its receipt prints the archive ID all the same, and the next run writes it', async ({
    skip,
  }) => {
    const disk = smallDisk(64) ?? skip(noMount);
    const { machine, server, words } = await stage();
    const empty = fill(disk, 0);
    const unsaved = await machine.run(words, { env: { XDG_DATA_HOME: disk } });
    expect(unsaved, unsaved.stderr).toMatchObject({ exitCode: 9 });
    expect(unsaved.stdout).toMatch(/^[A-Za-z0-9_-]{138}\n$/);
    expect(unsaved.stderr).toContain('its receipt could not be saved');
    empty();
    const saved = await machine.run(words, { env: { XDG_DATA_HOME: disk } });
    expect(saved).toMatchObject({ exitCode: 0, stdout: unsaved.stdout });
    mkdirSync(dirname(machine.receiptFile), { recursive: true, mode: 0o700 });
    cpSync(join(disk, 'glacier-up/receipts.jsonl'), machine.receiptFile);
    assertPromise(machine, { vaultFolder: server.folder, vault: 'demo' });
  });
});

describe.skipIf(!canTrace)('a disk that fails to flush a receipt', () => {
  test('leaves no line that would pass for kept; the next run writes and flushes it', async () => {
    const { machine, server, words } = await stage();
    const failed = await trace(machine, words, {
      calls: ['fsync'],
      inject: 'fsync:error=EIO:when=1',
      path: machine.receiptFile,
      threads: 'main',
    });
    expect(failed.calls.find(({ isInjected }) => isInjected)?.text).toContain('receipts.jsonl>');
    expect(failed.outcome).toMatchObject({ exitCode: 9 });
    expect(readFileSync(machine.receiptFile, 'utf8')).toBe('');
    const flushed = await trace(machine, words, { calls: ['fsync'], threads: 'main' });
    expect(flushed.outcome).toMatchObject({ exitCode: 0, stdout: failed.outcome.stdout });
    expect(flushed.calls.filter(({ text }) => text.includes('receipts.jsonl>'))).toHaveLength(1);
    assertPromise(machine, { vaultFolder: server.folder, vault: 'demo' });
  });
});

interface Stage {
  machine: Machine;
  server: ServedVault;
  words: string[];
}

async function stage(faults: string[] = []): Promise<Stage> {
  const machine = makeMachine();
  const server = await serveHere({ faults });
  await server.createVault('demo');
  return { machine, server, words: ['upload', machine.file, '--part-size', '1M', ...server.words('demo')] };
}

describe('the shipped program', () => {
  test('refuses damaged state with exit 9, sends nothing, and leaves the file as it is', async () => {
    const { machine, words } = await stage(['upload-part#3-:error=AccessDeniedException']);
    const stopped = await machine.run([...words, '--concurrency', '1']);
    expect(stopped.exitCode).toBe(7);
    const name = readdirSync(machine.sessionFolder).find((one) => one.endsWith('.json')) ?? '';
    const file = join(machine.sessionFolder, name);
    const text = readFileSync(file, 'utf8').slice(0, -20);
    writeFileSync(file, text);
    const refused = await machine.run(words);
    expect(refused).toMatchObject({ exitCode: 9, stdout: '' });
    expect(refused.stderr).toContain(file);
    expect(refused.stderr).toContain('--upload-id');
    expect(readFileSync(file, 'utf8')).toBe(text);
  });

  test('reads receipts around a line that a crash cut off, reports it, and appends on a line of its own', async () => {
    const { machine, words } = await stage();
    mkdirSync(join(machine.home, '.local/share/glacier-up'), { recursive: true, mode: 0o700 });
    writeFileSync(machine.receiptFile, '{"schema":1,"archiveId":"cut', { mode: 0o600 });
    const done = await machine.run(words);
    expect(done.exitCode).toBe(0);
    expect(receiptsOf(machine).map(({ archiveId }) => archiveId)).toEqual([done.stdout.trim()]);
    const listed = await machine.run(['receipts']);
    expect(listed).toMatchObject({ exitCode: 9 });
    expect(listed.stdout).toContain(done.stdout.trim());
    expect(listed.stderr).toContain('invalid receipts on lines 1');
  });
});

describe('files of every released version', () => {
  test(`are kept as golden files up to version ${sessionSchemaVersion}`, () => {
    for (let version = 1; version <= sessionSchemaVersion; version += 1) {
      for (const phase of ['intent', 'uploading', 'completing']) {
        expect(existsSync(join(golden, `session-v${version}-${phase}.golden`))).toBe(true);
      }
    }
  });

  test('are read for what they say, and saved again the same', async () => {
    for (const name of readdirSync(golden).filter((one) => one.startsWith('session-'))) {
      const folder = join(tempFolder(), 'sessions');
      const store = await openSessionStore(folder, process.getuid?.());
      store.prepare(Date.now());
      const text = readFileSync(join(golden, name), 'utf8');
      const goldenId = String(JSON.parse(text).session.id);
      const file = join(folder, `${goldenId}.json`);
      writeFileSync(file, text, { mode: 0o600 });
      const session = store.load(goldenId);
      expect(session).toMatchObject({ id: goldenId, phase: /v\d+-(\w+)/.exec(name)?.[1] });
      store.save(session as UploadSession);
      expect(readFileSync(file, 'utf8')).toBe(text);
    }
  });

  test('give their archive IDs as receipts', async () => {
    const folder = tempFolder();
    cpSync(join(golden, 'receipts-v1.golden'), join(folder, 'receipts.jsonl'));
    const book = openReceiptLog(folder, undefined, realClock);
    const unreadable: number[] = [];
    const lines = readFileSync(join(golden, 'receipts-v1.golden'), 'utf8').trimEnd().split('\n');
    expect([...book.all((line) => unreadable.push(line))]).toEqual(
      lines.map((line) => JSON.parse(line) as Receipt),
    );
    expect(unreadable).toEqual([]);
  });
});
