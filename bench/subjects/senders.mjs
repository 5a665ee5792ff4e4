/** One archive sent by several processes at once, as shards, beside the one process of `upload`, over HTTPS. */
import { makeCertificate } from '../frame/certificate.mjs';
import { cleanEnvironment, glacierUp } from '../frame/programs.mjs';
import { inTurn, median, ratios, wallOf } from '../frame/rounds.mjs';
import { secondsText } from '../frame/table.mjs';
import { startDiscardingVault, upload } from '../frame/vaults.mjs';
import { GiB } from '../frame/workspace.mjs';

const options = ['--part-size', '64M'];

export async function measure(workspace, row) {
  const { folder } = workspace;
  const file = workspace.randomFile(GiB);
  const certificate = await makeCertificate(workspace);
  const variables = { AWS_CA_BUNDLE: certificate.certificatePath };
  const vault = await startDiscardingVault(workspace, certificate);
  const env = { ...cleanEnvironment(folder), ...variables };
  const send = (words) =>
    glacierUp(['upload', file, '--vault', 'bench', '--endpoint-url', vault.url, ...words], { folder, env });
  /** Without Complete, which would read the file once more. */
  const sendShards = async (count) => {
    const { stdout } = await send([...options, '--begin']);
    const startedMs = performance.now();
    const shards = await Promise.all(
      Array.from({ length: count }, (_, index) =>
        send(['--shard', `${index}/${count}`, `--upload-id=${stdout.trim()}`]),
      ),
    );
    return {
      wallSeconds: (performance.now() - startedMs) / 1000,
      cpuSeconds: shards.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
    };
  };
  try {
    const { one, ...several } = await inTurn(5, {
      one: () => upload(file, vault.url, options, workspace, variables),
      two: () => sendShards(2),
      four: () => sendShards(4),
      eight: () => sendShards(8),
    });
    for (const [count, shards] of Object.entries(several)) {
      row({
        what: `1 GiB over HTTPS by ${count} shards at once, 64 MiB parts ÷ \`upload\`, wall`,
        values: ratios(wallOf(shards), wallOf(one)),
        note: `${costText(shards)} against ${costText(one)}`,
      });
    }
  } finally {
    await vault.stop();
  }
}

const costText = (runs) =>
  `${secondsText(wallOf(runs))} (CPU ${median(runs.map(({ cpuSeconds }) => cpuSeconds)).toFixed(2)} s)`;
