/** What each further GiB of an upload costs the processor, without the start of the programs, beside the least that must be done. */
import { makeCertificate } from '../frame/certificate.mjs';
import { need, run } from '../frame/programs.mjs';
import { cpuOf, inTurn } from '../frame/rounds.mjs';
import { secondsText } from '../frame/table.mjs';
import { startDiscardingVault, upload } from '../frame/vaults.mjs';
import { GiB } from '../frame/workspace.mjs';

const sizes = { one: GiB, four: 4 * GiB };
const furtherGib = 3;

export async function measure(workspace, row) {
  need('openssl', 'curl');
  const { folder } = workspace;
  const files = { one: workspace.randomFile(sizes.one), four: workspace.randomFile(sizes.four) };
  const certificate = await makeCertificate(workspace);
  const { certificatePath } = certificate;
  const [plain, secure] = await Promise.all([
    startDiscardingVault(workspace),
    startDiscardingVault(workspace, certificate),
  ]);
  const options = ['--part-size', '64M'];
  const programs = Object.entries(files).flatMap(([size, file]) => [
    [`${size} plain`, () => upload(file, plain.url, options, workspace)],
    [
      `${size} secure`,
      () => upload(file, secure.url, options, workspace, { AWS_CA_BUNDLE: certificatePath }),
    ],
    [`${size} openssl`, () => run('openssl', ['dgst', '-sha256', file], { folder })],
    [`${size} plain curl`, () => run('curl', ['-sS', '-T', file, `${plain.url}/file`], { folder })],
    [
      `${size} secure curl`,
      () => run('curl', ['-sS', '--cacert', certificatePath, '-T', file, `${secure.url}/file`], { folder }),
    ],
  ]);
  try {
    const results = await inTurn(3, Object.fromEntries(programs));
    const further = (program) => {
      const [ofOne, ofFour] = [results[`one ${program}`], results[`four ${program}`]].map(cpuOf);
      return ofFour.map((seconds, round) => (seconds - ofOne[round]) / furtherGib);
    };
    const digest = further('openssl');
    for (const [name, protocol, atMost] of [
      ['plain', 'HTTP', 1.1],
      ['secure', 'HTTPS', 1.15],
    ]) {
      const [our, sending] = [further(name), further(`${name} curl`)];
      row({
        what: `CPU of each further GiB of \`upload\` over ${protocol}, from 1 to 4 GiB ÷ (two \`openssl dgst\` + one \`curl -T\`)`,
        values: our.map((seconds, round) => seconds / (2 * digest[round] + sending[round])),
        bar: { atMost },
        note: `${secondsText(our)} against 2 × ${secondsText(digest)} + ${secondsText(sending)}`,
      });
    }
  } finally {
    await Promise.all([plain.stop(), secure.stop()]);
  }
}
