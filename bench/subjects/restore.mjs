/** Restoring a vault of many small archives, whose jobs are done at once. Runs only when it is named. */
import { rmSync } from 'node:fs';
import { glacierUp, glacierUpPath, serving } from '../frame/programs.mjs';
import { cpuOf } from '../frame/rounds.mjs';
import { secondsText } from '../frame/table.mjs';

const sizeBytes = 100_000;

export async function measure({ folder, path, scale }, row) {
  const archives = Math.ceil(10_000 * scale);
  const [dir, state, out] = [path('restore-vault'), path('restore-state'), path('restored')];
  const seeding = ['--job-delay', '0', '--inventory-every', '0', '--seed', `bench=${archives}:${sizeBytes}`];
  const server = await serving(glacierUpPath, ['serve', '--dir', dir, ...seeding], { folder });
  const where = ['--vault', 'bench', '--endpoint-url', server.url, '--state-dir', state];
  try {
    await glacierUp(['inventory', '--wait', ...where], { folder, silent: true });
    const words = ['restore', '--to', out, '--wait', ...where];
    const result = await glacierUp(words, { folder, silent: true });
    const [cpu] = cpuOf([result]);
    const what = `\`restore\` of ${archives.toLocaleString('en')} archives of 100 KB`;
    row({
      what: `${what}, archives a second`,
      values: [archives / result.wallSeconds],
      bar: { atLeast: 200 },
      note: `in ${secondsText([result.wallSeconds])}, with plan and start; the vault is on the same machine`,
    });
    row({ what: `${what}, CPU for each`, values: [(cpu / archives) * 1000], unit: ' ms' });
    row({ what: `${what}, peak memory`, values: [result.peakMiB], bar: { atMost: 250 }, unit: ' MiB' });
  } finally {
    await server.stop();
    for (const made of [dir, state, out]) rmSync(made, { recursive: true, force: true });
  }
}
