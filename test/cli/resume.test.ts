import { appendFileSync, readFileSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { MiB, seededFile } from '../helpers/bytes.js';
import { jsonLines, makePlace, sha256Of } from '../helpers/place.js';

const partSize = ['--part-size', '1M'];

describe('an interrupted upload', () => {
  test('ends by the signal, says so, and keeps its session', async () => {
    const { interrupted, file, sessions } = makePlace();
    const { signal, stderr, stdout } = await interrupted(['upload', file, ...partSize], 2);
    expect(signal).toBe('SIGINT');
    expect(stdout).toBe('');
    expect(stderr).toContain('SIGINT: stopping; run it again to resume');
    expect(sessions()).toMatchObject([{ phase: 'uploading', path: file, partSizeBytes: MiB }]);
  });

  test.each([
    ['the same command', (file: string) => ['upload', file]],
    ['resume with the file', (file: string) => ['resume', file]],
  ])('is carried on by %s, which sends only the missing parts', async (_, words) => {
    const { interrupted, run, file, archives, receipts } = makePlace();
    await interrupted(['upload', file, ...partSize], 2);
    const { code, stdout, stderr } = await run(words(file));
    expect(code).toBe(0);
    expect(stderr).toContain('resumed: 2 of 4 parts');
    expect(stdout).toMatch(/^[A-Za-z0-9_-]{138}\n$/);
    expect(archives()).toEqual([sha256Of(file)]);
    expect(receipts()).toMatchObject([{ parts: { total: 4, sent: 2, kept: 2 } }]);
  });

  test('is carried on by its session ID alone, from any prefix', async () => {
    const { interrupted, plain, file, archives, sessions } = makePlace();
    await interrupted(['upload', file, ...partSize], 1);
    const id = String(sessions()[0]?.id);
    const { code } = await plain(['resume', id.slice(0, 6)]);
    expect(code).toBe(0);
    expect(archives()).toEqual([sha256Of(file)]);
  });

  test('is carried on by resume --all, with every other one', async () => {
    const { interrupted, plain, folder, file, archives, sessions } = makePlace();
    const other = join(folder, 'other.tar');
    seededFile(other, 2.5 * MiB, 2);
    await interrupted(['upload', file, ...partSize], 1);
    await interrupted(['upload', other, ...partSize], 1);
    expect(sessions()).toHaveLength(2);
    const { code, stdout } = await plain(['resume', '--all']);
    expect(code).toBe(0);
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => line.split('  ')[1]),
    ).toEqual([file, other]);
    expect(archives()).toHaveLength(2);
    expect(sessions()).toEqual([]);
  });

  test('is not carried on with another part size: exit 2, naming both', async () => {
    const { interrupted, run, file } = makePlace();
    await interrupted(['upload', file, ...partSize], 1);
    const { code, stderr } = await run(['upload', file, '--part-size', '2M']);
    expect(code).toBe(2);
    expect(stderr).toContain('--part-size is 2097152, the unfinished upload has parts of 1048576 bytes');
  });

  test('starts again with --start-over, and the old upload is gone', async () => {
    const { interrupted, run, file, archives, receipts } = makePlace();
    await interrupted(['upload', file, ...partSize], 2);
    const { code } = await run(['upload', file, ...partSize, '--start-over']);
    expect(code).toBe(0);
    expect(archives()).toHaveLength(1);
    expect(receipts()).toMatchObject([{ parts: { sent: 4, kept: 0 } }]);
    expect((await run(['list-uploads'])).stdout).toBe('');
  });

  test('of a file that was touched meanwhile is hashed again and carried on', async () => {
    const { interrupted, run, file, receipts } = makePlace();
    await interrupted(['upload', file, ...partSize], 2);
    utimesSync(file, new Date(), new Date());
    expect((await run(['upload', file])).code).toBe(0);
    expect(receipts()).toMatchObject([{ parts: { sent: 2, kept: 2 } }]);
  });

  test.each([
    ['one byte of a stored part', (file: string) => writeFileSync(file, flipped(file, 100))],
    ['its length, being cut', (file: string) => truncateSync(file, 1.5 * MiB)],
  ])('of a file that changed %s meanwhile is refused: exit 3, nothing sent', async (_, change) => {
    const { interrupted, run, file, sessions } = makePlace();
    await interrupted(['upload', file, ...partSize], 2);
    change(file);
    const { code, stdout, stderr } = await run(['upload', file]);
    expect(code).toBe(3);
    expect(stdout).toBe('');
    expect(stderr).toContain('the file changed since its upload began');
    expect(sessions()).toHaveLength(1);
  });

  test('of a file that grew behind its stored parts is carried on as the file is now', async () => {
    const { interrupted, run, file, archives } = makePlace();
    await interrupted(['upload', file, ...partSize], 2);
    appendFileSync(file, Buffer.alloc(MiB, 7));
    expect((await run(['upload', file])).code).toBe(0);
    expect(archives()).toEqual([sha256Of(file)]);
  });

  test('whose file is gone is refused: exit 3', async () => {
    const { interrupted, run, file } = makePlace();
    await interrupted(['upload', file, ...partSize], 1);
    rmSync(file);
    const { code, stderr } = await run(['resume', file]);
    expect(code).toBe(3);
    expect(stderr).toContain('no such file');
  });
});

describe('resume', () => {
  test('of what is neither file nor session is exit 4', async () => {
    const { run } = makePlace();
    expect((await run(['resume', 'abcdef0123'])).code).toBe(4);
  });

  test('of a file without an unfinished upload is exit 4 and begins nothing', async () => {
    const { run, file } = makePlace();
    expect((await run(['resume', file])).code).toBe(4);
  });
});

describe('list-parts', () => {
  test('shows each range beside the file, then a summary', async () => {
    const { interrupted, run, file } = makePlace();
    await interrupted(['upload', file, ...partSize], 2);
    const { code, stdout, stderr } = await run(['list-parts', file]);
    expect(code).toBe(0);
    expect(stdout.split('\n').map((line) => line.split('  ').slice(0, 2).join(' '))).toEqual([
      '0-1048575 matching',
      '1048576-2097151 matching',
      '2097152-3145727 missing',
      '3145728-3670015 missing',
      `${file}: 4 parts of 1 MiB; 2 matching, 2 missing; first gap 2097152-3145727`,
      '',
    ]);
    expect(stderr).toMatch(/next: glacier-up resume [0-9a-f]{20}/);
  });

  test('draws a map of the parts on a terminal', async () => {
    const { interrupted, run, file } = makePlace();
    await interrupted(['upload', file, ...partSize], 2);
    const { stdout } = await run(['list-parts', file], { columns: 80 });
    expect(stdout).toContain('[##..]\n# matching  . missing\n');
  });

  test('--json gives one object a part, then the counts', async () => {
    const { interrupted, run, file } = makePlace();
    await interrupted(['upload', file, ...partSize], 1);
    const lines = jsonLines(await run(['list-parts', '--json', file]));
    expect(lines).toHaveLength(5);
    expect(lines[0]).toMatchObject({ type: 'part', range: '0-1048575', state: 'matching' });
    expect(lines[0]?.treeHash).toBe(lines[0]?.serverTreeHash);
    expect(lines[1]).toMatchObject({ state: 'missing', treeHash: null, serverTreeHash: null });
    expect(lines[4]).toMatchObject({
      type: 'parts',
      matching: 1,
      missing: 3,
      different: 0,
      firstGap: '1048576-2097151',
    });
  });

  test('shows as different what the changed file does not have', async () => {
    const { interrupted, run, file } = makePlace();
    await interrupted(['upload', file, ...partSize], 2);
    writeFileSync(file, flipped(file, MiB + 5));
    const lines = jsonLines(await run(['list-parts', '--json', file]));
    expect(lines.map(({ state }) => state)).toEqual([
      'matching',
      'different',
      'missing',
      'missing',
      undefined,
    ]);
    expect(lines[4]?.fileChanged).toContain('modified');
  });

  test('shows as unexpected what no part of the file has', async () => {
    const { interrupted, run, file } = makePlace();
    await interrupted(['upload', file, ...partSize], 2);
    truncateSync(file, 1.5 * MiB);
    const { code, stdout } = await run(['list-parts', file]);
    expect(code).toBe(0);
    expect(stdout).toContain('1048576-2097151  unexpected');
    expect(stdout).toContain('1048576-1572863  missing');
  });

  test('without its file shows the parts as unknown', async () => {
    const { interrupted, run, plain, file, vaultFolder, sessions } = makePlace();
    await interrupted(['upload', file, ...partSize], 2);
    const uploadId = String(sessions()[0]?.uploadId);
    const elsewhere = { env: { HOME: join(vaultFolder, '../other-home') } };
    const { stdout } = await run(['list-parts', `--upload-id=${uploadId}`], elsewhere);
    expect(stdout).toContain('0-1048575  unknown');
    expect((await plain(['list-parts', `--upload-id=${uploadId}`])).stdout).toContain('0-1048575  matching');
  });
});

describe('complete', () => {
  test('with parts missing is exit 1, sends none and keeps the session', async () => {
    const { interrupted, run, file, sessions } = makePlace();
    await interrupted(['upload', file, ...partSize], 2);
    const { code, stdout, stderr } = await run(['complete', file]);
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toContain('2 of 4 parts are missing or different');
    expect(sessions()).toHaveLength(1);
  });

  test('with every part there finishes the upload, and repeated gives the same ID', async () => {
    const { interrupted, run, file, archives } = makePlace();
    await interrupted(['upload', file, ...partSize], 4);
    const first = await run(['complete', file]);
    expect(first.code).toBe(0);
    expect(archives()).toEqual([sha256Of(file)]);
    expect(await run(['complete', file])).toMatchObject({ code: 0, stdout: first.stdout });
    expect(await run(['upload', file])).toMatchObject({ code: 0, stdout: first.stdout });
    expect(archives()).toHaveLength(1);
  });

  test('without the file takes its tree hash and size, and checks both', async () => {
    const { interrupted, run, plain, file, sessions, archives, folder } = makePlace();
    await interrupted(['upload', file, ...partSize], 4);
    const uploadId = String(sessions()[0]?.uploadId);
    const treeHash = (await plain(['treehash', file])).stdout.slice(0, 64);
    const env = { HOME: join(folder, 'other-home') };
    const size = String(3.5 * MiB);
    const words = ['complete', '--upload-id', uploadId];
    expect((await run(words, { env })).code).toBe(2);
    const wrongSize = await run([...words, '--tree-hash', treeHash, '--size', '3M'], { env });
    expect(wrongSize.code).toBe(1);
    const wrongHash = await run([...words, '--tree-hash', 'a'.repeat(64), '--size', size], { env });
    expect(wrongHash.code).toBe(10);
    const right = await run([...words, '--tree-hash', treeHash, '--size', size], { env });
    expect(right.code).toBe(0);
    expect(archives()).toEqual([sha256Of(file)]);
    // The machine that began it finds out by its own session.
    const own = await run(['complete', file]);
    expect(own).toMatchObject({ code: 0, stdout: right.stdout });
  });
});

describe('an upload begun elsewhere', () => {
  /** Begun by another home, two parts stored. */
  async function begunElsewhere() {
    const place = makePlace();
    await place.interrupted(['upload', place.file, ...partSize], 2);
    const uploadId = String(place.sessions()[0]?.uploadId);
    const env = { HOME: join(place.folder, 'other-home') };
    return { ...place, uploadId, env };
  }

  test('is carried on with its ID and the file, with any first character of the ID', async () => {
    const { run, file, uploadId, env, archives } = await begunElsewhere();
    const { code, stderr } = await run(['resume', '--upload-id', uploadId, file], { env });
    expect(stderr).toContain('resumed: 2 of 4 parts');
    expect(code).toBe(0);
    expect(archives()).toEqual([sha256Of(file)]);
  });

  test('with the wrong file sends nothing: exit 8, ranges named, no session made', async () => {
    const { run, plain, folder, uploadId, env, file } = await begunElsewhere();
    const wrong = join(folder, 'wrong.tar');
    seededFile(wrong, 3.5 * MiB, 9);
    const { code, stderr } = await run(['resume', '--upload-id', uploadId, wrong], { env });
    expect(code).toBe(8);
    expect(stderr).toContain('parts of the upload differ from the file: 0-1048575, 1048576-2097151');
    expect((await plain(['sessions'], { env })).stdout).toBe('');
    expect((await run(['list-parts', file])).stdout).toContain('2 matching, 2 missing');
  });

  test('--replace-parts sends the parts again that differ', async () => {
    const { run, folder, uploadId, env, archives } = await begunElsewhere();
    const right = join(folder, 'right.tar');
    seededFile(right, 3.5 * MiB, 9);
    const words = ['resume', '--upload-id', uploadId, right, '--replace-parts'];
    expect((await run(words, { env })).code).toBe(0);
    expect(archives()).toEqual([sha256Of(right)]);
  });

  test('is not mixed with another upload of the same file: exit 2, naming it', async () => {
    const { run, file, sessions } = await begunElsewhere();
    const { code, stderr } = await run(['resume', '--upload-id', 'another', file]);
    expect(code).toBe(2);
    expect(stderr).toContain(`has another upload open in this vault: ${sessions()[0]?.uploadId}`);
  });

  test('is listed beside the sessions known here', async () => {
    const { run, env, uploadId, sessions } = await begunElsewhere();
    expect((await run(['list-uploads'])).stdout).toContain(`session ${sessions()[0]?.id}`);
    const elsewhere = await run(['list-uploads'], { env });
    expect(elsewhere.stdout).toContain(uploadId);
    expect(elsewhere.stdout).toContain('not begun here');
  });
});

function flipped(file: string, offset: number): Buffer {
  const bytes = readFileSync(file);
  bytes[offset] = (bytes[offset] ?? 0) ^ 1;
  return bytes;
}
