import { EventEmitter } from 'node:events';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readCheckedLine } from '../../src/server/store/append-log.js';
import { isWhole } from '../faults/helpers/sweep.js';
import type { CliOptions, CliResult } from '../helpers/cli.js';
import { jsonLines } from '../helpers/place.js';
import { makeSeededVault } from '../helpers/seeded-vault.js';
import type { ServeOptions } from '../helpers/served-place.js';
import { smallDisk } from '../helpers/small-disk.js';

const hourMs = 60 * 60 * 1000;

/** A vault `demo` with seeded archives, and what a test wants to know of a restore of it. */
async function seeded(seeds: string[], options: ServeOptions = {}) {
  const vault = await makeSeededVault('restore', seeds, options);
  const { plain } = vault;
  const out = join(vault.folder, 'out');
  const restore = (words: string[] = [], more: Partial<CliOptions> = {}) =>
    plain(['restore', '--vault', 'demo', '--to', out, ...words], more);
  /** The archives of all jobs that there ever were, one for each job. */
  const jobs = (): string[] => {
    const log = join(vault.vaultFolder, 'vaults/1/jobs.log');
    const lines = existsSync(log) ? readFileSync(log, 'latin1').split('\n') : [];
    return lines.flatMap((line) => {
      const job = readCheckedLine<{ retrieval: { archiveId?: string } }>(line);
      return job?.retrieval.archiveId ?? [];
    });
  };
  /** Relative paths of the files in the target, those on their way too. */
  const files = (): string[] =>
    existsSync(out)
      ? readdirSync(out, { recursive: true, withFileTypes: true })
          .filter((entry) => !entry.isDirectory())
          .map((entry) => join(entry.parentPath, entry.name).slice(out.length + 1))
          .sort()
      : [];
  return { ...vault, out, restore, jobs, files };
}

const summaryOf = (result: CliResult) => jsonLines(result).find(({ type }) => type === 'vault-summary');
const planOf = (result: CliResult) => jsonLines(result).find(({ type }) => type === 'vault-plan');
const errorOf = ({ stderr }: CliResult) => JSON.parse(stderr.trim().split('\n').at(-1) ?? '{}');
const once = (ids: readonly string[]): boolean => new Set(ids).size === ids.length;

describe('restore', () => {
  test('brings every archive back under its name, proved, reports each, and has nothing to do again', async () => {
    const { restore, files, jobs, linesOf, outcomes, plain } = await seeded(['demo=120:3K']);
    const done = await restore(['--json']);
    expect(done.code).toBe(0);
    expect(planOf(done)).toMatchObject({
      kind: 'restore',
      archives: 120,
      sizeBytes: 120 * 3072,
      restore: { names: { receipts: 0, list: 0, descriptions: 120, none: 0 }, renamed: 0 },
    });
    expect(summaryOf(done)).toMatchObject({ total: 120, done: 120, failed: 0, skipped: 0, asked: 0 });
    expect(files()).toHaveLength(120);
    expect(files()[0]).toBe('seeded/0000001');
    expect(jobs()).toHaveLength(120);
    expect(once(jobs())).toBe(true);
    expect(outcomes()).toEqual({ done: 120 });
    expect(linesOf('report.jsonl')[0]).toMatchObject({ path: expect.stringMatching(/^seeded\//) });
    const again = await restore(['--json']);
    expect(again.code).toBe(0);
    expect(summaryOf(again)).toMatchObject({ done: 120, doneNow: 0 });
    expect(jobs()).toHaveLength(120);
    expect((await plain(['sessions'])).stderr).toContain('no unfinished uploads or plans');
  });

  test('knows the names and times of other tools, and gives archives of one name places of their own', async () => {
    const descriptions = [
      'mt2 eyJmaWxlbmFtZSI6ImRhdGEvYS5qcGciLCJtdGltZSI6IjIwMTIxMTE0VDIwMTYxOFoifQ',
      '<m><v>4</v><p>Zm90b3Mvw6QuanBn</p><lm>20130102T030405Z</lm></m>',
      '{"Path":"docs\\/b.txt"}',
      'one/name.tar.gz',
      'one/name.tar.gz',
      '../../etc/passwd',
      '',
      'folder',
      'folder/inside',
    ];
    const { restore, files, out, linesOf } = await seeded(['demo=9'], { seedDescriptions: descriptions });
    const result = await restore(['--json']);
    expect(result.code).toBe(0);
    const [unnamed] = linesOf('items.jsonl').filter(({ description }) => description === '');
    const older = linesOf('items.jsonl').find(({ path }) => String(path).startsWith('one/name.tar~'));
    const beside = `one/name.tar~${String(older?.createdAt).replace(/[-:]|\.\d+/g, '')}.gz`;
    const folder = files().find((name) => name.startsWith('folder~'));
    expect(files()).toEqual(
      [
        'data/a.jpg',
        'docs/b.txt',
        'etc/passwd',
        'folder/inside',
        String(folder),
        'fotos/ä.jpg',
        'one/name.tar.gz',
        beside,
        `unnamed/${unnamed?.archiveId}`,
      ].sort(),
    );
    expect(planOf(result)).toMatchObject({
      restore: { names: { descriptions: 8, none: 1 }, renamed: 2 },
    });
    expect(statSync(join(out, 'data/a.jpg')).mtime.toISOString()).toBe('2012-11-14T20:16:18.000Z');
    expect(statSync(join(out, 'fotos/ä.jpg')).mtime.toISOString()).toBe('2013-01-02T03:04:05.000Z');
    // The newest keeps the name.
    const names = linesOf('items.jsonl').filter(({ path }) => String(path).startsWith('one/'));
    expect(names.map(({ path }) => path)).toEqual([beside, 'one/name.tar.gz']);
  });

  test('takes names from receipts first, then from a list', async () => {
    const { restore, plain, files, file, folder, linesOf } = await seeded(['demo=3']);
    expect((await plain(['upload', file, '--vault', 'demo', '--description', 'something'])).code).toBe(0);
    await restore(['--dry-run']);
    const ids = linesOf('items.jsonl').map(({ archiveId }) => String(archiveId));
    const names = join(folder, 'names.csv');
    writeFileSync(
      names,
      `# mine\n${ids[0]}\tfirst one.jpg\n${ids[1]},"a, ""b"".txt"\r\n\n${ids[3]} not/this\n`,
    );
    const result = await restore(['--names', names, '--json']);
    expect(result.code).toBe(0);
    expect(planOf(result)).toMatchObject({
      restore: { names: { receipts: 1, list: 2, descriptions: 1, none: 0 } },
    });
    const [other] = linesOf('items.jsonl').filter(({ path }) => String(path).startsWith('seeded/'));
    expect(files()).toEqual(['a, "b".txt', 'first one.jpg', other?.path, file.slice(1)].sort());
    const bad = await restore(['--names', file, '--new-plan']);
    expect(bad).toMatchObject({ code: 2 });
    expect(bad.stderr).toMatch(/line 1 of \S+ is not an archive ID and a name/);
  });

  test('--dry-run shows names, cost by tier and time, and asks for nothing', async () => {
    const { restore, files, jobs } = await seeded(['demo=50:1G']);
    const { code, stdout } = await restore(['--dry-run', '--link-rate', '10M']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^to restore: 50 archives, 50 GiB, created from 2024-11-\S+ to 2025-11-\S+$/m);
    expect(stdout).toMatch(/^names: 50 from the description$/m);
    expect(stdout).toMatch(
      /^cost: Bulk 0.13 USD, Standard 0.50 USD, Expedited 2.00 USD; transfer out of AWS up to 4.50 USD more/m,
    );
    expect(stdout).toMatch(
      /^time: Bulk jobs take 5 to 12 hours; the download takes about 1h 25m at 10 MiB\/s$/m,
    );
    expect(jobs()).toEqual([]);
    expect(files()).toEqual([]);
  });

  test('without --wait says when to come back, and downloads then', async () => {
    const { restore, files, jobs, clock, outcomes, linesOf } = await seeded(['demo=20'], {
      jobDelayMs: 6 * hourMs,
    });
    await restore(['--dry-run', '--wait']);
    const asked = await restore(['--json']);
    expect(asked.code).toBe(5);
    expect(errorOf(asked)).toMatchObject({
      code: 'job-pending',
      message: '20 retrieval jobs (20 KiB) not done yet, and 0 archives not asked for',
      hint: expect.stringMatching(/^run the same command again after 2026-03-02 \d\d:\d\d UTC/),
    });
    expect(summaryOf(asked)).toMatchObject({ done: 0, skipped: 20, asked: 20 });
    expect(outcomes()).toEqual({ skipped: 20 });
    expect(linesOf('report.jsonl')[0]).toMatchObject({ outcome: 'skipped', code: 'job-pending' });
    expect((await restore()).code).toBe(5);
    expect(files()).toEqual([]);
    clock.pass(7 * hourMs);
    expect((await restore()).code).toBe(0);
    expect(files()).toHaveLength(20);
    expect(jobs()).toHaveLength(20);
  });

  test('--wait waits until all is restored', async () => {
    const { restore, files, jobs } = await seeded(['demo=20'], { jobDelayMs: 6 * hourMs });
    expect((await restore(['--wait'])).code).toBe(0);
    expect(files()).toHaveLength(20);
    expect(jobs()).toHaveLength(20);
  });

  test('takes a file that is there for restored if it has the tree hash, and never overwrites another', async () => {
    const { restore, files, jobs, out, outcomes, linesOf } = await seeded(['demo=5']);
    expect((await restore()).code).toBe(0);
    const [kept = '', replaced = '', ...others] = files();
    for (const name of others) rmSync(join(out, name));
    writeFileSync(join(out, replaced), 'mine');
    const again = await restore(['--new-plan', '--json']);
    expect(again.code).toBe(1);
    expect(summaryOf(again)).toMatchObject({ total: 5, done: 4, failed: 1 });
    expect(readFileSync(join(out, replaced), 'utf8')).toBe('mine');
    expect(files()).toHaveLength(5);
    expect(outcomes()).toEqual({ done: 4, failed: 1 });
    expect(linesOf('report.jsonl').find(({ outcome }) => outcome === 'failed')).toMatchObject({
      path: replaced,
      code: 'name-taken',
      message: expect.stringContaining('is not overwritten'),
    });
    // The jobs of the earlier plan are there still: nothing is asked for again.
    expect(jobs()).toHaveLength(5);
    expect(existsSync(join(out, kept))).toBe(true);
  });

  test('follows no link out of the folder', async () => {
    const { restore, folder, out, outcomes } = await seeded(['demo=3']);
    const elsewhere = join(folder, 'elsewhere');
    mkdirSync(elsewhere);
    mkdirSync(out);
    symlinkSync(elsewhere, join(out, 'seeded'));
    const { code, stderr } = await restore();
    expect(code).toBe(1);
    expect(stderr).toContain('3 archives could not be restored');
    expect(readdirSync(elsewhere)).toEqual([]);
    expect(outcomes()).toEqual({ failed: 3 });
  });

  test('interrupted, reports what it did, is listed by sessions, and resumes', async () => {
    const { restore, plain, files, jobs, outcomes, clock } = await seeded(['demo=150']);
    const signals = new EventEmitter();
    let waits = 0;
    const sleep: typeof clock.sleep = (waitMs, signal) => {
      waits += 1;
      if (waits === 60) signals.emit('SIGINT');
      return clock.sleep(waitMs, signal);
    };
    const stopped = await restore(['--json', '--max-rate', '50'], { signals, clock: { ...clock, sleep } });
    expect(stopped).toMatchObject({ code: null, signal: 'SIGINT' });
    const { done, skipped } = summaryOf(stopped) as { done: number; skipped: number };
    expect(done + skipped).toBe(150);
    expect(skipped).toBeGreaterThan(0);
    expect(outcomes()).toEqual({ ...(done > 0 ? { done } : {}), skipped });
    expect(jsonLines(await plain(['sessions', '--json']))).toMatchObject([
      { type: 'vault-plan', kind: 'restore', done },
    ]);
    expect((await restore()).code).toBe(0);
    expect(files()).toHaveLength(150);
    expect(jobs()).toHaveLength(150);
    expect(once(jobs())).toBe(true);
    expect(outcomes()).toEqual({ done: 150 });
  });

  test('--each hands each proved file to the command, with what is known of it, and removes it afterwards', async () => {
    const descriptions = [
      '{"Path":"dir/a b.jpg"}',
      'mt2 eyJmaWxlbmFtZSI6ImMuanBnIiwibXRpbWUiOiIyMDEyMTExNFQyMDE2MThaIn0',
    ];
    const { restore, files, folder, out, jobs, linesOf } = await seeded(['demo=2'], {
      seedDescriptions: descriptions,
    });
    const taken = join(folder, 'taken');
    const variables = ['NAME', 'ARCHIVE_ID', 'TREE_HASH', 'SIZE', 'MODIFIED_AT'].map(
      (name) => `$GLACIER_UP_${name}`,
    );
    const each = `echo "${variables.join('|')}|$(sha256sum < "$GLACIER_UP_FILE" | cut -d' ' -f1)" >> ${taken}`;
    expect((await restore(['--each', each])).code).toBe(0);
    const lines = readFileSync(taken, 'utf8').trim().split('\n').sort();
    const items = linesOf('items.jsonl');
    const lineOf = ({ path, archiveId, treeHash, sizeBytes, modifiedAt }: Record<string, unknown>): string =>
      // What has one leaf has its plain SHA-256 for a tree hash.
      [path, archiveId, treeHash, sizeBytes, modifiedAt ?? '', treeHash].join('|');
    expect(lines).toEqual(items.map(lineOf).sort());
    expect(files()).toEqual([]);
    expect(readdirSync(out)).toEqual([]);
    expect(jobs()).toHaveLength(2);
  });

  test('--each: a command that fails fails the archive, keeps its file, and has it again in the next run', async () => {
    const { restore, files, folder, jobs, outcomes, linesOf, plain } = await seeded(['demo=4']);
    const taken = join(folder, 'taken');
    const each = `echo "$GLACIER_UP_NAME" >> ${taken}; test "$GLACIER_UP_NAME" != seeded/0000003 || test -e ${folder}/mended`;
    const failed = await restore(['--each', each]);
    expect(failed.code).toBe(1);
    expect(outcomes()).toEqual({ done: 3, failed: 1 });
    expect(linesOf('report.jsonl').find(({ outcome }) => outcome === 'failed')).toMatchObject({
      code: 'command-failed',
      message: 'the command of --each ended with status 1',
    });
    expect(files()).toHaveLength(1);
    expect(jsonLines(await plain(['sessions', '--json']))).toMatchObject([{ done: 3, failed: 1 }]);
    writeFileSync(join(folder, 'mended'), '');
    rmSync(taken);
    expect((await restore(['--each', each])).code).toBe(0);
    expect(readFileSync(taken, 'utf8')).toBe('seeded/0000003\n');
    expect(jobs()).toHaveLength(4);
    expect(files()).toEqual([]);
    expect(outcomes()).toEqual({ done: 4 });
  });

  test('--each: ten failures in a row end the run', async () => {
    const { restore, outcomes } = await seeded(['demo=40']);
    const { code, stderr } = await restore(['--each', 'false', '--concurrency', '1']);
    expect(code).toBe(1);
    expect(stderr).toContain('the command of --each ended with status 1');
    expect(outcomes()).toEqual({ failed: 10, skipped: 30 });
  });

  test('--budget asks for no more than it allows, over all runs, and downloads what is paid for', async () => {
    const { restore, files, jobs, folder } = await seeded(['demo=10']);
    const prices = join(folder, 'prices.json');
    const retrieval = { perGib: 0, jobsPer1000: 1000 };
    writeFileSync(
      prices,
      JSON.stringify({
        asOf: '2026-05',
        of: 'here',
        currency: 'USD',
        storagePerGibMonth: 0,
        uploadsPer1000: 0,
        retrieval: { Expedited: retrieval, Standard: retrieval, Bulk: retrieval },
        transferOutPerGib: 0,
        shortestStorageDays: 90,
      }),
    );
    const words = ['--prices', prices, '--json'];
    const limited = await restore([...words, '--budget', '4.5']);
    expect(limited.code).toBe(12);
    expect(errorOf(limited)).toMatchObject({
      code: 'limit-reached',
      message: 'the budget is used up: 6 archives not asked for',
    });
    expect(summaryOf(limited)).toMatchObject({ done: 4, skipped: 6, spent: 4, currency: 'USD' });
    expect(files()).toHaveLength(4);
    // There is nothing that it could wait for.
    expect((await restore([...words, '--budget', '4.5', '--wait'])).code).toBe(12);
    expect(jobs()).toHaveLength(4);
    expect((await restore([...words, '--budget', '10'])).code).toBe(0);
    expect(jobs()).toHaveLength(10);
  });

  test('--max-duration ends the run, and the next one goes on', async () => {
    // The first output is that of the inventory.
    const faults = ['job-output#5-:delay=20s'];
    const { restore, files, jobs, serve } = await seeded(['demo=30'], { faults });
    const limited = await restore(['--max-duration', '3s', '--json', '--concurrency', '2']);
    expect(limited.code).toBe(12);
    expect(errorOf(limited)).toMatchObject({
      code: 'limit-reached',
      message: 'the time of --max-duration is over',
    });
    expect(files()).toHaveLength(3);
    await serve({ faults: [] });
    expect((await restore()).code).toBe(0);
    expect(files()).toHaveLength(30);
    expect(once(jobs())).toBe(true);
  });

  test('an inventory that lies fails single archives, and pays for none twice', async () => {
    const { restore, jobs, outcomes, linesOf, folder, files } = await seeded(['demo=6']);
    await restore(['--dry-run']);
    const inventories = join(folder, 'home/.local/share/glacier-up/inventories');
    const [name = ''] = readdirSync(inventories).filter((one) => one.endsWith('.json'));
    const file = join(inventories, name);
    const inventory = JSON.parse(readFileSync(file, 'utf8'));
    const list: Record<string, unknown>[] = inventory.ArchiveList;
    const [first, second, third, fourth] = list as [object, object, Record<string, unknown>, object];
    list.push(
      { ...first },
      { ...third, ArchiveId: 'not-there'.padEnd(138, 'x') },
      { ...fourth, ArchiveId: '' },
    );
    Object.assign(second, { SHA256TreeHash: '0'.repeat(64) });
    Object.assign(third, { Size: 5000 });
    writeFileSync(file, JSON.stringify(inventory));
    const result = await restore(['--json']);
    expect(result.code).toBe(1);
    expect(planOf(result)).toMatchObject({ archives: 7, restore: { repeated: 1 }, leftOut: { faulty: 1 } });
    expect(outcomes()).toEqual({ done: 4, failed: 3 });
    const failed = linesOf('report.jsonl').filter(({ outcome }) => outcome === 'failed');
    expect(failed.map(({ code }) => code).sort()).toEqual(['archive-gone', 'hash-mismatch', 'hash-mismatch']);
    expect(files()).toHaveLength(4);
    expect(jobs()).toHaveLength(6);
    expect((await restore()).code).toBe(1);
    expect(jobs()).toHaveLength(6);
  });

  test('throttling sets the pace, and loses nothing', async () => {
    const { restore, jobs, outcomes } = await seeded(['demo=60'], { rates: ['initiate-job=20'] });
    const result = await restore(['--json']);
    expect(result.code).toBe(0);
    expect(Number(summaryOf(result)?.throttles)).toBeGreaterThan(0);
    expect(outcomes()).toEqual({ done: 60 });
    expect(jobs()).toHaveLength(60);
  });

  test('asks again for what expired while nobody came for it', async () => {
    const { restore, jobs, files, clock } = await seeded(['demo=5'], { jobDelayMs: 6 * hourMs });
    await restore(['--dry-run', '--wait']);
    expect((await restore()).code).toBe(5);
    clock.pass(40 * hourMs);
    expect((await restore()).code).toBe(5);
    expect(new Set(jobs()).size).toBe(5);
    clock.pass(7 * hourMs);
    expect((await restore()).code).toBe(0);
    expect(files()).toHaveLength(5);
  });

  test('holds --limit-rate over all downloads together', async () => {
    const { restore, clock } = await seeded(['demo=20:100K']);
    await restore(['--dry-run']);
    const startMs = clock.monotonicMs();
    expect((await restore(['--limit-rate', '100K'])).code).toBe(0);
    // 20 archives of a second each, of which the first is free.
    expect(clock.monotonicMs() - startMs).toBeGreaterThan(19_000);
  });

  test('with its journal cut off anywhere, misses nothing and asks for nothing again', async () => {
    const { restore, jobs, files, out, planFile, outcomes } = await seeded(['demo=12']);
    expect((await restore()).code).toBe(0);
    const journal = readFileSync(planFile('journal.jsonl'));
    const cuts = isWhole ? journal.length : 12;
    for (let cut = 0; cut < cuts; cut += 1) {
      writeFileSync(
        planFile('journal.jsonl'),
        journal.subarray(0, Math.floor((cut * journal.length) / cuts)),
      );
      // As if the files had not been flushed in time either.
      for (const name of files().slice(0, cut)) rmSync(join(out, name));
      rmSync(planFile('report.jsonl'), { force: true });
      const again = await restore();
      if (again.code !== 0) throw new Error(again.stderr);
      expect(jobs()).toHaveLength(12);
      expect(outcomes()).toEqual({ done: 12 });
    }
  });

  test('asks for nothing that does not fit on the disk', async ({ skip }) => {
    const disk = smallDisk(20);
    if (disk === undefined) return skip('this user may not mount a disk');
    const { plain, jobs } = await seeded(['demo=2:8M']);
    const { code, stderr } = await plain(['restore', '--vault', 'demo', '--to', join(disk, 'out')]);
    expect(code).toBe(9);
    expect(stderr).toMatch(/no room in \S+ for the next archive, of 8388608 bytes/);
    expect(jobs()).toEqual([]);
  });

  test('downloads what was asked for before a retrieval policy refused more, and asks again an hour later', async () => {
    // The first job is that of the inventory.
    const { restore, serve, outcomes, jobs } = await seeded(['demo=10'], {
      faults: ['initiate-job#6-:error=PolicyEnforcedException'],
    });
    const refused = await restore();
    expect(refused.code).toBe(7);
    expect(refused.stderr).toContain(
      "the account's data retrieval policy does not allow this much retrieval now",
    );
    expect(outcomes()).toEqual({ done: 4, skipped: 6 });
    await serve({ faults: ['initiate-job#3-5:error=PolicyEnforcedException'] });
    const waited = await restore(['--wait']);
    expect(waited.code).toBe(0);
    expect(outcomes()).toEqual({ done: 10 });
    expect(jobs()).toHaveLength(10);
  });

  test('ends at refused credentials, and resumes', async () => {
    const { restore, serve, outcomes, jobs } = await seeded(['demo=20'], {
      faults: ['initiate-job#12-:error=AccessDeniedException'],
    });
    expect((await restore()).code).toBe(7);
    await serve({ faults: [] });
    expect((await restore()).code).toBe(0);
    expect(outcomes()).toEqual({ done: 20 });
    expect(jobs()).toHaveLength(20);
  });

  test('refuses other options while a plan is unfinished, and --new-plan drops it', async () => {
    const { restore } = await seeded(['demo=3'], { jobDelayMs: 6 * hourMs });
    await restore(['--dry-run', '--wait']);
    expect((await restore()).code).toBe(5);
    const other = await restore(['--match', '*1']);
    expect(other.code).toBe(2);
    expect(other.stderr).toContain('has other options (3 archives: 0 restored, 3 left)');
    expect((await restore(['--match', '*1', '--new-plan', '--wait'])).code).toBe(0);
  });
});

describe('empty --proved-by', () => {
  test('deletes what a report of restore proves, and nothing else', async () => {
    const { restore, plain, linesOf, planFile, folder, out } = await seeded(['demo=6']);
    mkdirSync(join(out, 'seeded'), { recursive: true });
    writeFileSync(join(out, 'seeded/0000002'), 'other');
    expect((await restore()).code).toBe(1);
    const report = join(folder, 'report.jsonl');
    const [first = '', ...others] = readFileSync(planFile('report.jsonl'), 'utf8').split('\n');
    // Of another tree hash than the archive in the vault.
    const forged = first.replace(/"treeHash":"[0-9a-f]{4}/, '"treeHash":"0000');
    writeFileSync(report, [forged, ...others].join('\n'));
    const unproved = linesOf('report.jsonl').filter(({ outcome }) => outcome === 'failed');
    expect(unproved).toHaveLength(1);
    const words = ['empty', '--vault', 'demo', '--confirm', 'demo', '--json', '--proved-by', report];
    const emptied = await plain(words);
    expect(emptied.code).toBe(0);
    expect(planOf(emptied)).toMatchObject({ archives: 4, leftOut: { unproved: 2 } });
    expect(summaryOf(emptied)).toMatchObject({ done: 4, doneNow: 4 });
    // What empty reports proves nothing.
    const [folderOfEmpty = ''] = readdirSync(join(folder, 'home/.local/state/glacier-up/plans')).filter(
      (name) => /^empty[^.]*$/.test(name),
    );
    const own = join(folder, 'home/.local/state/glacier-up/plans', folderOfEmpty, 'report.jsonl');
    const refused = await plain([...words.slice(0, -1), own]);
    expect(refused.code).toBe(2);
    expect(errorOf(refused).message).toContain('proves no archive');
  });
});
