/** An inventory that the user names. */
import { addAbortSignal, type Readable } from 'node:stream';
import { GlacierUpError } from '../../errors.js';
import { InventoryReading } from '../../glacier/inventory/inventory-reading.js';
import type { InventorySource } from '../../glacier/inventory/inventory-source.js';
import { faultWords } from '../../os/fault-words.js';
import { inventoryBytes } from '../../session/inventory-bytes.js';
import type { CommandRun } from '../command/command-run.js';

/** In place of a file: the inventories that `inventory` has kept here. */
export const keptWord = 'kept';

const standardInput = '-';

/**
 * @param name `-`: standard input
 * @returns it, unread. Reading it may fail with `archive-unusable`, or with `failed` when it is not an inventory
 */
export function inventoryFile({ context, signal }: CommandRun, name: string): InventorySource {
  if (name !== standardInput) {
    const read = () =>
      new InventoryReading(
        untilAborted(
          signal,
          inventoryBytes(name, (cause) => unreadable(name, cause)),
        ),
      );
    return { name, askedAtMs: null, read };
  }
  let reading: InventoryReading | null = null;
  const read = () => {
    reading ??= new InventoryReading(pieces(addAbortSignal(signal, context.stdin as Readable), signal));
    return reading;
  };
  return { name: 'standard input', askedAtMs: null, isOnce: true, read };
}

async function* untilAborted(
  signal: AbortSignal,
  bytes: AsyncIterable<Buffer>,
): AsyncGenerator<Buffer, void> {
  for await (const piece of bytes) {
    signal.throwIfAborted();
    yield piece;
  }
}

async function* pieces(stdin: Readable, signal: AbortSignal): AsyncGenerator<Buffer, void> {
  try {
    for await (const piece of stdin) yield typeof piece === 'string' ? Buffer.from(piece) : piece;
  } catch (cause) {
    signal.throwIfAborted();
    throw unreadable('standard input', cause);
  }
}

function unreadable(name: string, cause: unknown): GlacierUpError {
  return new GlacierUpError('archive-unusable', `the inventory ${name}: ${faultWords(cause)}`, { cause });
}
