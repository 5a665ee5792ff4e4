/** `--on-change start-over`: a file that changed since its unfinished upload began, or while it is being sent. */
import { appendFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { MiB, seededBytes } from '../helpers/bytes.js';
import type { CliOptions } from '../helpers/cli.js';
import { serveHttp } from '../helpers/network.js';
import { jsonLines, makePlace, type Place, sha256Of } from '../helpers/place.js';
import { makeServedPlace } from '../helpers/served-place.js';

const partSize = ['--part-size', '1M'];
const startOver = ['--on-change', 'start-over'];

/** What a nightly job does: the file has other content, under the same name. */
function overwrite(file: string, seed = 7, sizeBytes = 3.5 * MiB): void {
  writeFileSync(file, seededBytes(sizeBytes, seed));
}

async function openUploads({ run }: Pick<Place, 'run'>): Promise<Record<string, unknown>[]> {
  return jsonLines(await run(['list-uploads', '--json']));
}

/** Changes the file after each part that is stored, as often as `changes` says. */
function changing(file: string, changes: number): { options: Partial<CliOptions>; made: () => number } {
  let made = 0;
  const onStderr = (text: string): void => {
    if (made === changes || !/part \S+ stored/.test(text)) return;
    made += 1;
    overwrite(file, 100 + made);
  };
  return { options: { onStderr }, made: () => made };
}

describe('a file that was overwritten since its upload was interrupted', () => {
  test.each<[string, (file: string) => void]>([
    ['with as many bytes', (file) => overwrite(file)],
    ['with fewer bytes', (file) => truncateSync(file, 1.5 * MiB)],
    ['with more bytes', (file) => overwrite(file, 8, 5 * MiB)],
  ])('%s is archived by the same run, and the old upload is dropped', async (_, change) => {
    const place = makePlace();
    await place.interrupted(['upload', place.file, ...partSize], 2);
    change(place.file);
    const { code, stdout, stderr } = await place.run(['upload', place.file, ...partSize, ...startOver]);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stderr).toContain('the file changed since its upload began');
    expect(stderr).toContain('dropping what was sent and starting over');
    expect(stdout).toMatch(/^[A-Za-z0-9_-]{138}\n$/);
    expect(place.archives()).toEqual([sha256Of(place.file)]);
    expect(place.receipts()).toMatchObject([{ parts: { kept: 0 } }]);
    expect(place.sessions()).toEqual([]);
    expect(await openUploads(place)).toEqual([]);
  });

  test('is refused by default, and the hint names the option', async () => {
    const place = makePlace();
    await place.interrupted(['upload', place.file, ...partSize], 2);
    overwrite(place.file);
    for (const words of [[], ['--on-change', 'fail']]) {
      const { code, stderr } = await place.run(['upload', place.file, ...words]);
      expect(code).toBe(3);
      expect(stderr).toContain('for unattended use, --on-change start-over does that by itself');
    }
    expect(await openUploads(place)).toHaveLength(1);
  });

  test('is archived night after night with nothing but the environment, in silence', async () => {
    const place = makePlace();
    const env = { GLACIER_UP_ON_CHANGE: 'start-over', GLACIER_UP_QUIET: '1' };
    for (const seed of [11, 12]) {
      await place.interrupted(['upload', place.file, ...partSize], 2, {
        env: { ...env, GLACIER_UP_QUIET: '' },
      });
      overwrite(place.file, seed);
      expect(await place.run(['upload', place.file, ...partSize], { env })).toMatchObject({
        code: 0,
        stderr: '',
      });
      expect(place.archives().at(-1)).toBe(sha256Of(place.file));
      overwrite(place.file, seed + 50);
    }
    expect(place.archives()).toHaveLength(2);
  });

  test('another word than the two is wrong usage, also in the environment', async () => {
    const { run, file } = makePlace();
    expect(await run(['upload', file, '--on-change', 'maybe'])).toMatchObject({ code: 2 });
    expect(await run(['upload', file], { env: { GLACIER_UP_ON_CHANGE: 'maybe' } })).toMatchObject({
      code: 2,
    });
  });

  test('is archived by resume, which keeps the description', async () => {
    const place = makePlace();
    await place.interrupted(['upload', place.file, ...partSize, '--description', 'the night of {mtime}'], 2);
    const { description } = place.sessions()[0] ?? {};
    overwrite(place.file);
    expect(await place.plain(['resume', '--all'])).toMatchObject({ code: 3 });
    expect(await place.plain(['resume', '--all', ...startOver])).toMatchObject({ code: 0 });
    expect(place.archives()).toEqual([sha256Of(place.file)]);
    expect(place.receipts()).toMatchObject([{ description, path: place.file }]);
    expect(await openUploads(place)).toEqual([]);
  });

  test('is archived by resume also when its upload has expired', async () => {
    const place = makePlace();
    await place.interrupted(['upload', place.file, ...partSize], 2);
    const session = readFileSync(place.sessionFile());
    const path = place.sessionFile();
    await place.run(['abort', place.file, '--yes']);
    writeFileSync(path, session, { mode: 0o600 });
    expect(await place.plain(['resume', place.file, ...startOver])).toMatchObject({ code: 8 });
    overwrite(place.file);
    expect(await place.plain(['resume', place.file])).toMatchObject({ code: 8 });
    expect(await place.plain(['resume', place.file, ...startOver])).toMatchObject({ code: 0 });
    expect(place.archives()).toEqual([sha256Of(place.file)]);
  });

  test('with content that is archived already sends nothing', async () => {
    const place = makePlace();
    const first = await place.run(['upload', place.file, ...partSize]);
    const before = readFileSync(place.file);
    overwrite(place.file);
    await place.interrupted(['upload', place.file, ...partSize], 2);
    writeFileSync(place.file, before);
    const again = await place.run(['upload', place.file, ...partSize, ...startOver]);
    expect(again).toMatchObject({ code: 0, stdout: first.stdout });
    expect(again.stderr).toContain('archived already');
    expect(place.archives()).toHaveLength(1);
    expect(place.sessions()).toEqual([]);
    expect(await openUploads(place)).toEqual([]);
  });

  test('is archived by credentials that may not abort: the old upload is left to the service', async () => {
    const place = await makeServedPlace();
    const upstream = place.url();
    const url = await serveHttp(async (incoming, reply) => {
      if (incoming.method === 'DELETE') {
        const body = { code: 'AccessDeniedException', message: 'not authorized', type: 'Client' };
        reply.writeHead(403, { 'content-type': 'application/json' }).end(JSON.stringify(body));
        return;
      }
      const chunks: Buffer[] = [];
      for await (const chunk of incoming) chunks.push(chunk as Buffer);
      const headers = Object.fromEntries(
        Object.entries(incoming.headers).filter(([name]) => !['connection', 'content-length'].includes(name)),
      ) as Record<string, string>;
      const body = chunks.length > 0 ? { body: Buffer.concat(chunks) } : {};
      const answer = await fetch(`${upstream}${incoming.url}`, {
        method: incoming.method ?? '',
        headers,
        ...body,
      });
      reply
        .writeHead(answer.status, Object.fromEntries(answer.headers))
        .end(Buffer.from(await answer.arrayBuffer()));
    });
    const env = { AWS_ENDPOINT_URL_GLACIER: url };
    const begin = ['upload', place.file, ...partSize];
    expect(await place.interrupted(begin, 1, { env })).toMatchObject({ signal: 'SIGINT' });
    overwrite(place.file);
    const ended = await place.run([...begin, ...startOver], { env });
    expect(ended, ended.stderr).toMatchObject({ code: 0 });
    expect(ended.stderr).toContain('may not abort it');
    expect(place.archives()).toEqual([sha256Of(place.file)]);
  });

  test('of an upload that --upload-id names is never dropped', async () => {
    const place = makePlace();
    const { stdout } = await place.run(['upload', place.file, '--begin', ...partSize]);
    const id = ['--upload-id', stdout.trim()];
    await place.run(['upload', place.file, ...id, '--shard', '0/2']);
    overwrite(place.file);
    expect(await place.run(['resume', place.file, ...id, ...startOver])).toMatchObject({ code: 8 });
    expect(await openUploads(place)).toHaveLength(1);
    // Nor is it what goes with a shard.
    const shard = ['upload', place.file, ...id, '--shard', '0/2'];
    expect(await place.run([...shard, ...startOver])).toMatchObject({ code: 2 });
    const env = { GLACIER_UP_ON_CHANGE: 'start-over' };
    expect(await place.run(shard, { env })).toMatchObject({ code: 8 });
  });
});

describe('a file that was overwritten since Complete was sent for it', () => {
  test('is archived after the earlier upload was brought to its receipt', async () => {
    const place = await makeServedPlace();
    await place.serve({ faults: ['complete#1:lose-reply'] });
    const first = sha256Of(place.file);
    expect(await place.run(['upload', place.file, '--retry-for', '0'])).toMatchObject({ code: 5 });
    overwrite(place.file);
    expect(await place.run(['upload', place.file, ...startOver])).toMatchObject({ code: 0 });
    expect(place.archives()).toEqual([first, sha256Of(place.file)]);
    expect(place.receipts()).toHaveLength(2);
  });

  test('keeps its session while the outcome is unknown: exit 6', async () => {
    const place = await makeServedPlace();
    await place.serve({ faults: ['complete#1:lose-reply'] });
    expect(await place.run(['upload', place.file, '--retry-for', '0'])).toMatchObject({ code: 5 });
    // The upload ID is forgotten after a day.
    place.clock.pass(25 * 60 * 60 * 1000);
    overwrite(place.file);
    expect(await place.run(['upload', place.file, ...startOver])).toMatchObject({ code: 6 });
    expect(place.sessions()).toMatchObject([{ phase: 'completing' }]);
    expect(place.archives()).toHaveLength(1);
  });
});

describe('a file that changes while it is being sent', () => {
  const sending = (file: string) => ['upload', file, ...partSize, '--verbose', '--concurrency', '1'];

  test('is archived as it is once it stands still', async () => {
    const place = makePlace();
    const { options, made } = changing(place.file, 2);
    const { code, stderr } = await place.run([...sending(place.file), ...startOver], options);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(made()).toBe(2);
    expect(stderr).toMatch(/trying again in 10 seconds[\s\S]*trying again in 1 minute/);
    expect(place.archives()).toEqual([sha256Of(place.file)]);
    expect(await openUploads(place)).toEqual([]);
  });

  test('keeps the parts that are still the same', async () => {
    const place = makePlace();
    let isAppended = false;
    const onStderr = (text: string): void => {
      if (isAppended || !/part \S+ stored/.test(text)) return;
      isAppended = true;
      appendFileSync(place.file, 'one more line\n');
    };
    expect(await place.run([...sending(place.file), ...startOver], { onStderr })).toMatchObject({ code: 0 });
    expect(place.archives()).toEqual([sha256Of(place.file)]);
    // A part that is stored before the change is noticed is kept too, if it still has the same bytes.
    const [receipt] = place.receipts() as { parts: { total: number; sent: number; kept: number } }[];
    expect(receipt?.parts).toMatchObject({ total: 4, sent: 4 - (receipt?.parts.kept ?? 0) });
    expect(receipt?.parts.kept).toBeGreaterThan(0);
  });

  test('all the time ends the run with exit 3 after the fourth change, which is said', async () => {
    const place = makePlace();
    const { options, made } = changing(place.file, Number.POSITIVE_INFINITY);
    const { code, stderr } = await place.run([...sending(place.file), ...startOver], options);
    expect({ code, stderr }).toMatchObject({ code: 3 });
    expect(stderr).toContain('it changed 4 times during this run');
    expect(stderr.match(/trying again in/g)).toHaveLength(3);
    expect(made()).toBeGreaterThanOrEqual(4);
    expect(place.archives()).toEqual([]);
  });

  test('ends the run at once by default', async () => {
    const place = makePlace();
    const { options } = changing(place.file, 1);
    const { code, stderr } = await place.run(sending(place.file), options);
    expect(code).toBe(3);
    expect(stderr).toContain('--on-change start-over');
    expect(stderr).not.toContain('trying again');
  });
});

describe('a stream that is not what an earlier run stored', () => {
  const named = ['upload', '-', '--name', 'photos.tar', ...partSize];

  /** The first parts of a stream that then breaks off. */
  async function breakOff({ run, file }: Place): Promise<void> {
    const bytes = readFileSync(file).subarray(0, 2 * MiB + 1000);
    const stdin = Readable.from(
      (async function* () {
        yield bytes;
        throw Object.assign(new Error('read EIO'), { code: 'EIO' });
      })(),
    );
    await run(named, { stdin });
  }

  test('is archived by the same run where --exec can run the command again', async () => {
    const place = makePlace();
    await breakOff(place);
    overwrite(place.file);
    const exec = ['--exec', `cat '${place.file}'`];
    expect(await place.run([...named, ...exec])).toMatchObject({ code: 3 });
    const { code, stderr } = await place.run([...named, ...exec, ...startOver]);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stderr).toContain('dropping what is stored and starting over');
    expect(place.archives()).toEqual([sha256Of(place.file)]);
    expect(await openUploads(place)).toEqual([]);
  });

  test.each([
    ['shorter', 1.5 * MiB],
    ['longer', 4 * MiB],
  ])('is archived where the output is %s', async (_, sizeBytes) => {
    const place = makePlace();
    await breakOff(place);
    overwrite(place.file, 9, sizeBytes);
    const exec = ['--exec', `cat '${place.file}'`];
    expect(await place.run([...named, ...exec, ...startOver])).toMatchObject({ code: 0 });
    expect(place.archives()).toEqual([sha256Of(place.file)]);
  });

  test('of a plain pipe is dropped with exit 3, and archived by the next run', async () => {
    const place = makePlace();
    await breakOff(place);
    overwrite(place.file);
    const again = () =>
      place.run([...named, '--eof-completes', ...startOver], { stdin: readFileSync(place.file) });
    const { code, stderr } = await again();
    expect({ code, stderr }).toMatchObject({ code: 3 });
    expect(stderr).toContain('what was stored is dropped');
    expect(await openUploads(place)).toEqual([]);
    expect(await again()).toMatchObject({ code: 0 });
    expect(place.archives()).toEqual([sha256Of(place.file)]);
  });

  test('of a plain pipe keeps what is stored when it only ended early: its writer may have died', async () => {
    const place = makePlace();
    await breakOff(place);
    const stdin = readFileSync(place.file).subarray(0, MiB);
    expect(await place.run([...named, ...startOver], { stdin })).toMatchObject({ code: 3 });
    expect(await openUploads(place)).toHaveLength(1);
  });

  test('of a command that failed keeps what is stored', async () => {
    const place = makePlace();
    await breakOff(place);
    const exec = ['--exec', `head -c 1000000 '${place.file}'; exit 3`];
    expect(await place.run([...named, ...exec, ...startOver])).toMatchObject({ code: 1 });
    expect(await openUploads(place)).toHaveLength(1);
  });
});
