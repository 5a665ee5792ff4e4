/** Many small files: hashed, where what is left is Node's own start, and uploaded. */

import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { glacierUp, need, run } from '../frame/programs.mjs';
import { inTurn, ratios, wallOf } from '../frame/rounds.mjs';
import { secondsText } from '../frame/table.mjs';
import { measureUploads } from './many-uploads.mjs';

const count = 200;
const sizeBytes = 64 * 1024;

export async function measure(workspace, row, missing) {
  await hashed(workspace, row);
  await measureUploads(workspace, row, missing);
}

async function hashed({ folder, path }, row) {
  need('sha256sum');
  mkdirSync(path('small'));
  const files = Array.from({ length: count }, (_, index) => join(path('small'), String(index)));
  for (const file of files) writeFileSync(file, randomBytes(sizeBytes));
  const { ours, sha256sum, node } = await inTurn(11, {
    ours: () => glacierUp(['treehash', ...files], { folder, counted: false }),
    sha256sum: () => run('sha256sum', files, { folder, counted: false }),
    node: () => run(process.execPath, ['-e', '0'], { folder, counted: false }),
  });
  // Up to 1 MiB the tree hash is the plain SHA-256.
  if (ours[0].stdout !== sha256sum[0].stdout) throw new Error('sha256sum prints other lines');
  const texts = [ours, sha256sum, node].map((results) => secondsText(wallOf(results)));
  row({
    what: '`treehash` of 200 files of 64 KiB ÷ `sha256sum`, wall',
    values: ratios(wallOf(ours), wallOf(sha256sum)),
    note: `${texts[0]} against ${texts[1]}; Node alone takes ${texts[2]}`,
  });
  row({
    what: 'the same ÷ (`node -e 0` + `sha256sum`)',
    values: ours.map(({ wallSeconds }, i) => wallSeconds / (node[i].wallSeconds + sha256sum[i].wallSeconds)),
  });
}
