/** `treehash` against one thread of openssl, and against botocore. */
import { glacierUp, need, python, run } from '../frame/programs.mjs';
import { inTurn, ratios, wallOf } from '../frame/rounds.mjs';
import { secondsText } from '../frame/table.mjs';
import { GiB } from '../frame/workspace.mjs';

const rounds = 5;

export async function measure(workspace, row) {
  const { folder } = workspace;
  need('openssl');
  for (const [gibibytes, atMost] of [
    [1, 0.6],
    [4, 0.55],
  ]) {
    const file = workspace.randomFile(gibibytes * GiB);
    const { ours, openssl } = await inTurn(rounds, {
      ours: () => glacierUp(['treehash', file], { folder }),
      openssl: () => run('openssl', ['dgst', '-sha256', file], { folder }),
    });
    row({
      what: `\`treehash\` of ${gibibytes} GiB ÷ \`openssl dgst -sha256\`, wall`,
      values: ratios(wallOf(ours), wallOf(openssl)),
      bar: { atMost },
      note: `${secondsText(wallOf(ours))} against ${secondsText(wallOf(openssl))}`,
    });
  }
  need('botocore');
  const file = workspace.randomFile(4 * GiB);
  const { ours, botocore } = await inTurn(rounds, {
    ours: () => glacierUp(['treehash', file], { folder }),
    botocore: () => python('botocore_tree_hash.py', [file], { folder }),
  });
  const [hash] = ours[0].stdout.split(' ');
  if (botocore[0].stdout.trim() !== hash) throw new Error('botocore computes another tree hash');
  row({
    what: "`treehash` of 4 GiB ÷ botocore's `calculate_tree_hash`, wall",
    values: ratios(wallOf(ours), wallOf(botocore)),
    bar: { atMost: 0.6 },
    note: `${secondsText(wallOf(ours))} against ${secondsText(wallOf(botocore))}`,
  });
}
