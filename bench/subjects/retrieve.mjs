/** Bringing 1 GiB back, proved and flushed, beside what must be done: `curl` of the same bytes and one hash of them. */
import { rmSync } from 'node:fs';
import { makeCertificate } from '../frame/certificate.mjs';
import { cleanEnvironment, glacierUp, need, run } from '../frame/programs.mjs';
import { cpuOf, inTurn, wallOf } from '../frame/rounds.mjs';
import { secondsText } from '../frame/table.mjs';
import { startEmbeddedVault, startTls, upload } from '../frame/vaults.mjs';
import { GiB } from '../frame/workspace.mjs';

export async function measure(workspace, row) {
  need('curl', 'openssl');
  const { folder, path } = workspace;
  const certificate = await makeCertificate(workspace);
  const env = { ...cleanEnvironment(folder), AWS_CA_BUNDLE: certificate.certificatePath };
  const file = workspace.randomFile(GiB);
  const out = path('retrieved');
  const vault = await startEmbeddedVault(workspace, ['--job-delay', '0']);
  const secure = await startTls(vault.url, certificate, workspace);
  try {
    const { stdout } = await upload(file, vault.url, ['--part-size', '64M'], workspace);
    const archiveId = stdout.trim();
    const retrieve = async (url) => {
      const where = ['--vault', 'bench', '--endpoint-url', url, '--state-dir', path('no-state')];
      const result = await glacierUp(['retrieve', ...where, '-o', out, '--', archiveId], { folder, env });
      rmSync(out);
      return result;
    };
    // The job is there from the warm round on: what is measured is the download.
    await retrieve(vault.url);
    const jobId = await jobOf(vault);
    const headers = Object.entries(vault.headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
    const curl = (url) => {
      rmSync(out, { force: true });
      const words = ['-sf', '--cacert', certificate.certificatePath, '-o', out, ...headers];
      return run('curl', [...words, `${url}/-/vaults/bench/jobs/${jobId}/output`], { folder });
    };
    const results = await inTurn(5, {
      plain: () => retrieve(vault.url),
      secure: () => retrieve(secure.url),
      secureCurl: () => curl(secure.url),
      plainCurl: () => curl(vault.url),
      openssl: async () => {
        const result = await run('openssl', ['dgst', '-sha256', out], { folder });
        rmSync(out);
        return result;
      },
    });
    const compared = (what, of, ours, theirs, more) => {
      const [our, fetched, hashed] = [results[ours], results[theirs], results.openssl].map(of);
      row({
        what: `\`retrieve\` of 1 GiB${what}`,
        values: our.map((seconds, round) => seconds / (fetched[round] + hashed[round])),
        note: `${secondsText(our)} against ${secondsText(fetched)} + ${secondsText(hashed)}`,
        ...more,
      });
    };
    const peakMiB = Math.round(Math.max(...results.plain.map((result) => result.peakMiB)));
    compared(' ÷ (`curl` of the same bytes + one `openssl dgst`), wall', wallOf, 'plain', 'plainCurl', {
      bar: { atMost: 1.2 },
    });
    compared(' ÷ the same, CPU', cpuOf, 'plain', 'plainCurl');
    compared(' over HTTPS ÷ the same over HTTPS, CPU', cpuOf, 'secure', 'secureCurl');
    row({
      what: 'peak memory of `retrieve` of 1 GiB',
      values: [peakMiB],
      unit: ' MiB',
      bar: { atMost: 160 },
    });
  } finally {
    await secure.stop();
    await vault.stop();
  }
}

async function jobOf({ url, headers }) {
  const reply = await fetch(`${url}/-/vaults/bench/jobs`, { headers });
  return (await reply.json()).JobList[0].JobId;
}
