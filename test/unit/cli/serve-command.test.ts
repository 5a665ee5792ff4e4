/** `serve`: what its options ask of the server, and what is wrong with them. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { serveCommand } from '../../../src/cli/commands/serve/serve.js';
import { ask, sha256, treeHash } from '../../server/helpers/vault.js';
import { commandRun } from './helpers/command-run.js';

/** Starts it with a folder of the test; it is stopped afterwards. */
async function served(options: object, env: Record<string, string> = {}) {
  const run = commandRun({ ...options } as { dir?: string }, { env });
  const dir = join(run.folder, 'vault');
  const all = Object.assign(run.command.options, { dir, ...options });
  const running = serveCommand.run({ ...run.command, options: all as never }, []);
  const url = async (): Promise<string> => {
    for (;;) {
      const address = /^listening on (\S+)\n$/.exec(run.stdout())?.[1];
      if (address) return address;
      await Promise.race([pause(5), running]);
    }
  };
  let isOver = false;
  void running.then(
    () => (isOver = true),
    () => {},
  );
  onTestFinished(async () => {
    run.stop();
    await running.catch(() => {});
  });
  return { ...run, dir, running, url: await url(), isOver: () => isOver };
}

const failure = (options: object, env = {}) =>
  served(options, env).then(
    () => null,
    ({ code, message, hint }) => ({ code, message, hint }),
  );

const vault = '/-/vaults/v';
const inventoryJob = JSON.stringify({ Type: 'inventory-retrieval' });

/** Asks for an inventory. @returns the job, or the service's code */
async function inventory(url: string, of = vault): Promise<Record<string, unknown>> {
  const started = await ask(url, 'POST', `${of}/jobs`, { body: Buffer.from(inventoryJob) });
  const jobId = started.headers['x-amz-job-id'];
  if (jobId === undefined) return started.json as Record<string, unknown>;
  return (await ask(url, 'GET', `${of}/jobs/${jobId}`)).json as Record<string, unknown>;
}

test('serves until it is stopped, on the port that is given', async () => {
  const first = await served({});
  expect((await ask(first.url, 'GET', '/-/vaults')).status).toBe(200);
  expect(first.isOver()).toBe(false);
  first.stop();
  await first.running;
  const port = Number(new URL(first.url).port);
  expect((await served({ port })).url).toBe(first.url);
});

test('serves nothing when it is stopped already', async () => {
  const run = commandRun();
  run.stop();
  const options = { dir: join(run.folder, 'vault') } as never;
  await serveCommand.run({ ...run.command, options }, []);
  expect(run.stdout()).toMatch(/^listening on /);
});

test('a new vault has an inventory on its first day only with --inventory-every 0', async () => {
  const of = '/-/vaults/new';
  const body = Buffer.from('an archive');
  const headers = { 'x-amz-sha256-tree-hash': treeHash(body), 'x-amz-content-sha256': sha256(body) };
  const filled = async (options: object): Promise<string> => {
    const { url } = await served(options);
    await ask(url, 'PUT', of);
    expect((await ask(url, 'POST', `${of}/archives`, { headers, body })).status).toBe(201);
    return url;
  };
  expect(await inventory(await filled({}), of)).toMatchObject({ code: 'ResourceNotFoundException' });
  expect(await inventory(await filled({ inventoryEvery: 0 }), of)).toMatchObject({
    StatusCode: 'InProgress',
  });
});

describe('a seeded vault', () => {
  const seed = ['v=2'];

  test('has jobs that take a while, or as long as --job-delay says', async () => {
    expect(await inventory((await served({ seed })).url)).toMatchObject({ StatusCode: 'InProgress' });
    const atOnce = await served({ seed, jobDelay: 0 });
    expect(await inventory(atOnce.url)).toMatchObject({ StatusCode: 'Succeeded' });
  });

  test('forgets a job after --job-life', async () => {
    const { url } = await served({ seed, inventoryEvery: 0, jobDelay: 0, jobLife: 1 });
    const started = await ask(url, 'POST', `${vault}/jobs`, { body: Buffer.from(inventoryJob) });
    await pause(10);
    const { status } = await ask(url, 'GET', `${vault}/jobs/${started.headers['x-amz-job-id']}`);
    expect(status).toBe(404);
  });

  test.each([
    ['lines that end in LF', 'one\ntwo\n', ['one', 'two']],
    ['lines that end in CRLF, the last one cut', 'one\r\ntwo', ['one', 'two']],
    ['one line', 'one\n', ['one', 'one']],
  ])('has the descriptions of a file with %s', async (_, text, expected) => {
    const run = commandRun();
    const seedDescriptions = join(run.folder, 'descriptions');
    writeFileSync(seedDescriptions, text);
    const { url } = await served({ seed, seedDescriptions, inventoryEvery: 0, jobDelay: 0 });
    const { JobId } = await inventory(url);
    const { text: output } = await ask(url, 'GET', `${vault}/jobs/${JobId}/output`);
    const { ArchiveList } = JSON.parse(output) as { ArchiveList: Record<string, string>[] };
    expect(ArchiveList.map(({ ArchiveDescription }) => ArchiveDescription).sort()).toEqual(expected);
  });
});

test('misbehaves and throttles as it is told', async () => {
  const { url } = await served({ seed: ['v=1'], fault: ['list-vaults:status=503'] });
  expect((await ask(url, 'GET', '/-/vaults')).status).toBe(503);
  const throttled = await served({ seed: ['v=1'], rate: ['describe-vault=1'] });
  const answers = await Promise.all([1, 2, 3, 4].map(() => ask(throttled.url, 'GET', vault)));
  expect(answers.map(({ status }) => status)).toContain(400);
});

test('with --access-key-id takes only what that key signs', async () => {
  const { url } = await served({ accessKeyId: 'AKIDOTHER' }, { AWS_SECRET_ACCESS_KEY: 'secret' });
  expect((await ask(url, 'GET', '/-/vaults')).status).toBe(403);
  const any = await served({}, { AWS_SECRET_ACCESS_KEY: 'secret' });
  expect((await ask(any.url, 'GET', '/-/vaults')).status).toBe(200);
});

describe('is refused', () => {
  test.each<[string, object, Record<string, string>, object]>([
    ['without a folder', { dir: undefined }, {}, { code: 'usage', hint: 'give --dir DIR' }],
    [
      'with a key whose secret is not there',
      { accessKeyId: 'AKIDOTHER' },
      {},
      { code: 'usage', message: '--access-key-id needs the secret in AWS_SECRET_ACCESS_KEY' },
    ],
    [
      'with a key whose secret is empty',
      { accessKeyId: 'AKIDOTHER' },
      { AWS_SECRET_ACCESS_KEY: '' },
      { code: 'usage' },
    ],
    ['with a rule that means nothing', { fault: ['nonsense'] }, {}, { code: 'usage', hint: undefined }],
    ['with a rate that means nothing', { rate: ['nonsense'] }, {}, { code: 'usage' }],
    ['with a seed that means nothing', { seed: ['nonsense'] }, {}, { code: 'usage' }],
    [
      'with descriptions that are missing',
      { seed: ['v=1'], seedDescriptions: '/nonexistent/file' },
      {},
      { code: 'usage', message: expect.stringContaining('/nonexistent/file cannot be read: no such file') },
    ],
  ])('%s', async (_, options, env, expected) => {
    expect(await failure(options, env)).toMatchObject(expected);
  });

  test('on a folder that another server has', async () => {
    const { dir } = await served({});
    expect(await failure({ dir })).toMatchObject({
      code: 'locked',
      hint: 'stop that one first, or use another --dir',
    });
  });

  test('on a folder of other things', async () => {
    const { folder } = commandRun();
    mkdirSync(join(folder, 'mine'));
    writeFileSync(join(folder, 'mine/file'), '');
    expect(await failure({ dir: join(folder, 'mine') })).toMatchObject({
      code: 'state-unusable',
      hint: undefined,
    });
  });
});
