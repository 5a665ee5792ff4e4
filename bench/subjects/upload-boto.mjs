/** The same upload by boto's ConcurrentUploader, into the embedded vault in a process of its own. */
import { need, python } from '../frame/programs.mjs';
import { inTurn, ratios, wallOf } from '../frame/rounds.mjs';
import { secondsText } from '../frame/table.mjs';
import { startEmbeddedVault, upload } from '../frame/vaults.mjs';
import { GiB, MiB } from '../frame/workspace.mjs';

const partBytes = 16 * MiB;
const concurrency = 4;

export async function measure(workspace, row) {
  need('boto');
  const { folder } = workspace;
  const file = workspace.randomFile(GiB / 4);
  const vault = await startEmbeddedVault(workspace);
  const port = new URL(vault.url).port;
  const andDelete = async (uploading) => {
    const result = await uploading;
    await vault.deleteArchive(result.stdout);
    return result;
  };
  try {
    const options = ['--part-size', '16M', '--concurrency', String(concurrency)];
    const contestants = {
      ours: () => andDelete(upload(file, vault.url, options, workspace)),
      boto: () =>
        andDelete(
          python('boto_upload.py', [port, 'bench', file, partBytes, concurrency].map(String), { folder }),
        ),
    };
    // The file is in the page cache, and boto's seconds are many: no round is thrown away.
    const { ours, boto } = await inTurn(5, contestants, { warm: false });
    row({
      what: "`upload` of 256 MiB ÷ boto's ConcurrentUploader, 16 MiB parts, 4 at a time, wall",
      values: ratios(wallOf(ours), wallOf(boto)),
      bar: { atMost: 0.35 },
      note: `${secondsText(wallOf(ours))} against ${secondsText(wallOf(boto))}`,
    });
  } finally {
    await vault.stop();
  }
}
