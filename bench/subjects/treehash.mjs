/** `treehash` against one thread of openssl, and against botocore. */
import { glacierUp, need, python, run } from '../frame/programs.mjs';
import { inTurn, ratios, wallOf } from '../frame/rounds.mjs';
import { secondsText } from '../frame/table.mjs';
import { GiB } from '../frame/workspace.mjs';

const rounds = 5;

export async function measure(workspace, row) {
  const { folder } = workspace;
  need('openssl', 'botocore');
  for (const [gibibytes, atMost] of [
    [1, 0.6],
    [4, 0.55],
  ]) {
    const file = workspace.randomFile(gibibytes * GiB);
    const { ours, openssl, botocore } = await inTurn(rounds, {
      ours: () => glacierUp(['treehash', file], { folder }),
      openssl: () => run('openssl', ['dgst', '-sha256', file], { folder }),
      botocore: () => python('botocore_tree_hash.py', [file], { folder }),
    });
    const [hash] = ours[0].stdout.split(' ');
    if (botocore[0].stdout.trim() !== hash) throw new Error('botocore computes another tree hash');
    const against = (what, theirs, bar) =>
      row({
        what: `\`treehash\` of ${gibibytes} GiB ÷ ${what}, wall`,
        values: ratios(wallOf(ours), wallOf(theirs)),
        bar,
        note: `${secondsText(wallOf(ours))} against ${secondsText(wallOf(theirs))}`,
      });
    against('`openssl dgst -sha256`', openssl, { atMost });
    against("botocore's `calculate_tree_hash`", botocore, gibibytes === 4 ? { atMost: 0.6 } : undefined);
  }
}
