/**
 * Files for other programs, held against what those have published: the Jobs against the schemas and types of Kubernetes,
 * the Containerfile against a linter. Both come from the registry, so it runs where GLACIER_UP_TEST_INSTALL is set.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { installPackages } from '../helpers/registry.js';

const root = fileURLToPath(new URL('../../', import.meta.url));

describe.skipIf(!process.env.GLACIER_UP_TEST_INSTALL)('published schemas', () => {
  const folder = mkdtempSync(join(tmpdir(), 'glacier-up-schemas-'));
  beforeAll(() => installPackages(folder, 'kubernetes-models@5.1.0', 'dockerfile-utils@0.16.3'), 300_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** A module of one of the installed packages. */
  const load = async (path: string): Promise<Record<string, unknown>> =>
    import(/* @vite-ignore */ pathToFileURL(join(folder, 'node_modules', path)).href);
  /** What the compiler says of a file that holds these Jobs; the types know every field there is. */
  async function compile(jobs: readonly object[]): Promise<string> {
    const literals = jobs.map(
      (job, index) => `export const job${index}: IJob = ${JSON.stringify(job, null, 2)};`,
    );
    const head = "import type { IJob } from 'kubernetes-models/batch/v1';\n";
    writeFileSync(join(folder, 'jobs.ts'), head + literals.join('\n'));
    const words = [
      '--noEmit',
      '--strict',
      '--skipLibCheck',
      '--module',
      'nodenext',
      '--types',
      '',
      'jobs.ts',
    ];
    const { stdout } = await execa(join(root, 'node_modules/.bin/tsc'), words, {
      cwd: folder,
      reject: false,
    });
    return stdout;
  }
  const jobs = ['begin', 'shards', 'complete'].map((step) =>
    parseYaml(readFileSync(join(root, `docs/many-machines/kubernetes-${step}.yaml`), 'utf8')),
  );

  test('the Jobs are valid by the schemas of Kubernetes, and have no field that it does not know', async () => {
    const { Job } = (await load('kubernetes-models/batch/v1/index.js')) as {
      Job: new (job: object) => { validate(): void };
    };
    for (const job of jobs) expect(() => new Job(job).validate()).not.toThrow();
    expect(() => new Job({ ...jobs[0], spec: { backoffLimit: '0' } }).validate()).toThrow(/backoffLimit/);
    expect(await compile(jobs)).toBe('');
    expect(await compile([{ ...jobs[0], spec: { ...jobs[0].spec, backofLimit: 0 } }])).toContain(
      'backofLimit',
    );
  });

  test('the linter has nothing to say of the Containerfile', async () => {
    const { validate } = (await load('dockerfile-utils/lib/main.js')) as {
      validate(text: string): { message: string }[];
    };
    expect(validate(readFileSync(join(root, 'Containerfile'), 'utf8'))).toEqual([]);
    expect(validate('FROM node\nRUNN x\n')).toMatchObject([{ message: 'Unknown instruction: RUNN' }]);
  });
});
