/** Uploads through a narrow link, near and far: hashing and waiting for replies must hide behind sending. */
import { need, run } from '../frame/programs.mjs';
import { wallOf } from '../frame/rounds.mjs';
import { secondsText } from '../frame/table.mjs';
import { startDiscardingVault, startLink, upload } from '../frame/vaults.mjs';
import { GiB, MiB } from '../frame/workspace.mjs';

const bytesPerSecond = 50 * MiB;
const rounds = 5;

export async function measure(workspace, row) {
  need('curl');
  const vault = await startDiscardingVault(workspace);
  try {
    const near = { name: 'held to 50 MiB/s', roundTripMs: 0, atMost: 1.05 };
    const far = { name: 'of 100 ms round trip and 50 MiB/s in all', roundTripMs: 100, atMost: 1.15 };
    for (const link of [near, far])
      await withLink(link, vault, workspace, (url) => checkWithCurl(url, link, workspace, row));
    // Each waits for its link most of the time: side by side they take half as long.
    await Promise.all(
      [near, far].map((link) =>
        withLink(link, vault, workspace, (url) => measureUpload(url, link, workspace, row)),
      ),
    );
  } finally {
    await vault.stop();
  }
}

async function withLink({ roundTripMs }, vault, workspace, action) {
  const link = await startLink(vault.url, { bytesPerSecond, roundTripMs }, workspace);
  try {
    await action(link.url);
  } finally {
    await link.stop();
  }
}

async function measureUpload(url, { name, atMost }, workspace, row) {
  const file = workspace.randomFile(GiB);
  const results = [];
  for (let round = 0; round < rounds; round += 1) results.push(await upload(file, url, [], workspace));
  row({
    what: `\`upload\` of 1 GiB over a link ${name}, default settings ÷ size/rate, wall`,
    values: wallOf(results).map((seconds) => seconds / (GiB / bytesPerSecond)),
    bar: { atMost },
    note: secondsText(wallOf(results)),
  });
}

/** That the link is what it claims: four uploads side by side fill it, and a small request takes two round trips. */
async function checkWithCurl(url, { name, roundTripMs }, workspace, row) {
  const file = workspace.randomFile(64 * MiB);
  const { folder } = workspace;
  const transfers = [1, 2, 3, 4].flatMap((number) => ['-T', file, `${url}/${number}`]);
  const { wallSeconds } = await run('curl', ['-sS', '--parallel', ...transfers], { folder, counted: false });
  const small = await run('curl', ['-sS', '-o', '/dev/null', `${url}/bench`], { folder, counted: false });
  row({
    what: `the link ${name} itself: four \`curl -T\` of 64 MiB at once ÷ size/rate`,
    values: [wallSeconds / ((4 * 64 * MiB) / bytesPerSecond)],
    note: roundTripMs > 0 ? `a small request takes ${secondsText([small.wallSeconds])}` : '',
  });
}
