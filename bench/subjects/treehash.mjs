/** `treehash` against one thread of openssl, and against botocore. */
import { glacierUp, need, python, run } from '../frame/programs.mjs';
import { inTurn, ratios, wallOf } from '../frame/rounds.mjs';
import { secondsText } from '../frame/table.mjs';
import { GiB } from '../frame/workspace.mjs';

/** More of what is short, since what else the machine does falls most on who uses all of it. */
const roundsOf = { small: 11, large: 5 };

export async function measure(workspace, row) {
  const { folder } = workspace;
  need('openssl', 'botocore');
  const contestants = (file) => ({
    ours: () => glacierUp(['treehash', file], { folder }),
    openssl: () => run('openssl', ['dgst', '-sha256', file], { folder }),
  });
  const against = (gibibytes, what, ours, theirs, atMost) =>
    row({
      what: `\`treehash\` of ${gibibytes} GiB ÷ ${what}, wall`,
      values: ratios(wallOf(ours), wallOf(theirs)),
      bar: { atMost },
      note: `${secondsText(wallOf(ours))} against ${secondsText(wallOf(theirs))}`,
    });
  const one = await inTurn(roundsOf.small, contestants(workspace.randomFile(GiB)));
  against(1, '`openssl dgst -sha256`', one.ours, one.openssl, 0.6);
  const file = workspace.randomFile(4 * GiB);
  const rivals = {
    ...contestants(file),
    botocore: () => python('botocore_tree_hash.py', [file], { folder }),
  };
  // The file is in the page cache, and the programs have run before.
  const { ours, openssl, botocore } = await inTurn(roundsOf.large, rivals, { warm: false });
  const [hash] = ours[0].stdout.split(' ');
  if (botocore[0].stdout.trim() !== hash) throw new Error('botocore computes another tree hash');
  against(4, '`openssl dgst -sha256`', ours, openssl, 0.55);
  against(4, "botocore's `calculate_tree_hash`", ours, botocore, 0.6);
}
