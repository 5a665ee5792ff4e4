/** Carrying on an upload of 10,000 parts of which one is missing, the file unchanged. */
import { spawn } from 'node:child_process';
import { cpSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { cleanEnvironment, glacierUpPath, run } from '../frame/programs.mjs';
import { returned, traced } from '../frame/traced.mjs';
import { startDiscardingVault, uploadWords } from '../frame/vaults.mjs';
import { MiB } from '../frame/workspace.mjs';

const partCount = 10_000;
const missingStart = 5_000 * MiB;

export async function measure(workspace, row) {
  const { folder, path } = workspace;
  const file = workspace.sparseFile(partCount * MiB);
  const vault = await startDiscardingVault(workspace);
  try {
    const words = uploadWords(file, vault.url, ['--part-size', '1M'], workspace);
    const stateDir = words[words.indexOf('--state-dir') + 1];
    await uploadAllButOne(words, vault, workspace);
    cpSync(stateDir, path('kept-state'), { recursive: true });

    const again = async (carryOn) => {
      rmSync(stateDir, { recursive: true, force: true });
      cpSync(path('kept-state'), stateDir, { recursive: true });
      await vault.tell({ lose: missingStart });
      const result = await carryOn();
      return { result, notes: await vault.notes() };
    };
    const timed = [];
    for (let round = 0; round < 5; round += 1) {
      timed.push(await again(() => run(process.execPath, [glacierUpPath, ...words], { folder })));
    }
    const what = 'resume of 10,000 parts, one missing:';
    row({
      what: `${what} wall from the last ListParts reply to the first PUT`,
      values: timed.map(({ notes }) => (notes.firstPutAt - notes.lastListAt) / 1000),
      bar: { atMost: 0.5 },
      unit: ' s',
      note: `whole run ${timed[0].result.wallSeconds.toFixed(2)} s, ${timed[0].notes.requests['GET upload']} ListParts`,
    });
    row({
      what: `${what} parts sent again`,
      values: timed.map(({ notes }) => notes.bodyBytes / MiB),
      bar: { atMost: 1 },
    });
    const { result: calls } = await again(() => traced(words, ['pread64', 'read'], workspace));
    const reads = calls.filter((call) => call.includes(`<${file}>`));
    const ranges = new Set(reads.map((call) => Math.floor(Number(/, (\d+)\) += /.exec(call)?.[1]) / MiB)));
    row({
      what: `${what} parts of the file read again`,
      values: [ranges.size],
      bar: { atMost: 1 },
      note: `${reads.reduce((sum, call) => sum + returned(call), 0) / MiB} MiB read: to hash the part, and to send it`,
    });
  } finally {
    await vault.stop();
    rmSync(file);
  }
}

/** Stops an upload when every part but one is stored. */
async function uploadAllButOne(words, vault, { folder }) {
  await vault.tell({ hold: missingStart });
  const child = spawn(process.execPath, [glacierUpPath, ...words], {
    env: cleanEnvironment(folder),
    stdio: 'ignore',
  });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  while ((await vault.notes()).parts < partCount - 1) {
    if (child.exitCode !== null) throw new Error(`the upload ended early with ${child.exitCode}`);
    await sleep(200);
  }
  child.kill('SIGTERM');
  await exited;
}
