/** What an upload costs the processor, beside the least that must be done: hash twice, send once. */
import { need, run } from '../frame/programs.mjs';
import { cpuOf, inTurn } from '../frame/rounds.mjs';
import { secondsText } from '../frame/table.mjs';
import { startDiscardingVault, upload } from '../frame/vaults.mjs';
import { GiB } from '../frame/workspace.mjs';

export async function measure(workspace, row) {
  need('openssl', 'curl');
  const { folder } = workspace;
  const file = workspace.randomFile(GiB);
  const vault = await startDiscardingVault(workspace);
  try {
    const { ours, openssl, curl } = await inTurn(5, {
      ours: () => upload(file, vault.url, ['--part-size', '64M'], workspace),
      openssl: () => run('openssl', ['dgst', '-sha256', file], { folder }),
      curl: () => run('curl', ['-sS', '-T', file, `${vault.url}/file`], { folder }),
    });
    const [our, digest, sending] = [ours, openssl, curl].map(cpuOf);
    row({
      what: 'CPU of `upload` of 1 GiB, 64 MiB parts ÷ (two `openssl dgst` + one `curl -T`)',
      values: our.map((seconds, round) => seconds / (2 * digest[round] + sending[round])),
      bar: { atMost: 1.2 },
      note: `${secondsText(our)} against 2 × ${secondsText(digest)} + ${secondsText(sending)}`,
    });
  } finally {
    await vault.stop();
  }
}
