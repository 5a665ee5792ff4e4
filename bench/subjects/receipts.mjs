/** A million receipts. Runs only when it is named. */
import { mkdirSync, openSync, readFileSync, readSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  accountId,
  inventoryPieces,
  receiptPieces,
  region,
  vaultName,
  writePieces,
} from '../frame/made-archives.mjs';
import { oldBuild, oldCommit } from '../frame/old-build.mjs';
import { glacierUp } from '../frame/programs.mjs';
import { cpuOf, inTurn, ratios } from '../frame/rounds.mjs';
import { secondsText } from '../frame/table.mjs';
import { startDiscardingVault } from '../frame/vaults.mjs';
import { MiB } from '../frame/workspace.mjs';

const receiptsOf = (state) => join(state, 'receipts.jsonl');

export async function measure(workspace, row, missing) {
  const vault = await startDiscardingVault(workspace);
  try {
    const place = makePlace(workspace, vault.url);
    await knownFiles(place, row);
    await oneFile(place, row, missing);
    await againstInventory(place, row);
    await rebuild(place, row);
  } finally {
    await vault.stop();
  }
}

function makePlace({ folder, path, scale }, url) {
  const where = ['--vault', vaultName, '--endpoint-url', url];
  const million = 1_000_000 * scale;
  return {
    folder,
    path,
    million,
    old: oldBuild({ path }),
    words: (command, state, ...more) => [command, ...more, ...where, '--state-dir', state],
    /** A receipt as an upload writes it. */
    template: async () => {
      const [file, state] = [path('template'), path('template-state')];
      writeFileSync(file, 'template');
      await glacierUp(['upload', file, ...where, '--state-dir', state], { folder });
      const receipt = JSON.parse(readFileSync(receiptsOf(state), 'utf8').split('\n')[0]);
      return { ...receipt, accountId, destination: { ...receipt.destination, region } };
    },
    makeState: (name, pieces = []) => {
      const state = path(name);
      mkdirSync(state, { recursive: true, mode: 0o700 });
      rmSync(receiptsOf(state), { force: true });
      writePieces(receiptsOf(state), pieces);
      return state;
    },
  };
}

/** 200 files that are archived already. */
async function knownFiles(place, row) {
  const { folder, path, words, million, old } = place;
  const others = 0.03 * million;
  const files = Array.from({ length: 200 }, (_, index) => path(`known-${index}`));
  for (const [index, file] of files.entries()) writeFileSync(file, `known file ${index}`);
  const alone = place.makeState('alone');
  await glacierUp(words('upload', alone, ...files), { folder });
  const real = readFileSync(receiptsOf(alone), 'utf8');
  const beside = place.makeState('beside', [...receiptPieces(others, await place.template()), real]);
  const upload = (program, state) => () => program(words('upload', state, ...files), { folder });
  const { with: ours, without } = await inTurn(5, {
    with: upload(glacierUp, beside),
    without: upload(glacierUp, alone),
  });
  const theirs =
    old && (await inTurn(1, { with: upload(old, beside), without: upload(old, alone) }, { warm: false }));
  row({
    what: `\`upload\` of 200 files archived already, beside ${others.toLocaleString('en')} receipts ÷ beside none, CPU`,
    values: ratios(cpuOf(ours), cpuOf(without)),
    bar: { atMost: 1.3 },
    note: `${secondsText(cpuOf(ours))} against ${secondsText(cpuOf(without))}${theirs ? `; ${oldCommit}: ${secondsText(cpuOf(theirs.with))} against ${secondsText(cpuOf(theirs.without))}` : ''}`,
  });
}

async function oneFile(place, row, missing) {
  const { folder, path, words, million, old } = place;
  const template = await place.template();
  const state = place.makeState('million', receiptPieces(million, template));
  const sizeText = `${(statSync(receiptsOf(state)).size / MiB).toFixed(0)} MiB`;
  const none = place.makeState('none');
  let turn = 0;
  const upload = (where) => () => {
    turn += 1;
    const file = path('one');
    writeFileSync(file, `one file, and another each time: ${turn}`);
    return glacierUp(words('upload', where, file), { folder });
  };
  const { with: ours, without } = await inTurn(3, { with: upload(state), without: upload(none) });
  const what = `\`upload\` of one small file beside ${million.toLocaleString('en')} receipts (${sizeText})`;
  row({
    what: `${what} ÷ beside none, CPU`,
    values: ratios(cpuOf(ours), cpuOf(without)),
    bar: { atMost: 3 },
    note: `${secondsText(cpuOf(ours))} against ${secondsText(cpuOf(without))}`,
  });
  row({
    what: `${what}, peak memory`,
    values: ours.map(({ peakMiB }) => peakMiB),
    bar: { atMost: 200 },
    unit: ' MiB',
  });
  if (old === null || million < 600_000) return;
  const failed = await old(words('upload', state, path('one')), { folder, status: 9 });
  missing(
    `${what}, of ${oldCommit}`,
    `exit 9, ERR_STRING_TOO_LONG, after ${secondsText(cpuOf([failed]))} of CPU`,
  );
}

async function againstInventory(place, row) {
  const { folder, path, million } = place;
  const inventory = path('inventory.json');
  writePieces(inventory, inventoryPieces(million));
  const words = [
    'receipts',
    '--against',
    inventory,
    '--vault',
    vaultName,
    '--state-dir',
    path('million'),
    '--quiet',
  ];
  const result = await glacierUp(words, { folder, silent: true });
  const what = `\`receipts --against\` of ${million.toLocaleString('en')} receipts with as many archives`;
  row({ what: `${what}, peak memory`, values: [result.peakMiB], bar: { atMost: 400 }, unit: ' MiB' });
  row({ what: `${what}, CPU`, values: [result.cpuSeconds], bar: { atMost: 25 }, unit: ' s' });
}

async function rebuild(place, row) {
  const { folder, path, words, million } = place;
  const state = place.makeState('rebuilt');
  const result = await glacierUp(words('receipts', state, '--rebuild', path('inventory.json')), {
    folder,
    silent: true,
  });
  const lines = countLines(receiptsOf(state));
  if (lines !== million) throw new Error(`${lines} receipts were rebuilt`);
  const what = `\`receipts --rebuild\` of ${million.toLocaleString('en')} archives`;
  row({ what: `${what}, peak memory`, values: [result.peakMiB], bar: { atMost: 250 }, unit: ' MiB' });
  row({
    what: `${what}, CPU`,
    values: [result.cpuSeconds],
    bar: { atMost: 15 },
    unit: ' s',
    note: `${secondsText([result.wallSeconds])}; ${oldCommit} holds everything at once, as one string`,
  });
}

function countLines(file) {
  const bytes = Buffer.alloc(MiB);
  const fd = openSync(file, 'r');
  let lines = 0;
  for (let count = readSync(fd, bytes); count > 0; count = readSync(fd, bytes)) {
    for (let at = bytes.indexOf(10); at !== -1 && at < count; at = bytes.indexOf(10, at + 1)) lines += 1;
  }
  return lines;
}
