/** What an IAM policy has to allow: what each command says beside what it really sends. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { MiB, seededFile } from '../helpers/bytes.js';
import type { CliOptions } from '../helpers/cli.js';
import { commandSpecs } from '../helpers/command-tree.js';
import { interruptWhen, PART_STORED } from '../helpers/interrupt.js';
import { startRecorder } from '../helpers/network.js';
import { makeServedPlace, type ServeOptions } from '../helpers/served-place.js';

/** The operation of a request, by the API reference's paths. */
const operations: [RegExp, string][] = [
  [/^POST \S+\/multipart-uploads$/, 'InitiateMultipartUpload'],
  [/^GET \S+\/multipart-uploads(\?|$)/, 'ListMultipartUploads'],
  [/^PUT \S+\/multipart-uploads\/[^/]+$/, 'UploadMultipartPart'],
  [/^GET \S+\/multipart-uploads\/[^/]+$/, 'ListParts'],
  [/^POST \S+\/multipart-uploads\/[^/]+$/, 'CompleteMultipartUpload'],
  [/^DELETE \S+\/multipart-uploads\/[^/]+$/, 'AbortMultipartUpload'],
  [/^DELETE \S+\/archives\/[^/]+$/, 'DeleteArchive'],
  [/^POST \S+\/jobs$/, 'InitiateJob'],
  [/^GET \S+\/jobs(\?|$)/, 'ListJobs'],
  [/^GET \S+\/jobs\/[^/]+$/, 'DescribeJob'],
  [/^GET \S+\/jobs\/[^/]+\/output$/, 'GetJobOutput'],
  [/^GET \/[^/]+\/vaults(\?|$)/, 'ListVaults'],
  [/^PUT \/[^/]+\/vaults\/[^/]+$/, 'CreateVault'],
  [/^GET \/[^/]+\/vaults\/[^/]+$/, 'DescribeVault'],
  [/^DELETE \/[^/]+\/vaults\/[^/]+$/, 'DeleteVault'],
];

function actionOf(request: string): string {
  return `glacier:${operations.find(([pattern]) => pattern.test(request))?.[1] ?? request}`;
}

async function scene(options: ServeOptions = {}) {
  const place = await makeServedPlace(3.5 * MiB, options);
  const recorder = await startRecorder(place.url);
  const env = { AWS_ENDPOINT_URL_GLACIER: recorder.url };
  const run = (words: string[], more: Partial<CliOptions> = {}) =>
    place.run(words, { ...more, env: { ...env, ...more.env } });
  const plain = (words: string[]) => place.plain(words, { env });
  /** An upload of the place's file that a signal ends after its first part. */
  const interrupt = async (): Promise<string> => {
    const words = ['upload', place.file, '--part-size', '1M', '--concurrency', '1', '--verbose'];
    await run(words, interruptWhen(PART_STORED));
    recorder.take();
    return String(place.sessions()[0]?.id);
  };
  /** An upload whose Complete is not answered. */
  const leaveCompleting = async (): Promise<string> => {
    await place.serve({ faults: ['complete#1:lose-reply'] });
    await run(['upload', place.file, '--retry-for', '0']);
    recorder.take();
    return String(place.sessions()[0]?.id);
  };
  return { ...place, run, plain, interrupt, leaveCompleting, recorder };
}

type Scene = Awaited<ReturnType<typeof scene>>;

/** Runs in which a command sends all that it ever sends; what comes before them is not recorded. */
const runs: Record<string, (at: Scene) => Promise<{ code: number | null }[]>> = {
  upload: async ({ run, interrupt, file }) => {
    await interrupt();
    const again = await run(['upload', file, '--part-size', '1M']);
    return [again, await run(['upload', file, '--again'])];
  },
  resume: async ({ plain, run, serve, interrupt, file, sessions, recorder }) => {
    const carriedOn = await plain(['resume', await interrupt()]);
    const before = recorder.take();
    // A crash between asking for an upload and noting its ID.
    await serve({ faults: ['initiate#1:lose-reply'] });
    await run(['upload', file, '--again', '--retry-for', '0']);
    recorder.take();
    const begun = await plain(['resume', String(sessions()[0]?.id)]);
    const after = recorder.take();
    recorder.put([...before, ...after]);
    return [carriedOn, begun];
  },
  'list-parts': async ({ plain, interrupt }) => [await plain(['list-parts', await interrupt()])],
  complete: async ({ plain, run, file, interrupt, leaveCompleting, recorder }) => {
    const id = await leaveCompleting();
    const repeated = await plain(['complete', id]);
    const before = recorder.take();
    seededFile(file, 3.5 * MiB, 2);
    const session = await interrupt();
    const missing = await run(['complete', session]);
    recorder.put([...before, ...recorder.take()]);
    expect(missing.code).toBe(1);
    return [repeated];
  },
  abort: async ({ plain, interrupt, leaveCompleting, file, recorder }) => {
    const dropped = await plain(['abort', '--yes', await interrupt()]);
    const before = recorder.take();
    seededFile(file, 3.5 * MiB, 2);
    const completed = await plain(['abort', '--yes', await leaveCompleting()]);
    recorder.put([...before, ...recorder.take()]);
    return [dropped, completed];
  },
  'list-uploads': async ({ run, recorder }) => {
    recorder.take();
    return [await run(['list-uploads'])];
  },
  vaults: async ({ plain }) => [
    await plain(['vaults']),
    await plain(['vaults', 'create', 'more']),
    await plain(['vaults', 'describe', 'more']),
    await plain(['vaults', 'delete', 'more', '--confirm', 'more']),
  ],
  reconcile: async ({ run, plain, file, serve, clock, recorder }) => {
    const dayMs = 24 * 60 * 60 * 1000;
    const leaveUnknown = async (fault: string): Promise<void> => {
      await serve({ faults: [fault] });
      await run(['upload', file, '--retry-for', '0']);
      recorder.take();
      // The upload ID is forgotten after a day, whether it became an archive or not.
      clock.pass(3 * dayMs);
      await serve({ jobDelayMs: 60_000 });
    };
    await leaveUnknown('complete:cut');
    await plain(['reconcile', '--wait', file]);
    clock.pass(3 * dayMs);
    const absent = await plain(['reconcile', '--wait', file]);
    const before = recorder.take();
    await leaveUnknown('complete:lose-reply');
    const found = await plain(['reconcile', '--wait', file]);
    before.push(...recorder.take());
    // Refused, and open still.
    await serve({ faults: ['complete#1:cut', 'complete#2:error=InvalidParameterValueException'] });
    await run(['upload', file, '--again', '--retry-for', '0']);
    recorder.take();
    const open = await plain(['reconcile', file]);
    recorder.put([...before, ...recorder.take()]);
    return [absent, found, open];
  },
  retrieve: async ({ run, plain, file, folder, serve, recorder }) => {
    const archiveId = (await run(['upload', file])).stdout.trim();
    recorder.take();
    await serve({ jobDelayMs: 60_000 });
    const out = join(folder, 'restored.tar');
    return [await plain(['retrieve', '--wait', '-o', out, '--vault', 'demo', '--', archiveId])];
  },
  delete: async ({ run, plain, file, recorder }) => {
    const archiveId = (await run(['upload', file])).stdout.trim();
    recorder.take();
    return [await plain(['delete', '--yes', '--vault', 'demo', '--', archiveId])];
  },
  empty: async ({ run, file, serve, recorder }) => {
    await run(['upload', file]);
    recorder.take();
    await serve({ jobDelayMs: 60_000 });
    return [await run(['empty', '--wait', '--accept-fee', '--confirm', 'demo'])];
  },
  restore: async ({ run, file, folder, serve, recorder }) => {
    await run(['upload', file]);
    recorder.take();
    await serve({ jobDelayMs: 60_000 });
    return [await run(['restore', '--wait', '--to', join(folder, 'restored')])];
  },
  inventory: async ({ run, file, serve, recorder }) => {
    await run(['upload', file]);
    recorder.take();
    await serve({ jobDelayMs: 60_000 });
    return [await run(['inventory', '--wait'])];
  },
};

const asking = commandSpecs.filter(({ iamActions }) => iamActions.length > 0);

describe('the IAM actions that a command names are those that it sends', () => {
  test.each(asking.map(({ name, iamActions }) => [name, iamActions] as const))(
    '%s',
    async (name, iamActions) => {
      const at = await scene();
      const results = await runs[name]?.(at);
      if (!results) throw new Error(`there is no run of ${name}: add one`);
      for (const result of results) expect(result).toMatchObject({ code: 0 });
      expect([...new Set(at.recorder.take().map(actionOf))].sort()).toEqual([...iamActions].sort());
    },
  );

  test('upload --start-over', async () => {
    const { run, interrupt, file, recorder } = await scene();
    await interrupt();
    expect(await run(['upload', file, '--start-over'])).toMatchObject({ code: 0 });
    const { iamActions = [], options = [] } = commandSpecs.find(({ name }) => name === 'upload') ?? {};
    const more = options.find(({ flags }) => flags === '--start-over')?.iamActions ?? [];
    const sent = new Set(recorder.take().map(actionOf));
    expect(more).toEqual(['glacier:AbortMultipartUpload']);
    expect([...iamActions, ...more]).toEqual(expect.arrayContaining([...sent]));
    expect(sent).toContain(more[0]);
  });
});

describe('README.md', () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  const section = readme.slice(readme.indexOf('## Permissions'));

  test('names the actions of every command', () => {
    const rows = [...section.matchAll(/^\| `([a-z -]+)` \| (.*) \|$/gm)];
    const told = Object.fromEntries(
      rows.map(([, name, cell = '']) => [
        name,
        [...cell.matchAll(/`(\w+)`/g)].map(([, action]) => `glacier:${action}`),
      ]),
    );
    const specs = asking.flatMap(({ name, iamActions, options }) => [
      [name, iamActions] as const,
      ...options
        .filter((option) => option.iamActions)
        .map(({ flags, iamActions: more = [] }) => [`${name} ${flags.split(' ')[0]}`, more] as const),
    ]);
    expect(told).toEqual(Object.fromEntries(specs));
  });

  test('the policy of a backup machine allows what upload, resume, list-parts and complete send, and no more', () => {
    const json = /```json\n(.*?)```/s.exec(section)?.[1] ?? '';
    const { Statement } = JSON.parse(json) as {
      Statement: { Effect: string; Action: string[]; Resource: string }[];
    };
    expect(Statement).toHaveLength(1);
    const [statement] = Statement;
    const needed = ['upload', 'resume', 'list-parts', 'complete'].flatMap(
      (name) => commandSpecs.find((spec) => spec.name === name)?.iamActions ?? [],
    );
    expect(statement?.Action.toSorted()).toEqual([...new Set(needed)].sort());
    expect(statement).toMatchObject({
      Effect: 'Allow',
      Resource: expect.stringMatching(/^arn:aws:glacier:.*:vaults\//),
    });
  });
});
