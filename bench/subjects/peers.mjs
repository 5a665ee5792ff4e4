/** Other tools on the same work: one file, and many, into the embedded vault, in a process of its own. Runs only when named. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { cleanEnvironment, glacierUp, Missing, need, python, run } from '../frame/programs.mjs';
import { cpuOf, inTurn, median, ratios, wallOf } from '../frame/rounds.mjs';
import { secondsText } from '../frame/table.mjs';
import { startEmbeddedVault, upload } from '../frame/vaults.mjs';
import { GiB, MiB } from '../frame/workspace.mjs';
import { measureMany } from './peers-many.mjs';

const partBytes = 16 * MiB;
const concurrency = 4;
const rounds = 3;

/** @param missing says which peer was not measured, and why */
export async function measure(workspace, row, missing) {
  const { folder, path } = workspace;
  const file = workspace.randomFile(GiB / 4);
  const { stdout: hashLine } = await glacierUp(['treehash', file], { folder });
  const vault = await startEmbeddedVault(workspace);
  const { port } = new URL(vault.url);
  const partWords = [partBytes, concurrency].map(String);
  const peers = {
    mtglacier: () => mtglacier(file, port, workspace),
    boto: () => python('boto_upload.py', [port, 'bench', file, ...partWords], { folder }),
    botocore: () =>
      python('botocore_upload.py', [vault.url, 'bench', file, ...partWords], {
        folder,
        env: pythonEnvironment(folder),
      }),
    'AWS CLI': () =>
      awsCli([vault.url, 'bench', file, ...partWords, hashLine.split(' ')[0], path('cli-parts')], workspace),
  };
  const programs = { mtglacier: 'mtglacier', boto: 'boto', botocore: 'botocore', 'AWS CLI': '/usr/bin/aws' };
  const andDelete = async (uploading) => {
    const result = await uploading;
    await vault.deleteArchive(archiveIdIn(result.stdout));
    return result;
  };
  try {
    for (const [name, peer] of Object.entries(peers)) {
      const what = `\`upload\` of 256 MiB ÷ ${name}, 16 MiB parts, 4 at a time, wall`;
      try {
        need(programs[name]);
      } catch (error) {
        if (!(error instanceof Missing)) throw error;
        missing(what, error.message);
        continue;
      }
      const options = ['--part-size', '16M', '--concurrency', String(concurrency)];
      const contestants = {
        ours: () => andDelete(upload(file, vault.url, options, workspace)),
        theirs: () => andDelete(peer()),
      };
      // The file is in the page cache, and a peer's seconds are many: no round is thrown away.
      const { ours, theirs } = await inTurn(rounds, contestants, { warm: false });
      row({
        what,
        values: ratios(wallOf(ours), wallOf(theirs)),
        note: `${costText(ours)} against ${costText(theirs)}`,
      });
    }
    await measureMany(workspace, row, missing, { vault, environment: pythonEnvironment(folder) });
  } finally {
    await vault.stop();
  }
}

const archiveIdIn = (text) => /(?<![\w-])[\w-]{138}(?![\w-])/.exec(text)?.[0] ?? '';

const costText = (results) =>
  `${secondsText(wallOf(results))} (CPU ${secondsText(cpuOf(results))}, peak ${median(results.map(({ peakMiB }) => peakMiB)).toFixed(0)} MiB)`;

const pythonEnvironment = (folder) => ({ ...cleanEnvironment(folder), AWS_DEFAULT_REGION: 'us-east-1' });

/** It finds another server by a variable that its own tests use, and keeps its journal for the next run. */
async function mtglacier(file, port, { folder, path }) {
  const [config, journal] = [path('mtglacier.cfg'), path('mtglacier.journal')];
  writeFileSync(config, `key=${'B'.repeat(20)}\nsecret=${'b'.repeat(40)}\nregion=us-east-1\nprotocol=http\n`);
  const where = ['--config', config, '--vault', 'bench', '--journal', journal];
  const how = ['--partsize', String(partBytes / MiB), '--concurrency', String(concurrency)];
  const words = ['upload-file', ...where, ...how, '--filename', file, '--set-rel-filename', 'archive'];
  const env = { ...cleanEnvironment(folder), MTGLACIER_FAKE_HOST: `127.0.0.1:${port}` };
  const result = await run('mtglacier', words, { folder, env });
  rmSync(journal);
  return result;
}

async function awsCli(words, { folder, path }) {
  mkdirSync(path('cli-parts'), { recursive: true });
  return run(fileURLToPath(new URL('../rivals/aws_cli_upload.sh', import.meta.url)), words, {
    folder,
    env: pythonEnvironment(folder),
  });
}
