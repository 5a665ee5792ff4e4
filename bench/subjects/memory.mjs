/** Peak memory must not grow with the file or the part. */
import { glacierUp } from '../frame/programs.mjs';
import { startDiscardingVault, upload } from '../frame/vaults.mjs';
import { GiB } from '../frame/workspace.mjs';

const bar = { atMost: 160 };
const unit = ' MiB';
const rounds = 5;

export async function measure(workspace, row) {
  const { folder } = workspace;
  const file = workspace.sparseFile(4.25 * GiB);
  const repeat = async (once) => {
    const results = [];
    for (let round = 0; round < rounds; round += 1) results.push((await once()).peakMiB);
    return results;
  };
  const vault = await startDiscardingVault(workspace);
  try {
    for (const partSize of ['64M', '4G']) {
      row({
        what: `peak memory of \`treehash --parts ${partSize}\` of 4.25 GiB`,
        values: await repeat(() => glacierUp(['treehash', '--parts', partSize, file], { folder })),
        bar,
        unit,
      });
      row({
        what: `peak memory of \`upload --part-size ${partSize}\` of 4.25 GiB`,
        values: await repeat(() => upload(file, vault.url, ['--part-size', partSize], workspace)),
        bar,
        unit,
      });
    }
  } finally {
    await vault.stop();
  }
}
