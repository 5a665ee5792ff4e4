/** `treehash --check LIST…`, as `sha256sum --check` does it. */
import { counted } from '../../../counted.js';
import { GlacierUpError } from '../../../errors.js';
import { SumLineReader } from '../../../treehash/sum-lines.js';
import { visibleLine } from '../../output/visible.js';
import { standardInput } from './hash-named.js';
import { readNamed } from './read-named.js';
import { sumFailure } from './reasons.js';
import type { SumRun } from './sum-run.js';
import { Verdicts } from './verdicts.js';

/** `treehash --check`: hashes the files that the lists name, and compares; a list that cannot be read is one failure. */
export async function checkLists(sums: SumRun, lists: readonly string[]): Promise<void> {
  for (const list of lists) {
    let bytes: Buffer;
    try {
      bytes = await readNamed(sums.command, list);
    } catch (error) {
      sums.command.signal.throwIfAborted();
      sums.command.fail(sumFailure(error), list);
      continue;
    }
    await checkList(sums, list, bytes);
  }
}

async function checkList(sums: SumRun, list: string, bytes: Buffer): Promise<void> {
  const { command, hasher, output } = sums;
  const { warn, strict, status } = command.options;
  const listName = list === standardInput ? 'standard input' : visibleLine(list);
  const verdicts = new Verdicts(sums, listName);
  const reader = new SumLineReader();
  let hasSums = false;
  let malformed = 0;
  let looksPlain = false;
  // Latin-1 keeps every byte: names need not be UTF-8.
  for (const [index, text] of bytes.toString('latin1').split('\n').entries()) {
    const line = text.replace(/\r$/, '');
    if (line === '' || line.startsWith('#')) continue;
    const sum = reader.read(line);
    // A list on standard input cannot name standard input: it would read itself.
    if (sum === null || (list === standardInput && sum.name === standardInput)) {
      malformed += 1;
      if (/^\\?SHA256 ?\(/.test(line)) looksPlain = true;
      if (warn && !status)
        output.warn(`${listName}: ${index + 1}: improperly formatted SHA256-TREE checksum line`);
      continue;
    }
    hasSums = true;
    const name = Buffer.from(sum.name, 'latin1');
    await verdicts.of(name, async () => {
      const { treeHash } = await hasher.hash(name);
      const ok = treeHash === sum.treeHash;
      // Once one is known to be a plain SHA-256, the others need not be read twice.
      if (!ok && !looksPlain) looksPlain = (await hasher.plainSha256(name)) === sum.treeHash;
      return { ok };
    });
  }
  const hint = looksPlain
    ? { hint: `${listName}: this looks like a sha256sum file: check it with sha256sum --check` }
    : {};
  if (!hasSums) {
    const message = 'no properly formatted checksum lines found';
    command.fail(new GlacierUpError('mismatch', message, hint), listName);
    return;
  }
  const faults = malformed > 0 ? [`${counted(malformed, 'line is', 'lines are')} improperly formatted`] : [];
  verdicts.close({ faults, isBad: strict === true && malformed > 0, ...hint });
}
