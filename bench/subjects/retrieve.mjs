/** Bringing 1 GiB back, proved and flushed, beside what must be done: `curl` of the same bytes and one hash of them. */
import { rmSync } from 'node:fs';
import { cleanEnvironment, glacierUp, need, run } from '../frame/programs.mjs';
import { cpuOf, inTurn, wallOf } from '../frame/rounds.mjs';
import { secondsText } from '../frame/table.mjs';
import { startEmbeddedVault, upload } from '../frame/vaults.mjs';
import { GiB } from '../frame/workspace.mjs';

export async function measure(workspace, row) {
  need('curl', 'openssl');
  const { folder, path } = workspace;
  const env = cleanEnvironment(folder);
  const file = workspace.randomFile(GiB);
  const out = path('retrieved');
  const vault = await startEmbeddedVault(workspace, ['--job-delay', '0']);
  try {
    const { stdout } = await upload(file, vault.url, ['--part-size', '64M'], workspace);
    const archiveId = stdout.trim();
    const words = [
      'retrieve',
      '--vault',
      'bench',
      '--endpoint-url',
      vault.url,
      '--state-dir',
      path('no-state'),
    ];
    // The job is there from the warm round on: what is measured is the download.
    const retrieve = () => glacierUp([...words, '-o', out, '--', archiveId], { folder, env });
    await retrieve();
    rmSync(out);
    const jobId = await jobOf(vault);
    const headers = Object.entries(vault.headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
    const url = `${vault.url}/-/vaults/bench/jobs/${jobId}/output`;
    const { ours, curl, openssl } = await inTurn(5, {
      ours: async () => {
        const result = await retrieve();
        rmSync(out);
        return result;
      },
      curl: () => run('curl', ['-sf', '-o', out, ...headers, url], { folder }),
      openssl: async () => {
        const result = await run('openssl', ['dgst', '-sha256', out], { folder });
        rmSync(out);
        return result;
      },
    });
    const [retrieved, fetched, hashed] = [ours, curl, openssl].map(wallOf);
    row({
      what: '`retrieve` of 1 GiB ÷ (`curl` of the same bytes + one `openssl dgst`), wall',
      values: retrieved.map((seconds, round) => seconds / (fetched[round] + hashed[round])),
      bar: { atMost: 1.3 },
      note:
        `${secondsText(retrieved)} (CPU ${secondsText(cpuOf(ours))}, peak ${Math.round(Math.max(...ours.map(({ peakMiB }) => peakMiB)))} MiB) ` +
        `against ${secondsText(fetched)} + ${secondsText(hashed)}; ours is flushed to the disk`,
    });
  } finally {
    await vault.stop();
  }
}

async function jobOf({ url, headers }) {
  const reply = await fetch(`${url}/-/vaults/bench/jobs`, { headers });
  return (await reply.json()).JobList[0].JobId;
}
