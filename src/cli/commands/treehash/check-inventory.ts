/** `treehash --inventory INVENTORY FILE…`: is each file among the archives of a vault? */
import { counted } from '../../../counted.js';
import { GlacierUpError } from '../../../errors.js';
import { type Inventory, parseInventory } from '../../../glacier/inventory.js';
import { visibleLine } from '../../output/visible.js';
import { isStandardInput } from './hash-named.js';
import { readNamed } from './read-named.js';
import { reasonOf } from './reasons.js';
import type { SumRun } from './run.js';
import { Verdicts } from './verdicts.js';

export async function checkInventory(
  sums: SumRun,
  inventoryFile: string,
  operands: readonly string[],
): Promise<void> {
  if (operands.length === 0) {
    throw new GlacierUpError('usage', 'no file is named to look for in the inventory', {
      hint: `glacier-up treehash --inventory ${inventoryFile} FILE…`,
    });
  }
  const { archives, takenAt, malformed } = await readInventory(sums, inventoryFile);
  const sizes = new Set(archives.map(({ sizeBytes }) => sizeBytes));
  const verdicts = new Verdicts(sums, visibleLine(inventoryFile));
  for (const name of operands) {
    await verdicts.of(name, async () => {
      const known = sums.hasher.sizeOf(name);
      // No archive has this size: no need to read the file.
      if (known !== null && !sizes.has(known)) return { ok: false, sizeBytes: known, archiveIds: [] };
      const { treeHash, sizeBytes } = await sums.hasher.hash(name);
      const archiveIds = archives
        .filter((archive) => archive.treeHash === treeHash && archive.sizeBytes === sizeBytes)
        .map(({ archiveId }) => archiveId);
      for (const archiveId of archiveIds) {
        sums.command.reporter.verbose(`${visibleLine(name)}: archive ${archiveId}`);
      }
      return { ok: archiveIds.length > 0, treeHash, sizeBytes, archiveIds };
    });
  }
  verdicts.close({
    faults: malformed > 0 ? [`${counted(malformed, 'entry is', 'entries are')} improperly formatted`] : [],
    hint: `the inventory is of ${takenAt ?? 'a time it does not tell'}; Glacier takes one about once a day`,
  });
}

async function readInventory({ command }: SumRun, inventoryFile: string): Promise<Inventory> {
  let bytes: Buffer;
  try {
    bytes = await readNamed(command, inventoryFile);
  } catch (error) {
    command.signal.throwIfAborted();
    const name = isStandardInput(inventoryFile) ? 'standard input' : visibleLine(inventoryFile);
    throw new GlacierUpError('failed', `${name}: ${reasonOf(error)}`, { cause: error });
  }
  return parseInventory(bytes.toString('utf8'));
}
