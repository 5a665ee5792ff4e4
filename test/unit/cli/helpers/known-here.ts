/** What is known on a machine: receipts and kept inventories, written as a run writes them. */
import { writeFileSync } from 'node:fs';
import { openInventories, openReceipts } from '../../../../src/cli/open/open-state.js';
import type { Destination } from '../../../../src/session/destination.js';
import type { Receipt } from '../../../../src/session/receipts/receipt.js';
import type { commandRun } from './command-run.js';

export const demo: Destination = {
  profile: null,
  accountOption: '-',
  region: 'eu-west-1',
  endpoint: null,
  vault: 'demo',
};

/** An archive ID as long as Glacier's. @param letter which all of it is made of */
export const idOf = (letter: string): string => letter.repeat(138);

/** The receipt of `/data/LETTER`. */
export function receiptOf(letter: string, changes: Partial<Receipt> = {}): Receipt {
  const archiveId = changes.archiveId ?? idOf(letter);
  return {
    schema: 1,
    archiveId,
    location: `/111122223333/vaults/demo/archives/${archiveId}`,
    accountId: '111122223333',
    destination: demo,
    uploadId: `upload-${letter}`,
    sizeBytes: 2048,
    treeHash: letter.toLowerCase().repeat(64),
    description: letter,
    partSizeBytes: 1024 ** 2,
    parts: { total: 1, sent: 1, kept: 0 },
    startedAt: '2026-02-01T00:00:00.000Z',
    completedAt: '2026-02-01T00:00:00.000Z',
    path: `/data/${letter}`,
    ...(changes.streamName === undefined ? {} : { streamName: changes.streamName }),
    identity: null,
    ...changes,
  };
}

/** What a receipt rebuilt from an inventory knows. */
export const rebuilt = { uploadId: null, path: null, partSizeBytes: null, parts: null, startedAt: null };

/** An entry of an inventory as Glacier writes it. */
export function entryOf(letter: string, changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    ArchiveId: idOf(letter),
    ArchiveDescription: letter,
    CreationDate: '2026-02-01T00:00:00Z',
    Size: 2048,
    SHA256TreeHash: letter.toLowerCase().repeat(64),
    ...changes,
  };
}

/** @param date when it was taken; null: it does not say */
export function inventoryOf(
  entries: readonly unknown[],
  { vault = 'demo', date = '2026-02-28T12:00:00Z' }: { vault?: string | null; date?: string | null } = {},
): string {
  return JSON.stringify({
    ...(vault === null ? {} : { VaultARN: `arn:aws:glacier:eu-west-1:111122223333:vaults/${vault}` }),
    ...(date === null ? {} : { InventoryDate: date }),
    ArchiveList: entries,
  });
}

type Command = ReturnType<typeof commandRun>['command'];

export async function appendReceipts(command: Command, receipts: readonly Receipt[]) {
  const log = openReceipts(command);
  await log.appendAll(receipts);
  return log;
}

/** Keeps an inventory as a download does. */
export async function keepInventory(command: Command, text: string, destination = demo): Promise<void> {
  const shelf = openInventories(command);
  const place = shelf.placeFor(destination);
  const fresh = `${place.file}.part`;
  writeFileSync(fresh, text, { mode: 0o600 });
  const askedAtMs = command.context.clock.now() - 60_000;
  await shelf.keep(place, fresh, { askedAtMs, isKept: true, name: 'job 1' });
}
