/** What an upload costs the processor, beside the least that must be done: hash twice, send once. */
import { makeCertificate } from '../frame/certificate.mjs';
import { need, run } from '../frame/programs.mjs';
import { cpuOf, inTurn } from '../frame/rounds.mjs';
import { secondsText } from '../frame/table.mjs';
import { startDiscardingVault, upload } from '../frame/vaults.mjs';
import { GiB } from '../frame/workspace.mjs';

export async function measure(workspace, row) {
  need('openssl', 'curl');
  const { folder } = workspace;
  const file = workspace.randomFile(GiB);
  const certificate = await makeCertificate(workspace);
  const { certificatePath } = certificate;
  const [plain, secure] = await Promise.all([
    startDiscardingVault(workspace),
    startDiscardingVault(workspace, certificate),
  ]);
  const options = ['--part-size', '64M'];
  try {
    const results = await inTurn(5, {
      plain: () => upload(file, plain.url, options, workspace),
      secure: () => upload(file, secure.url, options, workspace, { AWS_CA_BUNDLE: certificatePath }),
      openssl: () => run('openssl', ['dgst', '-sha256', file], { folder }),
      plainCurl: () => run('curl', ['-sS', '-T', file, `${plain.url}/file`], { folder }),
      secureCurl: () =>
        run('curl', ['-sS', '--cacert', certificatePath, '-T', file, `${secure.url}/file`], { folder }),
    });
    const digest = cpuOf(results.openssl);
    for (const [name, protocol, atMost] of [
      ['plain', 'HTTP', 1.1],
      ['secure', 'HTTPS', 1.15],
    ]) {
      const [our, sending] = [results[name], results[`${name}Curl`]].map(cpuOf);
      row({
        what: `CPU of \`upload\` of 1 GiB over ${protocol}, 64 MiB parts ÷ (two \`openssl dgst\` + one \`curl -T\`)`,
        values: our.map((seconds, round) => seconds / (2 * digest[round] + sending[round])),
        bar: { atMost },
        note: `${secondsText(our)} against 2 × ${secondsText(digest)} + ${secondsText(sending)}`,
      });
    }
  } finally {
    await Promise.all([plain.stop(), secure.stop()]);
  }
}
