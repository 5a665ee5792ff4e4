/** An inventory on its way here: by ranges, over lines that break, from jobs that expire. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type CuttingOptions, startCuttingRelay } from '../helpers/cutting-relay.js';
import { inventoryText, replaceOutput } from '../helpers/inventory.js';
import { makeServedPlace, type ServedPlace } from '../helpers/served-place.js';

const MiB = 1024 ** 2;
const hourMs = 60 * 60 * 1000;

interface Scene {
  place: ServedPlace;
  /** The one archive that is in the vault: what the output says of others is made up. */
  archiveId: string;
  jobId: string;
  text: string;
  /** What lies in the folder of inventories. */
  files(): string[];
  /** `inventory`, over a line of this kind. */
  over(options: CuttingOptions, words?: string[]): Promise<Line>;
}

interface Line {
  result: Awaited<ReturnType<ServedPlace['run']>>;
  sentBytes: number;
  breaks: number;
}

/** A vault with an inventory job that is done. @param count of archives in it; 60,000 are 20 MB, which is two ranges */
async function withJob(count = 60_000, text = inventoryText(count)): Promise<Scene> {
  const place = await makeServedPlace(1000);
  const archiveId = (await place.run(['upload', place.file])).stdout.trim();
  const jobId = (await place.run(['inventory', '--request'])).stdout.trim();
  replaceOutput(place.vaultFolder, text);
  await place.serve({});
  const folder = join(place.folder, 'home/.local/share/glacier-up/inventories');
  return {
    place,
    archiveId,
    jobId,
    text,
    // That of the request stays: it was made at the server's own address.
    files: () => (existsSync(folder) ? readdirSync(folder).filter((name) => !name.endsWith('.awaited')) : []),
    over: async (options, words = []) => {
      const relay = await startCuttingRelay(place.url(), options);
      const env = { AWS_ENDPOINT_URL_GLACIER: relay.url };
      const result = await place.run(['inventory', ...words], { env });
      return { result, sentBytes: relay.sentBytes(), breaks: relay.breaks() };
    },
  };
}

/** The destination holds the endpoint, and each line has one of its own. */
async function keptText({ place }: Scene): Promise<string> {
  const folder = join(place.folder, 'home/.local/share/glacier-up/inventories');
  const [name = ''] = readdirSync(folder).filter((file) => file.endsWith('.json'));
  return readFileSync(join(folder, name), 'utf8');
}

describe('an inventory of several ranges', () => {
  test('over a line that breaks every MiB is whole, and hardly a byte is sent twice', async () => {
    const scene = await withJob();
    scene.place.clock.waits.length = 0;
    const { result, sentBytes, breaks } = await scene.over({ cutBytes: MiB });
    expect(result.code, result.stderr).toBe(0);
    expect(result.stdout.split('\n')).toHaveLength(60_001);
    expect(breaks).toBeGreaterThan(15);
    expect(sentBytes / scene.text.length).toBeLessThan(1.2);
    expect((await keptText(scene)) === scene.text).toBe(true);
    expect(scene.files()).toHaveLength(1);
    // Bytes that came are progress: no break is taken for the tenth failure in a row.
    expect(Math.max(...scene.place.clock.waits)).toBeLessThan(1000);
  });

  test('that breaks off is resumed by the next run, which says so', async () => {
    const scene = await withJob();
    const relay = await startCuttingRelay(scene.place.url(), { cutBytes: 5 * MiB });
    const run = (words: string[] = []) =>
      scene.place.run(['inventory', ...words], { env: { AWS_ENDPOINT_URL_GLACIER: relay.url } });
    const first = await run(['--retry-for', '0']);
    expect(first).toMatchObject({ code: 5, stdout: '' });
    expect(await run(['--kept'])).toMatchObject({ code: 4 });
    const before = relay.sentBytes();
    relay.mend();
    const { code, stdout, stderr } = await run();
    expect({ code, lines: stdout.split('\n').length }).toEqual({ code: 0, lines: 60_001 });
    expect(stderr).toMatch(/resumed: [\d.]+ MiB of the inventory's [\d.]+ MiB are downloaded already/);
    expect(before).toBeGreaterThan(4 * MiB);
    expect(relay.sentBytes() / scene.text.length).toBeLessThan(1.2);
    expect((await keptText(scene)) === scene.text).toBe(true);
  });

  test('whose job expires in the middle is replaced by another, and what had come is deleted', async () => {
    const scene = await withJob();
    const { place, jobId } = scene;
    const onBreak = (): void => place.clock.pass(25 * hourMs);
    const { result } = await scene.over({ cutBytes: MiB, onBreak });
    expect(result.stderr).toContain(`downloaded of inventory job ${jobId} are deleted: the job has expired`);
    expect(result.stderr).toContain('has expired before its output was downloaded: another job is needed');
    // The other job is done at once.
    expect(result).toMatchObject({ code: 0, stdout: expect.stringContaining(scene.archiveId) });
    expect(scene.files()).toEqual([expect.stringMatching(/^demo-\w{8}\.json$/)]);
  });

  test('named by --job is not replaced when the job expires: exit 5, with the next step', async () => {
    const scene = await withJob();
    const onBreak = (): void => scene.place.clock.pass(25 * hourMs);
    const { result } = await scene.over({ cutBytes: MiB, onBreak }, ['--job', scene.jobId]);
    expect(result).toMatchObject({ code: 5, stdout: '' });
    expect(result.stderr).toContain('are deleted: the job has expired');
    expect(result.stderr).toContain('hint: leave --job out');
    expect(scene.files()).toEqual([]);
  });
});

describe('what an earlier run has downloaded', () => {
  /** One run that breaks off, and the line that later runs take. */
  async function brokenOff() {
    const scene = await withJob();
    const relay = await startCuttingRelay(scene.place.url(), { cutBytes: 2 * MiB });
    const run = (words: string[] = []) =>
      scene.place.run(['inventory', ...words], { env: { AWS_ENDPOINT_URL_GLACIER: relay.url } });
    expect((await run(['--retry-for', '0'])).code).toBe(5);
    relay.mend();
    return { scene, run };
  }

  test('is deleted, and that is said, when its job has expired', async () => {
    const { scene, run } = await brokenOff();
    scene.place.clock.pass(25 * hourMs);
    const { code, stdout, stderr } = await run();
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining(scene.archiveId) });
    expect(stderr).toContain(`downloaded of inventory job ${scene.jobId} are deleted: the job has expired`);
    expect(scene.files()).toEqual([expect.stringMatching(/^demo-\w{8}\.json$/)]);
  });

  test('is deleted, and that is said, when another job is downloaded', async () => {
    const { scene, run } = await brokenOff();
    const other = (await run(['--request'])).stdout.trim();
    const { code, stderr } = await run(['--job', other]);
    expect(code).toBe(0);
    expect(stderr).toContain(`inventory job ${scene.jobId} are deleted: another job is downloaded`);
  });

  test('is not believed when the disk has other bytes', async () => {
    const { scene, run } = await brokenOff();
    const folder = join(scene.place.folder, 'home/.local/share/glacier-up/inventories');
    const [part = ''] = scene.files().filter((name) => name.endsWith('.part'));
    const bytes = readFileSync(join(folder, part));
    bytes.fill(0, 100_000, 100_100);
    writeFileSync(join(folder, part), bytes);
    expect((await run()).code).toBe(0);
    expect((await keptText(scene)) === scene.text).toBe(true);
  });
});

describe('an inventory of one range', () => {
  test('comes through a proxy that drops the header Range', async () => {
    const scene = await withJob(10);
    await scene.place.serve({ faults: ['job-output:ignore-range'] });
    expect((await scene.over({})).result.code).toBe(0);
    expect((await keptText(scene)) === scene.text).toBe(true);
  });
});

describe('an output that is not what it should be', () => {
  test('of another length than the job says is exit 1 at once, and nothing of it stays', async () => {
    const scene = await withJob();
    const sizeText = String(scene.text.length);
    const said = String(scene.text.length - 10);
    const rewrite = (text: string) =>
      text.replace(`"InventorySizeInBytes":${sizeText}`, `"InventorySizeInBytes":${said}`);
    const { result } = await scene.over({ rewrite });
    expect(result).toMatchObject({ code: 1, stdout: '' });
    expect(result.stderr).toContain(`the output has ${sizeText} bytes, and the job says ${said}`);
    expect(scene.files()).toEqual([]);
  });

  test('that does not close is exit 1 with the byte, and nothing of it stays', async () => {
    const text = inventoryText(10).slice(0, -2);
    const scene = await withJob(10, text);
    const { result } = await scene.over({});
    expect(result).toMatchObject({ code: 1, stdout: '' });
    expect(result.stderr).toContain(`the inventory is cut off at byte ${text.length}`);
    expect(result.stderr).toContain('are deleted: they are not the inventory');
    expect(scene.files()).toEqual([]);
  });
});
