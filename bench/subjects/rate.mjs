/** Whether `--limit-rate` holds what it says, seen by the server over the ten seconds after the first byte. */
import { startDiscardingVault, upload } from '../frame/vaults.mjs';
import { MiB } from '../frame/workspace.mjs';

const windowMs = 10_000;
const bytesPerSecond = 20 * MiB;

export async function measure(workspace, row) {
  const file = workspace.sparseFile(216 * MiB);
  const vault = await startDiscardingVault(workspace);
  const values = [];
  try {
    for (let round = 0; round < 5; round += 1) {
      await vault.tell();
      await upload(file, vault.url, ['--limit-rate', '20M'], workspace);
      const { bytesBy } = await vault.notes();
      const startMs = bytesBy[0].atMs;
      const { bodyBytes } = bytesBy.findLast(({ atMs }) => atMs <= startMs + windowMs);
      values.push(bodyBytes / (bytesPerSecond * (windowMs / 1000)));
    }
  } finally {
    await vault.stop();
  }
  row({
    what: '`--limit-rate 20M`: measured ÷ 20 MiB/s, over 10 s',
    values,
    bar: { atLeast: 0.95, atMost: 1.02 },
  });
}
