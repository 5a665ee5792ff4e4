/** Emptying vaults: the plan of a large one, and deletions far away and where few are allowed. Runs only when it is named. */
import { rmSync } from 'node:fs';
import { glacierUp, glacierUpPath, serving } from '../frame/programs.mjs';
import { cpuOf } from '../frame/rounds.mjs';
import { secondsText } from '../frame/table.mjs';

/** What the embedded vault lets through at once, before its rate counts. */
const burst = 100;

export async function measure(workspace, row) {
  const planned = Math.ceil(1_000_000 * workspace.scale);
  await withVault(workspace, planned, [], async (words) => {
    const result = await words('--dry-run');
    const what = `plan of \`empty\` for ${planned.toLocaleString('en')} archives`;
    row({ what: `${what}, CPU`, values: cpuOf([result]), bar: { atMost: 10 }, unit: ' s' });
    row({ what: `${what}, peak memory`, values: [result.peakMiB], bar: { atMost: 250 }, unit: ' MiB' });
  });
  const far = Math.ceil(20_000 * workspace.scale);
  await withVault(workspace, far, ['--fault', 'delete-archive:delay=60ms'], async (words) => {
    const result = await words('--confirm', 'bench');
    const [cpu] = cpuOf([result]);
    const what = '`empty`, a server 60 ms away';
    row({
      what: `${what}, archives a second`,
      values: [far / result.wallSeconds],
      bar: { atLeast: 400 },
      note: `${far} archives in ${secondsText([result.wallSeconds])}, with the start`,
    });
    row({ what: `${what}, CPU for each`, values: [(cpu / far) * 1000], bar: { atMost: 2 }, unit: ' ms' });
  });
  const limited = Math.ceil(6_000 * workspace.scale) + burst;
  await withVault(workspace, limited, ['--rate', `delete-archive=${burst}`], async (words) => {
    const { wallSeconds } = await words('--confirm', 'bench');
    row({
      what: '`empty`, a server that takes 100 a second, archives a second',
      values: [(limited - burst) / wallSeconds],
      bar: { atLeast: 95 },
      note: `${limited} archives, all deleted; the first ${burst} do not count`,
    });
  });
}

/** Serves so many seeded archives, with their inventory kept, and runs `empty` on them. */
async function withVault({ folder, path }, archives, options, action) {
  const [dir, state] = [path('empty-vault'), path('empty-state')];
  const seeding = ['--job-delay', '0', '--inventory-every', '0', '--seed', `bench=${archives}`];
  const server = await serving(glacierUpPath, ['serve', '--dir', dir, ...seeding, ...options], { folder });
  const run = (words) =>
    glacierUp([...words, '--vault', 'bench', '--endpoint-url', server.url, '--state-dir', state], {
      folder,
      silent: true,
    });
  try {
    await run(['inventory', '--wait']);
    await action((...words) => run(['empty', ...words]));
  } finally {
    await server.stop();
    for (const made of [dir, state]) rmSync(made, { recursive: true, force: true });
  }
}
