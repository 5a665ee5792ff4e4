/** An inventory in a file that the user names. */
import { readFile } from 'node:fs/promises';
import { addAbortSignal, type Readable } from 'node:stream';
import { errnoOf, GlacierUpError } from '../errors.js';
import { type Inventory, parseInventory } from '../glacier/inventory.js';
import type { CommandRun } from './command-run.js';

/** In place of a file: the inventories that `inventory` has kept here. */
export const keptWord = 'kept';

/** @param name `-`: standard input. @throws GlacierUpError `archive-unusable` when it cannot be read; `failed` when it is none */
export async function readInventory({ context, signal }: CommandRun, name: string): Promise<Inventory> {
  let bytes: Buffer;
  try {
    if (name === '-') {
      const pieces: Buffer[] = [];
      for await (const piece of addAbortSignal(signal, context.stdin as Readable)) {
        pieces.push(Buffer.from(piece));
      }
      bytes = Buffer.concat(pieces);
    } else bytes = await readFile(name, { signal });
  } catch (cause) {
    signal.throwIfAborted();
    const reason = errnoOf(cause) === 'ENOENT' ? 'no such file' : (errnoOf(cause) ?? String(cause));
    throw new GlacierUpError('archive-unusable', `the inventory ${name}: ${reason}`, { cause });
  }
  return parseInventory(bytes.toString('utf8'));
}
