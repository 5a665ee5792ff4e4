/** Other tools on many small files, to the embedded vault through a link of 100 ms round trip. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { glacierUp, Missing, need, python, run } from '../frame/programs.mjs';
import { inTurn, median, ratios, wallOf } from '../frame/rounds.mjs';
import { startLink } from '../frame/vaults.mjs';
import { MiB } from '../frame/workspace.mjs';

const sizeBytes = 100_000;
const roundTripMs = 100;
/** As many requests at once as ours has with its default settings. */
const threads = 32;
const rounds = 3;

/**
 * @param vault the embedded one
 * @param environment in which Python finds no settings of this machine
 * @param missing says which peer was not measured, and why
 */
export async function measureMany(workspace, row, missing, { vault, environment }) {
  const { folder, path, scale } = workspace;
  const count = Math.max(10, Math.round(100 * scale));
  const files = path('many-for-peers');
  mkdirSync(files);
  for (let index = 0; index < count; index += 1)
    writeFileSync(join(files, String(index)), randomBytes(sizeBytes));
  const link = await startLink(vault.url, { bytesPerSecond: 100 * MiB, roundTripMs }, workspace);
  const words = (where) => [where, 'bench', files, String(threads)];
  const peers = {
    boto: {
      needs: 'boto',
      upload: () => python('boto_upload_many.py', words(new URL(link.url).port), { folder }),
    },
    botocore: {
      needs: 'botocore',
      upload: () => python('botocore_upload_many.py', words(link.url), { folder, env: environment }),
    },
    'AWS CLI in `xargs`': {
      needs: '/usr/bin/aws',
      upload: () =>
        run(fileURLToPath(new URL('../rivals/aws_cli_upload_many.sh', import.meta.url)), words(link.url), {
          folder,
          env: environment,
        }),
    },
  };
  let states = 0;
  const ours = () => {
    states += 1;
    const where = ['--vault', 'bench', '--endpoint-url', link.url];
    const state = ['--state-dir', path(`peers-state-${states}`)];
    return glacierUp(['upload', '--recursive', files, '--quiet', ...where, ...state], { folder });
  };
  try {
    for (const [name, { needs, upload }] of Object.entries(peers)) {
      const what = `\`upload -r\` of ${count} files of 100 KB, ${roundTripMs} ms away ÷ ${name}, ${threads} at a time, wall`;
      try {
        need(needs);
      } catch (error) {
        if (!(error instanceof Missing)) throw error;
        missing(what, error.message);
        continue;
      }
      const result = await inTurn(rounds, { ours, theirs: upload }, { warm: false });
      for (const [whose, runs] of Object.entries(result)) assertAllThere(whose, runs, count);
      row({
        what,
        values: ratios(wallOf(result.ours), wallOf(result.theirs)),
        note: `${costText(result.ours, count)} against ${costText(result.theirs, count)}`,
      });
    }
  } finally {
    await link.stop();
  }
}

function assertAllThere(whose, runs, count) {
  for (const { stdout } of runs) {
    const archiveIds = new Set(stdout.match(/(?<![\w-])[\w-]{138}(?![\w-])/g));
    if (archiveIds.size !== count)
      throw new Error(`${whose} printed ${archiveIds.size} of ${count} archive IDs`);
  }
}

function costText(runs, count) {
  const perSecond = median(wallOf(runs).map((seconds) => count / seconds)).toFixed(1);
  const cpuMs = median(runs.map(({ cpuSeconds }) => (cpuSeconds * 1000) / count)).toFixed(1);
  return `${perSecond} files a second (CPU ${cpuMs} ms each)`;
}
