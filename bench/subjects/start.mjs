/** How soon a command that does next to nothing is done. */
import { writeFileSync } from 'node:fs';
import { glacierUp, run } from '../frame/programs.mjs';
import { inTurn, ratios, wallOf } from '../frame/rounds.mjs';
import { secondsText } from '../frame/table.mjs';

export async function measure({ folder, path }, row) {
  writeFileSync(path('small-file'), 'of one line\n');
  const options = { folder, counted: false };
  const results = await inTurn(21, {
    node: () => run(process.execPath, ['-e', '0'], options),
    version: () => glacierUp(['--version'], options),
    help: () => glacierUp(['--help'], options),
    treehash: () => glacierUp(['treehash', path('small-file')], options),
  });
  for (const [name, what, atMost] of [
    ['version', '`--version`', 1.7],
    ['help', '`--help`', 1.7],
    ['treehash', '`treehash` of one small file', 1.8],
  ]) {
    row({
      what: `${what} ÷ \`node -e 0\`, wall`,
      values: ratios(wallOf(results[name]), wallOf(results.node)),
      bar: { atMost },
      note: `${secondsText(wallOf(results[name]))} against ${secondsText(wallOf(results.node))}`,
    });
  }
}
