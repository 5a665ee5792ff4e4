/** Emptying a vault in a process that is killed, and two of them at once. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { startRecorder } from '../helpers/network.js';
import { makeMachine } from './helpers/machine.js';
import { serveHere } from './helpers/served-vault.js';

async function scene(archives: number) {
  const machine = makeMachine({ sizeBytes: 1000 });
  const vault = await serveHere({
    options: ['--seed', `demo=${archives}`, '--job-delay', '0', '--inventory-every', '0'],
  });
  const recorder = await startRecorder(() => vault.url);
  const where = ['--vault', 'demo', '--region', 'us-east-1', '--endpoint-url', recorder.url];
  const words = ['empty', ...where, '--confirm', 'demo', '--json'];
  const plans = join(machine.home, '.local/state/glacier-up/plans');
  const linesOf = (name: string): Record<string, unknown>[] => {
    const [folder = 'none'] = existsSync(plans) ? readdirSync(plans).filter((one) => !one.includes('.')) : [];
    const file = join(plans, folder, name);
    const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];
    return lines.map((line) => JSON.parse(line));
  };
  /** Until the journal knows of more deletions than that. */
  const journalPast = async (count: number): Promise<void> => {
    while (linesOf('journal.jsonl').length <= count) await new Promise((resolve) => setTimeout(resolve, 50));
  };
  const deletions = (): string[] =>
    recorder.take().flatMap((request) => /^DELETE \S+\/archives\/(\S+)$/.exec(request)?.[1] ?? []);
  return { machine, words, where, linesOf, journalPast, deletions };
}

describe('empty, killed', () => {
  test('misses no archive, repeats none that the journal knows, and has an exact report', async () => {
    const total = 600;
    const { machine, words, where, linesOf, journalPast, deletions } = await scene(total);
    const known = new Set<string>();
    for (let kill = 0; kill < 3; kill += 1) {
      const running = machine.start([...words, '--max-rate', '80']);
      await journalPast(known.size);
      // Somewhere between two flushes.
      await new Promise((resolve) => setTimeout(resolve, kill * 300));
      running.send('SIGKILL');
      expect(await running.ended).toMatchObject({ signal: 'SIGKILL' });
      for (const archiveId of deletions()) expect(known.has(archiveId), archiveId).toBe(false);
      const items = linesOf('items.jsonl');
      for (const { n } of linesOf('journal.jsonl')) known.add(String(items[Number(n)]?.archiveId));
    }
    expect(known.size).toBeGreaterThan(0);
    expect(known.size).toBeLessThan(total);
    const last = await machine.run(words);
    expect(last.exitCode).toBe(0);
    for (const archiveId of deletions()) expect(known.has(archiveId), archiveId).toBe(false);
    const report = linesOf('report.jsonl');
    expect(report).toHaveLength(total);
    expect(new Set(report.map(({ archiveId }) => archiveId)).size).toBe(total);
    expect(report.every(({ outcome }) => outcome === 'done')).toBe(true);
    const described = await machine.run(['vaults', 'describe', 'demo', ...where.slice(2), '--json']);
    expect(JSON.parse(described.stdout)).toMatchObject({ archiveCount: 0 });
    const receipts = readFileSync(machine.receiptFile, 'utf8').split('\n').slice(0, -1);
    const noted = receipts.map((line) => JSON.parse(line).archiveId);
    expect(noted.sort()).toEqual(report.map(({ archiveId }) => archiveId).sort());
  });
});

describe('two runs at once', () => {
  test('do not work on one vault together: the second says who has it, or waits', async () => {
    const { machine, words, journalPast, deletions } = await scene(300);
    const first = machine.start([...words, '--max-rate', '60']);
    await journalPast(0);
    const second = await machine.run(words);
    expect(second.exitCode).toBe(11);
    expect(JSON.parse(second.stderr.trim())).toMatchObject({
      code: 'locked',
      message: expect.stringMatching(/^the plan of vault demo is held by process \d+/),
    });
    const waiting = await machine.run([...words, '--wait-lock', '1m']);
    expect(waiting.exitCode).toBe(0);
    expect((await first.ended).exitCode).toBe(0);
    expect(deletions()).toHaveLength(300);
  });
});
