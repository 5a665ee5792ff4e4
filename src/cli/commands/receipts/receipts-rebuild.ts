/** `receipts --rebuild INVENTORY`: receipts for a machine that lost its own. */
import { createWriteStream, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { counted } from '../../../counted.js';
import { GlacierUpError } from '../../../errors.js';
import { type InventoryHead, isFaulty } from '../../../glacier/inventory/inventory.js';
import type { InventoryReading } from '../../../glacier/inventory/inventory-reading.js';
import type { InventorySource } from '../../../glacier/inventory/inventory-source.js';
import { hint, stepAtVault } from '../../../hint.js';
import { assertVaultAt, rebuiltReceipt } from '../../../retrieval/against-inventory.js';
import type { Destination } from '../../../session/destination.js';
import { ensureFolder, stateFolders, stateUnusable } from '../../../session/folders.js';
import type { Receipt } from '../../../session/receipts/receipt.js';
import { unlessAborted } from '../../../unless-aborted.js';
import { withVaultConnection } from '../../open/connect-vault.js';
import { asOfText, assertYoung } from '../../open/inventory-age.js';
import { inventoryFile, keptWord } from '../../open/inventory-file.js';
import { openInventories, openState } from '../../open/open-state.js';
import { archiveFields } from '../../output/archive-lines.js';
import { describedName } from '../../output/described-name.js';
import type { ReceiptsRun } from './options.js';

/** So many receipts share a flush. More would outlive V8's quick collections, and make texts too long for them. */
const groupSize = 500;

/**
 * `receipts --rebuild FILE`: makes receipts of the archives of an inventory that has none yet.
 * @param name as for `against`
 * @throws GlacierUpError `usage` when it is of another vault; `state-unusable`
 */
export async function rebuild(command: ReceiptsRun, name: string): Promise<void> {
  // Only to know which place the options name: nothing is asked of it.
  await withVaultConnection(command, command.options, 'there', ({ destination }) =>
    withInventory(command, name, destination, (source) => rebuildFrom(command, source, destination)),
  );
}

/** Reads it twice: nothing is written of one that turns out to be damaged, or of another vault. */
async function rebuildFrom(
  command: ReceiptsRun,
  source: InventorySource,
  destination: Destination,
): Promise<void> {
  const { context, reporter } = command;
  await assertYoung(command, source);
  const summary = await source.read().toEnd();
  assertVaultAt(summary, destination);
  const rebuilt = groupsOf(source.read(), accountOf(summary, destination), destination);
  const { written, known } = await append(command, rebuilt);
  const when = asOfText(summary, context.clock.now());
  reporter.note(
    `${counted(written, 'receipt')} written, ${counted(known, 'archive')} had one already${when}`,
  );
  if (summary.malformed === 0) return;
  const faulty = counted(
    summary.malformed,
    'entry of the inventory is faulty',
    'entries of the inventory are faulty',
  );
  throw new GlacierUpError('failed', faulty, { hint: 'they have no receipt; look at the file' });
}

/** Prints each receipt once it is on the disk. */
async function append(
  command: ReceiptsRun,
  groups: AsyncIterable<readonly Receipt[]>,
): Promise<{ written: number; known: number }> {
  const { reporter, signal } = command;
  const { receipts } = await openState(command);
  let [written, known] = [0, 0];
  for await (const group of groups) {
    signal.throwIfAborted();
    const added = await receipts.appendAll(group);
    written += added.length;
    known += group.length - added.length;
    const printed = reporter.isJson
      ? reporter.jsons(added.map((receipt) => archiveFields(receipt, null)))
      : reporter.lines(added.map(receiptText));
    // That nobody reads them any more is no reason not to write the rest.
    await unlessAborted(signal, printed);
  }
  return { written, known };
}

function receiptText({ archiveId, description }: Receipt): string {
  return `${archiveId}  ${JSON.stringify(describedName(description))}`;
}

async function* groupsOf(
  reading: InventoryReading,
  accountId: string,
  destination: Destination,
): AsyncGenerator<Receipt[], void> {
  let group: Receipt[] = [];
  for await (const entries of reading) {
    for (const entry of entries) {
      if (!isFaulty(entry)) group.push(rebuiltReceipt(entry, accountId, destination));
    }
    if (group.length < groupSize) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}

function accountOf({ vault }: InventoryHead, { accountOption }: Destination): string {
  return vault?.accountId ?? (accountOption === '-' ? '' : accountOption);
}

async function withInventory(
  command: ReceiptsRun,
  name: string,
  destination: Destination,
  action: (source: InventorySource) => Promise<void>,
): Promise<void> {
  if (name === keptWord) {
    const kept = openInventories(command).kept(destination);
    if (kept) return await action(kept);
    throw new GlacierUpError('inventory-unknown', `no inventory of vault ${destination.vault} is kept here`, {
      hint: hint`fetch one with ${stepAtVault('inventory')}, or name a file`,
    });
  }
  const source = inventoryFile(command, name);
  if (!source.isOnce) return await action(source);
  const stored = await storePipe(command);
  try {
    await action({ ...inventoryFile(command, stored), name: source.name });
  } finally {
    rmSync(stored, { force: true });
  }
}

/** A pipe can be read once only. @returns the file that it is stored in */
async function storePipe({ context, options, signal }: ReceiptsRun): Promise<string> {
  const folder = stateFolders(context.env, options.stateDir).inventories;
  ensureFolder(folder, context.userId);
  const file = join(folder, `standard-input.json.${process.pid}.tmp`);
  try {
    rmSync(file, { force: true });
    await pipeline(context.stdin as Readable, createWriteStream(file, { flags: 'wx', mode: 0o600 }), {
      signal,
    });
    return file;
  } catch (cause) {
    rmSync(file, { force: true });
    signal.throwIfAborted();
    throw stateUnusable(file, cause);
  }
}
