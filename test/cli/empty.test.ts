import { EventEmitter } from 'node:events';
import { appendFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import type { CliOptions, CliResult } from '../helpers/cli.js';
import { jsonLines } from '../helpers/place.js';
import { makeSeededVault } from '../helpers/seeded-vault.js';
import { makeServedPlace, type ServeOptions } from '../helpers/served-place.js';

const dayMs = 24 * 60 * 60 * 1000;

/** A vault `demo` with seeded archives, whose requests are recorded. */
async function seeded(seeds: string[], options: ServeOptions = {}) {
  const vault = await makeSeededVault('empty', seeds, options);
  const { plain, recorder, clock } = vault;
  const empty = (words: string[] = [], more: Partial<CliOptions> = {}) =>
    plain(['empty', '--vault', 'demo', '--confirm', 'demo', ...words], more);
  /** The IDs of which a deletion was asked for, since the last look. */
  const deletions = (): string[] =>
    recorder.take().flatMap((request) => /^DELETE \S+\/archives\/(\S+)$/.exec(request)?.[1] ?? []);
  const left = async (): Promise<unknown> => {
    // The vault counts again once time has passed.
    clock.pass(1000);
    return jsonLines(await plain(['vaults', 'describe', 'demo', '--json']))[0]?.archiveCount;
  };
  return { ...vault, empty, deletions, left };
}

const summaryOf = (result: CliResult) => jsonLines(result).find(({ type }) => type === 'vault-summary');
const planOf = (result: CliResult) => jsonLines(result).find(({ type }) => type === 'vault-plan');

describe('empty', () => {
  test('deletes every archive of a vault, reports each, notes each in the receipts, and has nothing to do again', async () => {
    const { empty, left, outcomes, deletions, linesOf, receipts } = await seeded(['demo=150']);
    const done = await empty(['--json']);
    expect(done.code).toBe(0);
    expect(planOf(done)).toMatchObject({
      vault: 'demo',
      vaultArn: expect.stringMatching(/^arn:aws:glacier:eu-west-1:\d{12}:vaults\/demo$/),
      archives: 150,
      sizeBytes: 150 * 1024,
      done: 0,
      earlyFee: 0,
    });
    expect(summaryOf(done)).toMatchObject({ total: 150, done: 150, failed: 0, skipped: 0, doneNow: 150 });
    expect(await left()).toBe(0);
    expect(outcomes()).toEqual({ done: 150 });
    const ids = deletions();
    expect(new Set(ids).size).toBe(150);
    expect(ids).toHaveLength(150);
    expect(
      receipts()
        .map(({ archiveId }) => archiveId)
        .sort(),
    ).toEqual([...ids].sort());
    const made = linesOf('items.jsonl').map(({ createdAt }) => Date.parse(String(createdAt)));
    expect(made).toEqual(made.toSorted((a, b) => a - b));
    const again = await empty(['--json']);
    expect(again.code).toBe(0);
    expect(summaryOf(again)).toMatchObject({ total: 150, done: 150, doneNow: 0 });
    expect(deletions()).toEqual([]);
  });

  test('shows what it is about to do, and --dry-run ends there', async () => {
    const { plain, left, deletions } = await seeded(['demo=50:1M']);
    const { code, stdout } = await plain(['empty', '--vault', 'demo', '--dry-run']);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^vault demo: arn:aws:glacier:eu-west-1:\d{12}:vaults\/demo, account \d{12}, region eu-west-1\n/,
    );
    expect(stdout).toMatch(/^to delete: 50 archives, 50 MiB, created from 2024-11-\S+ to 2025-11-\S+$/m);
    expect(stdout).toMatch(/^inventory: taken 2026-03-01T12:00:00Z \(less than a minute ago\), 50 archives/m);
    expect(stdout).toMatch(/^cost: no fee for early deletion; saves less than 0.01 USD a month \(estimated/m);
    expect(stdout).toMatch(/^time: about 1s to 3s/m);
    expect(deletions()).toEqual([]);
    expect(await left()).toBe(50);
  });

  test('asks for the name of the vault on a terminal, and takes no other', async () => {
    const { plain, left } = await seeded(['demo=5']);
    const answer = (text: string) =>
      plain(['empty', '--vault', 'demo'], { columns: 100, stdin: new PassThrough().end(text) });
    const wrong = await answer('yes\n');
    expect(wrong).toMatchObject({ code: 2, stdout: '' });
    expect(wrong.stderr).toContain('to delete: 5 archives');
    expect(wrong.stderr).toContain('This deletes 5 archives for good. Type the name of the vault: ');
    expect(await left()).toBe(5);
    expect((await answer('demo\n')).code).toBe(0);
    expect(await left()).toBe(0);
  });

  test.each([
    ['--yes alone', ['--yes'], 'give --confirm demo: --yes is not enough'],
    ['nothing', [], 'give --confirm demo'],
    ['another name', ['--confirm', 'photos'], '--confirm names photos, and the vault is demo'],
  ])('refuses %s where nobody can be asked, before it sends anything', async (_, words, said) => {
    const { plain, left, deletions } = await seeded(['demo=5']);
    const { code, stderr } = await plain(['empty', '--vault', 'demo', ...words]);
    expect(code).toBe(2);
    expect(stderr).toContain(said);
    expect(deletions()).toEqual([]);
    expect(await left()).toBe(5);
  });

  test('holds --max-delete against the plan before the first request', async () => {
    const { empty, left, deletions } = await seeded(['demo=20']);
    const { code, stderr } = await empty(['--max-delete', '19']);
    expect(code).toBe(2);
    expect(stderr).toContain('the plan deletes 20 archives, more than --max-delete 19; nothing was deleted');
    expect(deletions()).toEqual([]);
    expect((await empty(['--max-delete', '20'])).code).toBe(0);
    expect(await left()).toBe(0);
  });

  test('keeps archives younger than 90 days, unless their fee is accepted', async () => {
    const { empty, left } = await seeded(['demo=10:1G:30d-10d', 'demo=20:1G:300d-200d']);
    const kept = await empty(['--json']);
    expect(planOf(kept)).toMatchObject({ archives: 20, leftOut: { young: 10 }, earlyFee: 0 });
    expect(await left()).toBe(10);
    const rest = await empty(['--accept-fee', '--json']);
    expect(planOf(rest)).toMatchObject({ archives: 10, leftOut: { young: 0, deletedAlready: 20 } });
    expect(planOf(rest)?.earlyFee).toBeGreaterThan(0.05);
    expect(await left()).toBe(0);
  });

  test.each<[string, string[], number]>([
    ['--match, on the last part of a name', ['--match', '*000[12]'], 2],
    ['--match, on the whole name', ['--match', 'seeded/**'], 10],
    ['--before', ['--before', '2025-06-01'], 5],
    ['--after', ['--after', '2025-06-01T00:00:00Z'], 5],
    ['--older-than', ['--older-than', '300d'], 5],
    ['--larger', ['--larger', '1K'], 0],
    ['--smaller', ['--smaller', '1025'], 10],
    ['several at once', ['--smaller', '2K', '--before', '2025-06-01', '--match', '*[1-3]'], 3],
  ])('chooses by %s', async (_, words, count) => {
    const { empty, left } = await seeded(['demo=10']);
    const result = await empty([...words, '--json']);
    expect(result.code).toBe(0);
    expect(planOf(result)).toMatchObject({ archives: count, leftOut: { notChosen: 10 - count } });
    expect(await left()).toBe(10 - count);
  });

  test('chooses by a list of IDs and names, from a file or standard input, and says what is in no archive', async () => {
    const { empty, plain, folder, left, linesOf, planFile } = await seeded(['demo=10']);
    await plain(['empty', '--vault', 'demo', '--dry-run']);
    const [{ archiveId: first }, { archiveId: second }] = linesOf('items.jsonl') as [
      { archiveId: string },
      { archiveId: string },
    ];
    expect(existsSync(planFile('journal.jsonl'))).toBe(false);
    const list = join(folder, 'list.txt');
    writeFileSync(list, `${first}\n./seeded/0000003\r\nno/such/name\n`);
    const byFile = await empty(['--files-from', list]);
    expect(byFile.code).toBe(0);
    expect(byFile.stderr).toContain('1 line of the list: no such archive in the inventory: no/such/name');
    expect(await left()).toBe(8);
    const byInput = await empty(['--files-from', '-', '-0'], { stdin: `${second}\0seeded/0000005\0` });
    expect(byInput.code).toBe(0);
    expect(await left()).toBe(6);
  });

  test('leaves an archive alone whose description has two readings, of which one is chosen', async () => {
    const { plain, empty, file, clock } = await seeded(['demo=1']);
    // boto writes such escapes; it may also be the name itself.
    const words = ['upload', file, '--vault', 'demo', '--description', 'a%20b'];
    expect((await plain(words)).code).toBe(0);
    clock.pass(100 * dayMs);
    const result = await empty(['--match', 'a b', '--json']);
    expect(planOf(result)).toMatchObject({ archives: 0, leftOut: { ambiguous: 1, notChosen: 1 } });
    expect(planOf(await empty(['--match', 'a?b', '--json']))).toMatchObject({ archives: 0 });
    expect(planOf(await empty(['--match', 'a*b', '--json']))).toMatchObject({ archives: 1 });
  });

  test('interrupted, reports what it did, is listed by sessions, and resumes', async () => {
    const { empty, plain, left, outcomes, deletions, linesOf, clock } = await seeded(['demo=200']);
    const signals = new EventEmitter();
    let waits = 0;
    const sleep: typeof clock.sleep = (waitMs, signal) => {
      waits += 1;
      if (waits === 60) signals.emit('SIGINT');
      return clock.sleep(waitMs, signal);
    };
    const words = ['--json', '--max-rate', '50'];
    const stopped = await empty(words, { signals, clock: { ...clock, sleep } });
    expect(stopped).toMatchObject({ code: null, signal: 'SIGINT' });
    const { done, skipped } = summaryOf(stopped) as { done: number; skipped: number };
    expect(done).toBeGreaterThan(30);
    expect(done + skipped).toBe(200);
    expect(outcomes()).toEqual({ done, skipped });
    expect(linesOf('journal.jsonl')).toHaveLength(done);
    const known = linesOf('report.jsonl').filter(({ outcome }) => outcome === 'done');
    expect(jsonLines(await plain(['sessions', '--json']))).toMatchObject([{ type: 'vault-plan', done }]);
    deletions();
    const resumed = await empty();
    expect(resumed.code).toBe(0);
    expect(resumed.stderr).toContain(`resumed: ${done} deleted already, 0 failed, which are tried again`);
    const again = deletions();
    expect(again).toHaveLength(skipped);
    expect(known.filter(({ archiveId }) => again.includes(String(archiveId)))).toEqual([]);
    expect(await left()).toBe(0);
    expect(outcomes()).toEqual({ done: 200 });
    expect((await plain(['sessions'])).stderr).toContain('no unfinished uploads or plans');
  });

  test('says that throttling paces it, and loses nothing to it', async () => {
    const { empty, left, outcomes, deletions } = await seeded(['demo=70'], {
      rates: ['delete-archive=20'],
    });
    const result = await empty(['--json']);
    expect(result.code).toBe(0);
    const { throttles, done, failed } = summaryOf(result) as Record<string, number>;
    expect({ done, failed }).toEqual({ done: 70, failed: 0 });
    expect(throttles).toBeGreaterThan(0);
    expect(outcomes()).toEqual({ done: 70 });
    expect(await left()).toBe(0);
    expect(new Set(deletions()).size).toBe(70);
  });

  test('gives up with exit code 5 when it is throttled all the time, and resumes later', async () => {
    const { empty, left, serve } = await seeded(['demo=30'], {
      faults: ['delete-archive#11-:error=ThrottlingException'],
    });
    const { code, stderr, stdout } = await empty(['--retry-for', '1m', '--json']);
    expect(code).toBe(5);
    expect(JSON.parse(stderr.trim().split('\n').at(-1) ?? '')).toMatchObject({ code: 'throttled' });
    expect(summaryOf({ stdout } as CliResult)).toMatchObject({ done: 10, failed: 0, skipped: 20 });
    await serve({ faults: [] });
    expect((await empty()).code).toBe(0);
    expect(await left()).toBe(0);
  });

  test('ends at the first archive when deleting is not allowed', async () => {
    const { empty, left, deletions, outcomes } = await seeded(['demo=100'], {
      faults: ['delete-archive:error=AccessDeniedException'],
    });
    const { code, stderr } = await empty();
    expect(code).toBe(7);
    expect(stderr).toContain('100 archives: 0 deleted, 100 skipped (not tried yet)');
    expect(deletions()).toHaveLength(1);
    expect(outcomes()).toEqual({ skipped: 100 });
    expect(await left()).toBe(100);
  });

  test.each([
    ['credentials that are refused', 'UnrecognizedClientException', 7],
    ['a vault that is gone', 'ResourceNotFoundException', 8],
  ])('ends at %s in the middle of a run, and knows what it did', async (_, error, code) => {
    const { empty, serve, left, outcomes } = await seeded(['demo=100'], {
      faults: [`delete-archive#51-:error=${error}`],
    });
    expect(await empty()).toMatchObject({ code });
    const counts = outcomes();
    expect(counts).toEqual({ done: 50, skipped: 50 });
    await serve({ faults: [] });
    expect((await empty()).code).toBe(0);
    expect(await left()).toBe(0);
  });

  test('goes on when single archives fail, ends with 1, and tries them again', async () => {
    const { empty, serve, left, outcomes, linesOf, deletions } = await seeded(['demo=50'], {
      faults: ['delete-archive#5-7:error=InvalidParameterValueException'],
    });
    const { code, stderr } = await empty();
    expect(code).toBe(1);
    expect(stderr).toContain('50 archives: 47 deleted, 3 failed');
    expect(outcomes()).toEqual({ done: 47, failed: 3 });
    expect(linesOf('report.jsonl').find(({ outcome }) => outcome === 'failed')).toMatchObject({
      code: 'request-invalid',
      message: expect.stringContaining('InvalidParameterValueException'),
    });
    await serve({ faults: [] });
    deletions();
    expect((await empty()).code).toBe(0);
    expect(deletions()).toHaveLength(3);
    expect(outcomes()).toEqual({ done: 50 });
    expect(await left()).toBe(0);
  });

  test('refuses other filters while a plan is unfinished, and --new-plan drops that plan', async () => {
    const { empty, plain, serve, left } = await seeded(['demo=40'], {
      faults: ['delete-archive#11-:error=AccessDeniedException'],
    });
    expect((await empty()).code).toBe(7);
    await serve({ faults: [] });
    const other = await empty(['--match', '*9']);
    expect(other.code).toBe(2);
    expect(other.stderr).toContain(
      'an unfinished plan of vault demo has other filters (40 archives: 10 deleted',
    );
    expect(other.stderr).toContain('--new-plan');
    expect((await plain(['sessions'])).stdout).toMatch(
      /^empty-demo-\w+ {2}demo {2}empty {2}40 archives: 10 deleted/,
    );
    expect(jsonLines(await plain(['sessions', '--json']))).toMatchObject([
      { type: 'vault-plan', done: 10, archives: 40 },
    ]);
    const fresh = await empty(['--match', '*[3-9]', '--new-plan', '--json']);
    expect(fresh.code).toBe(0);
    // Ten are deleted already: of the others those that end in 3 to 9.
    expect(planOf(fresh)).toMatchObject({ archives: 21, leftOut: { deletedAlready: 7, notChosen: 12 } });
    expect(await left()).toBe(9);
  });

  test('waits for an inventory as inventory does: exit code 5 and when to come back, then it goes on', async () => {
    const { empty, left, clock } = await seeded(['demo=5'], { jobDelayMs: 4 * 3_600_000 });
    const early = await empty(['--json']);
    expect(early.code).toBe(5);
    expect(jsonLines(early)).toMatchObject([{ type: 'job', isNew: true }]);
    clock.pass(5 * 3_600_000);
    expect((await empty()).code).toBe(0);
    expect(await left()).toBe(0);
  });

  test('reports faulty entries of the inventory, and does not pass over them with exit code 0', async () => {
    const { empty, plain, folder, left, linesOf } = await seeded(['demo=5']);
    await plain(['inventory', '--vault', 'demo']);
    const inventories = join(folder, 'home/.local/share/glacier-up/inventories');
    const [name = ''] = readdirSync(inventories).filter((one) => one.endsWith('.json'));
    const text = readFileSync(join(inventories, name), 'utf8');
    const inventory = JSON.parse(text);
    delete inventory.ArchiveList[2].Size;
    writeFileSync(join(inventories, name), JSON.stringify(inventory));
    const { code, stderr } = await empty();
    expect(code).toBe(1);
    expect(stderr).toContain('left out: 1 faulty entry');
    expect(stderr).toContain('1 entry of the inventory is faulty, and nothing was deleted for them');
    expect(linesOf('report.jsonl')).toHaveLength(4);
    expect(await left()).toBe(1);
  });

  test('knows a deletion that the journal has, and one whose line was cut off it repeats', async () => {
    const { empty, serve, planFile, deletions, outcomes } = await seeded(['demo=20'], {
      faults: ['delete-archive#11-:error=AccessDeniedException'],
    });
    expect((await empty()).code).toBe(7);
    const before = deletions().slice(0, 10);
    const journal = readFileSync(planFile('journal.jsonl'), 'utf8');
    const cut = journal.trimEnd().lastIndexOf('\n') + 8;
    writeFileSync(planFile('journal.jsonl'), journal.slice(0, cut));
    await serve({ faults: [] });
    expect((await empty()).code).toBe(0);
    const after = deletions();
    expect(after).toHaveLength(11);
    expect(before.filter((id) => after.includes(id))).toHaveLength(1);
    expect(outcomes()).toEqual({ done: 20 });
  });

  test('says which plan cannot be read, and how to go on', async () => {
    const { empty, serve, planFile, left } = await seeded(['demo=20'], {
      faults: ['delete-archive#11-:error=AccessDeniedException'],
    });
    await empty();
    await serve({ faults: [] });
    appendFileSync(planFile('plan.json'), 'x');
    const { code, stderr } = await empty();
    expect(code).toBe(9);
    expect(stderr).toContain('give --new-plan');
    expect((await empty(['--new-plan'])).code).toBe(0);
    expect(await left()).toBe(0);
  });
});

describe('vaults delete', () => {
  test('deletes an empty vault, when its name is given again', async () => {
    const { plain } = await makeServedPlace(1000);
    expect(await plain(['vaults', 'delete', 'demo'])).toMatchObject({ code: 2 });
    expect(await plain(['vaults', 'delete', 'demo', '--yes'])).toMatchObject({ code: 2 });
    expect((await plain(['vaults'])).stdout).toContain('demo');
    const { code, stderr } = await plain(['vaults', 'delete', 'demo', '--confirm', 'demo']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: 'glacier-up: deleted vault demo\n' });
    expect((await plain(['vaults'])).stdout).toBe('');
  });

  test('asks on a terminal', async () => {
    const { plain } = await makeServedPlace(1000);
    const answer = (text: string) => plain(['vaults', 'delete', 'demo'], { columns: 100, stdin: text });
    expect((await answer('no\n')).code).toBe(2);
    expect((await answer('demo\n')).code).toBe(0);
  });

  test('says that the inventory lists archives, or that Glacier has not counted yet', async () => {
    const place = await makeServedPlace(1000, { inventoryEveryMs: dayMs, jobDelayMs: 0, seeds: ['demo=3'] });
    const remove = () => place.plain(['vaults', 'delete', 'demo', '--confirm', 'demo', '--json']);
    const full = await remove();
    expect(full.code).toBe(1);
    expect(JSON.parse(full.stderr)).toMatchObject({
      code: 'vault-not-empty',
      message: expect.stringMatching(/its last inventory, of 2026-03-01\S+, lists 3 archives$/),
    });
    expect((await place.run(['empty', '--confirm', 'demo'])).code).toBe(0);
    expect((await remove()).code).toBe(1);
    place.clock.pass(2 * dayMs);
    const written = await place.run(['upload', place.file]);
    await place.plain(['delete', '--vault', 'demo', '--yes', '--', written.stdout.trim()]);
    place.clock.pass(2 * dayMs);
    expect((await remove()).code).toBe(0);
  });

  test('says that Glacier has not counted the vault since something was written, and that a day helps', async () => {
    const place = await makeServedPlace(1000, { inventoryEveryMs: dayMs });
    const remove = () => place.plain(['vaults', 'delete', 'demo', '--confirm', 'demo', '--json']);
    const { stdout } = await place.run(['upload', place.file]);
    await place.plain(['delete', '--vault', 'demo', '--yes', '--', stdout.trim()]);
    const early = await remove();
    expect(early.code).toBe(5);
    expect(JSON.parse(early.stderr)).toMatchObject({ code: 'vault-uncounted', exitCode: 5 });
    place.clock.pass(2 * dayMs);
    expect((await remove()).code).toBe(0);
  });
});
