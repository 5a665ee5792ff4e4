/** What an archive from a pipe costs beside the same bytes in a file: it is spooled to disk part by part. */
import { rmSync } from 'node:fs';
import { cleanEnvironment, glacierUp, glacierUpPath, need, run } from '../frame/programs.mjs';
import { inTurn, wallOf } from '../frame/rounds.mjs';
import { secondsText } from '../frame/table.mjs';
import { startDiscardingVault, upload, uploadWords } from '../frame/vaults.mjs';
import { GiB } from '../frame/workspace.mjs';

const rounds = 5;

export async function measure(workspace, row) {
  need('cat', 'cp');
  const { folder, path } = workspace;
  const env = cleanEnvironment(folder);
  const file = workspace.randomFile(GiB);
  const copy = path('copy');
  const vault = await startDiscardingVault(workspace);
  const streamed = (more) => [...uploadWords('-', vault.url, ['--name', 'bench', ...more], workspace)];
  try {
    const { pipe, ours, write } = await inTurn(rounds, {
      pipe: () => {
        const words = streamed(['--part-size', '64M', '--eof-completes']);
        const script = 'cat "$1" | { shift; exec "$@"; }';
        return run('sh', ['-c', script, 'sh', file, process.execPath, glacierUpPath, ...words], {
          folder,
          env,
        });
      },
      ours: () => upload(file, vault.url, ['--part-size', '64M'], workspace),
      write: async () => {
        const result = await run('cp', [file, copy], { folder });
        rmSync(copy);
        return result;
      },
    });
    const [piped, whole, written] = [pipe, ours, write].map(wallOf);
    row({
      what: '`cat` into `upload -` of 1 GiB, 64 MiB parts, less one `cp` of it ÷ `upload FILE`, wall',
      values: piped.map((seconds, round) => (seconds - written[round]) / whole[round]),
      bar: { atMost: 1.15 },
      note: `${secondsText(piped)} against ${secondsText(whole)}, and ${secondsText(written)} for the write`,
    });
    const sparse = workspace.sparseFile(5 * GiB);
    const words = streamed(['--part-size', '4G', '--concurrency', '1', '--exec', `cat '${sparse}'`]);
    row({
      what: 'peak memory of `upload - --part-size 4G` of 5 GiB',
      values: [(await glacierUp(words, { folder, env })).peakMiB],
      bar: { atMost: 160 },
      unit: ' MiB',
    });
  } finally {
    await vault.stop();
  }
}
