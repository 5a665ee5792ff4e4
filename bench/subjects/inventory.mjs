/** Inventories of millions of archives. Runs only when it is named. */
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { contentOf, inventoryPieces, writePieces } from '../frame/made-archives.mjs';
import { oldBuild, oldCommit } from '../frame/old-build.mjs';
import { glacierUp, glacierUpPath, run, serving } from '../frame/programs.mjs';
import { cpuOf, inTurn, ratios } from '../frame/rounds.mjs';
import { secondsText } from '../frame/table.mjs';
import { MiB } from '../frame/workspace.mjs';

const script = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const peakOf = (results) => results.map(({ peakMiB }) => peakMiB);
const millions = (count) => `${count.toLocaleString('en')} archives`;

export async function measure(workspace, row, missing) {
  await ofFile(workspace, row, missing);
  await throughPipe(workspace, row);
  await treeHashes(workspace, row, missing);
  await overBreakingLink(workspace, row, missing);
}

/** Not more than a string of V8 can hold, and not so small that they were cut for speed. */
const pieceBytes = 256 * MiB;

async function ofFile({ folder, path, scale }, row, missing) {
  const count = 2_000_000 * scale;
  const file = path('inventory.json');
  writePieces(file, inventoryPieces(count));
  const parse = (bytes) => () =>
    run(process.execPath, [script('rivals/parse_in_pieces.mjs'), file, String(bytes)], { folder });
  const { ours, pieces, small } = await inTurn(
    3,
    {
      ours: () => glacierUp(['inventory', '--file', file], { folder, silent: true }),
      pieces: parse(pieceBytes),
      small: parse(64 * 1024),
    },
    { warm: false },
  );
  if (Number(pieces[0].stdout) !== count || Number(small[0].stdout) !== count)
    throw new Error('not all parsed');
  const what = `\`inventory --file\` of ${millions(count)} (${(statSync(file).size / MiB).toFixed(0)} MiB)`;
  row({
    what: `${what}, CPU ÷ \`JSON.parse\` of the same bytes in pieces of 256 MiB`,
    values: ratios(cpuOf(ours), cpuOf(pieces)),
    bar: { atMost: 1.2 },
    note: `${secondsText(cpuOf(ours))} against ${secondsText(cpuOf(pieces))}; in pieces of 64 KiB, which nobody prints, ${secondsText(cpuOf(small))}`,
  });
  row({ what: `${what}, peak memory`, values: peakOf(ours), bar: { atMost: 150 }, unit: ' MiB' });
  const old = oldBuild({ path });
  const why = 'it reads an inventory as one string, and ends with "Cannot create a string longer than …"';
  if (old === null) missing(`${what}, of ${oldCommit}`, 'that build is not to be had here');
  else {
    const failed = await old(['inventory', '--file', file], {
      folder,
      silent: true,
      status: scale < 0.7 ? 0 : 1,
    });
    missing(
      `${what}, of ${oldCommit}`,
      `${why}, after ${secondsText(cpuOf([failed]))} of CPU and ${failed.peakMiB.toFixed(0)} MiB`,
    );
  }
  rmSync(file);
}

/** 4 GB that never are on a disk. */
async function throughPipe({ folder, scale }, row) {
  const count = 12_000_000 * scale;
  const from = `'${process.execPath}' '${script('frame/made-archives.mjs')}' ${count}`;
  const result = await glacierUp(['inventory', '--file', '-'], { folder, from, silent: true });
  row({
    what: `\`inventory --file -\` of ${millions(count)} through a pipe, peak memory`,
    values: [result.peakMiB],
    bar: { atMost: 150 },
    unit: ' MiB',
    note: `CPU ${secondsText(cpuOf([result]))}`,
  });
}

async function treeHashes({ folder, path, scale }, row, missing) {
  const [count, fileCount] = [1_000_000 * scale, Math.min(10_000, 1_000_000 * scale)];
  const inventory = path('inventory.json');
  writePieces(inventory, inventoryPieces(count));
  const files = path('files');
  mkdirSync(files);
  const names = Array.from({ length: fileCount }, (_, index) => join(files, String(index)));
  for (const [index, name] of names.entries()) writeFileSync(name, contentOf(index));
  const words = ['treehash', '--inventory', inventory, ...names];
  const ours = await glacierUp(words, { folder, silent: true });
  const old = oldBuild({ path });
  const theirs = old && (await old(words, { folder, silent: true }));
  row({
    what: `\`treehash --inventory\` of ${fileCount} files against ${millions(count)}, peak memory`,
    values: [ours.peakMiB],
    bar: { atMost: 400 },
    unit: ' MiB',
    note: `CPU ${secondsText(cpuOf([ours]))}${theirs ? `; ${oldCommit}: ${theirs.peakMiB.toFixed(0)} MiB, CPU ${secondsText(cpuOf([theirs]))}` : ''}`,
  });
  if (!theirs) missing(`the same of ${oldCommit}`, 'that build is not to be had here');
  rmSync(inventory);
  rmSync(files, { recursive: true });
}

const cutBytes = 8 * MiB;

async function overBreakingLink({ folder, path, scale }, row, missing) {
  const dir = path('embedded-vault');
  const seeding = ['--job-delay', '0', '--inventory-every', '0', '--seed', `bench=${1_200_000 * scale}`];
  const server = await serving(glacierUpPath, ['serve', '--dir', dir, ...seeding], { folder });
  const countFile = path('sent-bytes');
  const link = await serving(script('servers/cutting.mjs'), [server.url, String(cutBytes), countFile], {
    folder,
  });
  const state = path('inventory-state');
  try {
    const words = [
      'inventory',
      '--vault',
      'bench',
      '--endpoint-url',
      link.url,
      '--state-dir',
      state,
      '--wait',
    ];
    const result = await glacierUp(words, { folder, silent: true });
    const [name] = readdirSync(join(state, 'inventories')).filter((file) => file.endsWith('.json'));
    const { size } = statSync(join(state, 'inventories', name));
    row({
      what: `download of an inventory of ${(size / 1e6).toFixed(0)} MB over a link that breaks every 8 MiB: bytes received ÷ its size`,
      values: [Number(readFileSync(countFile, 'utf8')) / size],
      bar: { atMost: 1.2 },
      note: `${secondsText([result.wallSeconds])}, CPU ${secondsText(cpuOf([result]))}, peak ${result.peakMiB.toFixed(0)} MiB, with reading and printing it`,
    });
    missing(
      `the same of ${oldCommit}`,
      'after every break it begins again at byte 0, and never comes to an end',
    );
  } finally {
    await link.stop();
    await server.stop();
    for (const made of [dir, state]) rmSync(made, { recursive: true, force: true });
  }
}
