/** Peak memory must not grow with the file or the part. */
import { glacierUp } from '../frame/programs.mjs';
import { startDiscardingVault, upload } from '../frame/vaults.mjs';
import { GiB } from '../frame/workspace.mjs';

const bar = { atMost: 160 };
const unit = ' MiB';
const rounds = 5;

export async function measure(workspace, row) {
  const { folder } = workspace;
  const repeat = async (once) => {
    const results = [];
    for (let round = 0; round < rounds; round += 1) results.push((await once()).peakMiB);
    return results;
  };
  const vault = await startDiscardingVault(workspace);
  try {
    for (const [partSize, gibibytes] of [
      ['64M', 1],
      ['4G', 4.25],
    ]) {
      const file = workspace.sparseFile(gibibytes * GiB);
      row({
        what: `peak memory of \`treehash --parts ${partSize}\` of ${gibibytes} GiB`,
        values: await repeat(() => glacierUp(['treehash', '--parts', partSize, file], { folder })),
        bar,
        unit,
      });
      row({
        what: `peak memory of \`upload --part-size ${partSize}\` of ${gibibytes} GiB`,
        values: await repeat(() => upload(file, vault.url, ['--part-size', partSize], workspace)),
        bar,
        unit,
      });
    }
  } finally {
    await vault.stop();
  }
}
