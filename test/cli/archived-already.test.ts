/** What counts as uploaded already: one content, one vault, one archive; until something contradicts the receipt. */
import {
  appendFileSync,
  copyFileSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { sessionId, type UploadSession } from '../../src/session/session.js';
import { openSessionStore } from '../../src/session/session-store.js';
import { startRecorder } from '../helpers/network.js';
import { jsonLines, makePlace, type Place } from '../helpers/place.js';
import { makeServedPlace } from '../helpers/served-place.js';
import { AUTHORIZATION } from '../server/helpers/vault.js';

const dayMs = 24 * 3600_000;

/** Uploads and gives the archive ID. */
async function upload(place: Place, file = place.file, words: string[] = []): Promise<string> {
  const { code, stdout, stderr } = await place.run(['upload', file, ...words]);
  expect(code, stderr).toBe(0);
  return stdout.trim();
}

describe('the same content under another name is the same archive', () => {
  test.each<[string, (file: string, other: string) => void]>([
    ['moved', renameSync],
    ['hard-linked', linkSync],
    ['copied', copyFileSync],
  ])('%s: nothing is sent, and a note names the file it was uploaded as', async (_, make) => {
    const place = makePlace();
    const id = await upload(place);
    const other = join(place.folder, 'other.tar');
    make(place.file, other);
    const { code, stdout, stderr } = await place.run(['upload', other]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${id}\n` });
    expect(stderr).toContain(`the same content was uploaded as ${place.file}`);
    expect(place.archives()).toHaveLength(1);
    expect((await place.plain(['treehash', '--receipts', other])).code).toBe(0);
  });

  test('a log that is rotated for three nights makes one archive for each content', async () => {
    const place = makePlace();
    const log = (n: number) => join(place.folder, n === 0 ? 'log' : `log.${n}`);
    const ids = new Set<string>();
    for (let night = 1; night <= 3; night += 1) {
      for (let n = night - 1; n >= 1; n -= 1) renameSync(log(n), log(n + 1));
      writeFileSync(log(1), `night ${night}`);
      for (let n = 1; n <= night; n += 1) ids.add(await upload(place, log(n)));
    }
    expect(ids.size).toBe(3);
    expect(place.archives()).toHaveLength(3);
  });

  test('the second time the file is not read again', async () => {
    const place = makePlace();
    await upload(place);
    const other = join(place.folder, 'other.tar');
    copyFileSync(place.file, other);
    await upload(place, other);
    const before = readFileSync(receiptFile(place), 'utf8');
    const again = await place.run(['upload', other, '--debug']);
    expect(again.stderr).not.toContain('the same content');
    expect(readFileSync(receiptFile(place), 'utf8')).toBe(before);
  });

  test('--again uploads it once more', async () => {
    const place = makePlace();
    const id = await upload(place);
    expect(await upload(place, place.file, ['--again'])).not.toBe(id);
    expect(place.archives()).toHaveLength(2);
  });

  test('--again, interrupted, is resumed and makes the second archive', async () => {
    const place = makePlace();
    const id = await upload(place);
    const words = ['upload', place.file, '--again', '--part-size', '1M'];
    expect((await place.interrupted(words, 1)).signal).toBe('SIGINT');
    const { code, stdout } = await place.plain(['resume', place.file]);
    expect(code).toBe(0);
    expect(stdout.trim()).not.toBe(id);
    expect(place.archives()).toHaveLength(2);
  });

  test('the content of a stream and of a file are one, too', async () => {
    const place = makePlace();
    const id = await upload(place);
    const stdin = readFileSync(place.file);
    const { stdout } = await place.run(['upload', '-', '--name', 'x', '--eof-completes'], { stdin });
    expect(stdout).toBe(`${id}\n`);
    expect(place.archives()).toHaveLength(1);
    expect((await place.plain(['receipts', 'x'])).stdout).toContain(id);
  });

  test('--begin begins nothing and prints nothing; --again begins another upload', async () => {
    const place = makePlace();
    const id = await upload(place);
    const begun = await place.run(['upload', place.file, '--begin']);
    expect(begun).toMatchObject({ code: 0, stdout: '' });
    expect(begun.stderr).toContain(id);
    expect((await place.run(['list-uploads'])).stdout).toBe('');
    expect((await place.run(['upload', place.file, '--begin', '--again'])).stdout).toMatch(/^[\w-]{92}\n$/);
  });

  test('--dry-run says so, and notes nothing', async () => {
    const place = makePlace();
    const id = await upload(place);
    const other = join(place.folder, 'other.tar');
    copyFileSync(place.file, other);
    const before = readFileSync(receiptFile(place), 'utf8');
    const { stdout } = await place.run(['upload', other, '--dry-run']);
    expect(stdout).toContain(`archived already as ${id}`);
    expect(readFileSync(receiptFile(place), 'utf8')).toBe(before);
  });
});

describe('a file that is turned back to earlier content', () => {
  test('is its earlier archive for upload, retrieve, treehash and receipts', async () => {
    const place = await makeServedPlace();
    const { file } = place;
    const contents = ['A', 'B', 'A'];
    const ids: string[] = [];
    for (const content of contents) {
      writeFileSync(file, content);
      ids.push(await upload(place));
    }
    expect(ids[2]).toBe(ids[0]);
    expect((await place.plain(['treehash', '--receipts', file])).stdout).toContain('OK');
    const receipts = jsonLines(await place.plain(['receipts', '--json', file]));
    expect(receipts.map(({ archiveId, content }) => [archiveId, content])).toEqual([
      [ids[1], 'earlier'],
      [ids[0], 'current'],
    ]);
    await place.run(['retrieve', file, '--force']);
    place.clock.pass(dayMs);
    const out = join(place.folder, 'out');
    expect((await place.run(['retrieve', file, '-o', out])).code).toBe(0);
    expect(readFileSync(out, 'utf8')).toBe('A');
  });
});

describe('one vault, however it is spelled', () => {
  /** A home with a profile `ann`; the process has keys of its own. */
  async function spelled() {
    const place = await makeServedPlace();
    const aws = join(place.folder, 'home/.aws');
    mkdirSync(aws, { recursive: true });
    const credentials = '[ann]\naws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = secret\n';
    writeFileSync(join(aws, 'credentials'), credentials);
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', join(aws, 'credentials'));
    const account = '111122223333';
    const other = place.url().replace('127.0.0.1', 'localhost');
    const spellings: [string[], Record<string, string>][] = [
      [[], {}],
      [['--profile', 'ann'], {}],
      [[], { AWS_PROFILE: 'ann' }],
      [['--account-id', account], {}],
      [[], { AWS_ENDPOINT_URL_GLACIER: other }],
      [['--endpoint-url', `${other.toUpperCase().replace('HTTP', 'http')}/`], {}],
    ];
    return { place, spellings };
  }

  test('keys, profiles, the account number and names of the host make one archive of one file', async () => {
    const { place, spellings } = await spelled();
    for (const [words, env] of spellings) {
      const { code, stderr } = await place.run(['upload', place.file, ...words], { env });
      expect(code, `${words} ${stderr}`).toBe(0);
    }
    expect(place.archives()).toHaveLength(1);
  });

  test('an interrupted upload is found under each of them, and resumed', async () => {
    const { place, spellings } = await spelled();
    const words = ['upload', place.file, '--part-size', '1M'];
    expect((await place.interrupted(words, 1)).signal).toBe('SIGINT');
    for (const [more, env] of spellings) {
      const plan = await place.run([...words, ...more, '--dry-run', '--json'], { env });
      expect(jsonLines(plan), `${more} ${plan.stderr}`).toMatchObject([
        { type: 'plan', parts: { total: 4 } },
      ]);
      expect(JSON.parse(plan.stdout).parts.stored).toBeGreaterThan(0);
    }
    const { code, stderr } = await place.run([...words, '--profile', 'ann']);
    expect({ code, isResumed: stderr.includes('resumed') }, stderr).toEqual({ code: 0, isResumed: true });
    expect(place.archives()).toHaveLength(1);
    expect(place.sessions()).toEqual([]);
  });

  test('a session that an earlier version named after profile and region is found', async () => {
    const place = await makeServedPlace();
    const words = ['upload', place.file, '--part-size', '1M'];
    expect((await place.interrupted(words, 1)).signal).toBe('SIGINT');
    const store = await openSessionStore(dirname(place.sessionFile()), process.getuid?.());
    const [session] = store.list().sessions;
    if (!session) throw new Error('there is no session');
    const { destination } = session;
    const id = sessionId({ destination, accountId: null }, String(session.path));
    expect(id).not.toBe(session.id);
    store.remove(session.id);
    store.save({ ...session, id });
    const { code, stderr } = await place.run(words);
    expect({ code, isResumed: stderr.includes('resumed') }, stderr).toEqual({ code: 0, isResumed: true });
    expect(place.sessions()).toEqual([]);
  });

  test('of two uploads of one file that an earlier version began, resume --all makes one archive', async () => {
    const place = await makeServedPlace();
    const words = ['upload', place.file, '--part-size', '1M'];
    const kept: UploadSession[] = [];
    let folder = '';
    for (const profile of [null, 'ann']) {
      expect((await place.interrupted(words, 1)).signal).toBe('SIGINT');
      folder = dirname(place.sessionFile());
      const store = await openSessionStore(folder, process.getuid?.());
      const [session] = store.list().sessions;
      if (!session) throw new Error('there is no session');
      const destination = { ...session.destination, profile };
      const id = sessionId({ destination, accountId: null }, String(session.path));
      kept.push({ ...session, id, destination });
      store.remove(session.id);
    }
    const store = await openSessionStore(folder, process.getuid?.());
    for (const session of kept)
      store.save({ ...session, destination: { ...session.destination, profile: null } });
    const { code, stdout, stderr } = await place.plain(['resume', '--all']);
    expect(code, stderr).toBe(0);
    expect(
      new Set(
        stdout
          .trim()
          .split('\n')
          .map((line) => line.split(' ')[0]),
      ).size,
    ).toBe(1);
    expect(place.archives()).toHaveLength(1);
    expect(place.sessions()).toEqual([]);
  });

  test('a mistyped vault leaves nothing behind', async () => {
    const place = await makeServedPlace();
    const { code, stderr } = await place.plain(['upload', place.file, '--vault', 'dmeo']);
    expect(code, stderr).toBe(8);
    expect(place.sessions()).toEqual([]);
  });

  test('without permission for DescribeVault the upload goes on', async () => {
    const place = await makeServedPlace(1000, { faults: ['describe-vault:error=AccessDeniedException'] });
    const id = await upload(place);
    expect(await upload(place)).toBe(id);
    const { stderr } = await place.run(['upload', place.file, '--verbose']);
    expect(stderr).toContain('glacier:DescribeVault');
  });

  test('a run asks once, however many files it has', async () => {
    const place = await makeServedPlace();
    const other = join(place.folder, 'other');
    writeFileSync(other, 'other');
    const recorder = await startRecorder(place.url);
    await place.run(['upload', place.file, other], { env: { AWS_ENDPOINT_URL_GLACIER: recorder.url } });
    expect(recorder.take().filter((request) => /^GET \S+\/vaults\/demo$/.test(request))).toHaveLength(1);
  });
});

describe('a receipt no longer counts', () => {
  test('when its vault was deleted and created again', async () => {
    const place = await makeServedPlace();
    const id = await upload(place);
    await place.run(['delete', id, '--yes']);
    // As another machine would do it: here nothing is noted.
    writeFileSync(
      receiptFile(place),
      readFileSync(receiptFile(place), 'utf8').split('\n').slice(0, 1).join('\n'),
    );
    place.clock.pass(dayMs);
    await request(place.url(), 'DELETE', '/-/vaults/demo');
    await request(place.url(), 'PUT', '/-/vaults/demo');
    expect(await upload(place)).not.toBe(id);
    expect((await place.plain(['receipts'])).stdout).toContain('its vault was deleted and created again');
  });

  test('when an inventory that must list the archive does not', async () => {
    const place = await makeServedPlace();
    const id = await upload(place);
    await request(place.url(), 'DELETE', `/-/vaults/demo/archives/${id}`);
    place.clock.pass(3 * dayMs);
    const fetched = await place.run(['inventory', '--wait']);
    expect(fetched.stderr).toContain('1 archive with a receipt is not in the inventory');
    expect((await place.plain(['receipts'])).stdout).toContain('an inventory of the vault does not list it');
    const again = await upload(place);
    expect(again).not.toBe(id);
    expect(place.archives()).toHaveLength(1);
  });

  test.each([
    ['not-found', false],
    ['forgotten', true],
  ])(
    'noted as %s: an inventory from before that changes nothing; still so after a certain one: %s',
    async (reason, stays) => {
      const place = await makeServedPlace();
      const archiveId = await upload(place);
      const isGone = async () => jsonLines(await place.plain(['receipts', '--json']))[0]?.gone !== null;
      await place.run(['inventory', '--request']);
      place.clock.pass(dayMs);
      const goneAt = new Date(place.clock.now()).toISOString();
      appendFileSync(
        receiptFile(place),
        `${JSON.stringify({ schema: 1, kind: 'gone', archiveId, reason, goneAt })}\n`,
      );
      expect((await place.run(['inventory', '--wait'])).stdout).toContain(archiveId);
      expect(await isGone()).toBe(true);
      place.clock.pass(3 * dayMs);
      await place.run(['inventory', '--request']);
      place.clock.pass(dayMs);
      expect((await place.run(['inventory', '--wait'])).stdout).toContain(archiveId);
      expect(await isGone()).toBe(stays);
    },
  );

  test('when retrieve could not find the archive', async () => {
    const place = await makeServedPlace();
    const id = await upload(place);
    await request(place.url(), 'DELETE', `/-/vaults/demo/archives/${id}`);
    expect((await place.run(['retrieve', id, '-o', join(place.folder, 'out')])).code).toBe(8);
    expect(await upload(place)).not.toBe(id);
  });

  test('when it is forgotten', async () => {
    const place = makePlace();
    const id = await upload(place);
    expect((await place.plain(['receipts', `--forget=${id}`])).code).toBe(0);
    expect(await upload(place)).not.toBe(id);
    expect((await place.plain(['receipts', '--forget=unknown-archive'])).code).toBe(4);
  });

  test('when the archive was deleted: retrieve FILE says so', async () => {
    const place = await makeServedPlace();
    const id = await upload(place);
    await place.run(['delete', id, '--yes']);
    const { code, stderr } = await place.run(['retrieve', place.file]);
    expect({ code, isTold: stderr.includes('it was deleted on') }).toEqual({ code: 8, isTold: true });
  });
});

/** What another tool does. */
async function request(url: string, method: string, path: string): Promise<void> {
  const headers = { authorization: AUTHORIZATION, 'x-amz-glacier-version': '2012-06-01' };
  const { status } = await fetch(url + path, { method, headers });
  expect(status, `${method} ${path}`).toBeLessThan(300);
}

function receiptFile(place: Place): string {
  return join(place.folder, 'home/.local/share/glacier-up/receipts.jsonl');
}
