/** How cost grows with the number of parts, and how often and how much an upload saves. */
import { rmSync } from 'node:fs';
import { cpuOf, median, wallOf } from '../frame/rounds.mjs';
import { secondsText } from '../frame/table.mjs';
import { returned, traced } from '../frame/traced.mjs';
import { startDiscardingVault, upload, uploadWords } from '../frame/vaults.mjs';
import { MiB } from '../frame/workspace.mjs';

const options = ['--part-size', '1M'];
/** Phases: intent, uploading, completing. */
const phaseChanges = 3;

export async function measure(workspace, row) {
  const vault = await startDiscardingVault(workspace);
  try {
    let before;
    for (const [partCount, rounds] of [
      [1, 5],
      [10, 5],
      [100, 5],
      [1_000, 5],
      [10_000, 1],
    ]) {
      const file = workspace.sparseFile(partCount * MiB);
      workspace.readThrough(file);
      const results = [];
      for (let round = 0; round < rounds; round += 1) {
        results.push(await upload(file, vault.url, options, workspace));
      }
      const seconds = median(wallOf(results));
      const slope = before && ((seconds - before.seconds) / (partCount - before.partCount)) * 1000;
      row({
        what: `\`upload\` of ${partCount.toLocaleString('en')} ${partCount === 1 ? 'part' : 'parts'} of 1 MiB, wall`,
        values: wallOf(results),
        unit: ' s',
        note:
          `CPU ${secondsText(cpuOf(results))}, peak ${Math.round(results[0].peakMiB)} MiB` +
          (slope ? `; ${slope.toFixed(2)} ms for each further part` : ''),
      });
      before = { seconds, partCount };
    }
    await measureSaves(workspace, vault, row);
  } finally {
    await vault.stop();
  }
}

async function measureSaves(workspace, vault, row) {
  const file = workspace.sparseFile(10_000 * MiB);
  const words = uploadWords(file, vault.url, options, workspace);
  const started = performance.now();
  const calls = await traced(words, ['write', 'pwrite64', 'rename', 'renameat', 'renameat2'], workspace);
  const seconds = (performance.now() - started) / 1000;
  const saves = calls.filter(
    (call) => call.startsWith('rename') && /sessions\/[0-9a-f]{20}\.json"/.test(call),
  );
  const savedBytes = calls
    .filter((call) => /^p?write/.test(call) && /<[^>]*\/sessions\/[^>]*>/.test(call))
    .reduce((sum, call) => sum + returned(call), 0);
  row({
    what: 'saves in an upload of 10,000 parts ÷ (seconds it took + changes of phase)',
    values: [saves.length / (seconds + phaseChanges)],
    bar: { atMost: 1 },
    note: `${saves.length} saves and ${(savedBytes / MiB).toFixed(1)} MiB written to state in ${seconds.toFixed(0)} s, under strace`,
  });
  rmSync(file);
}
