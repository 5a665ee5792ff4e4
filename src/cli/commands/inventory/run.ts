import { counted } from '../../../counted.js';
import { GlacierUpError } from '../../../errors.js';
import {
  type InventoryEntry,
  type InventorySummary,
  isFaulty,
} from '../../../glacier/inventory/inventory.js';
import type { InventorySource } from '../../../glacier/inventory/inventory-source.js';
import { readDescription } from '../../../names/read-description.js';
import { dueAt, usualDuration } from '../../../retrieval/await-job.js';
import {
  fetchAwaitedInventory,
  fetchInventoryOf,
  requestInventory,
} from '../../../retrieval/fetch-inventory.js';
import type { InventoryDeps } from '../../../retrieval/retrieval-deps.js';
import { unlessAborted } from '../../../unless-aborted.js';
import { networkDefaults, withVaultConnection } from '../../open/connect-vault.js';
import { asOfText, assertYoung, maxAgeOf } from '../../open/inventory-age.js';
import { inventoryFile } from '../../open/inventory-file.js';
import { openInventories, openReceipts } from '../../open/open-state.js';
import { entryText } from '../../output/archive-lines.js';
import { printJob, tellingJob } from '../../output/job-line.js';
import { sizeText } from '../../output/units.js';
import { visibleLine } from '../../output/visible.js';
import type { InventoryRun } from './options.js';

/**
 * Runs the command. Failures of single operands are printed and counted; the exit status follows from them.
 * @throws GlacierUpError for what ends the whole run
 */
export async function run(command: InventoryRun): Promise<void> {
  const { context, options, reporter, signal } = command;
  if (options.file !== undefined) {
    const inventory = inventoryFile(command, options.file);
    await assertYoung(command, inventory);
    await print(command, inventory);
    return;
  }
  const inventories = openInventories(command);
  await withVaultConnection(command, options, 'there', async ({ vault, destination }) => {
    const deps = {
      vault,
      destination,
      inventories,
      receipts: openReceipts(command),
      clock: context.clock,
      signal,
      emit: reporter.emit,
      waitLockMs: options.waitLock ?? options.retryFor ?? networkDefaults.retryForMs,
    };
    if (options.request) await request(command, deps);
    else if (options.kept) await printKept(command, deps);
    else await tellingJob(reporter, () => fetchAndPrint(command, deps));
  });
}

async function request(command: InventoryRun, deps: InventoryDeps): Promise<void> {
  const { context, reporter } = command;
  const { job, isNew } = await requestInventory(deps);
  const begun = isNew ? 'started' : `under way already, since ${job.createdAt}`;
  const due = dueAt(job, context.clock.now());
  reporter.note(
    `the inventory job is ${begun}; it usually takes ${usualDuration(job)}: come back after ${due}`,
  );
  printJob(reporter, job, { isNew, dueAt: due });
  if (!reporter.isJson) reporter.line(job.jobId);
}

async function printKept(command: InventoryRun, { inventories, destination }: InventoryDeps): Promise<void> {
  const inventory = inventories.kept(destination);
  if (!inventory) {
    const message = `no inventory of vault ${destination.vault} is kept here`;
    throw new GlacierUpError('inventory-unknown', message, {
      hint: 'leave --kept out to ask the service for one',
    });
  }
  await assertYoung(command, inventory);
  await print(command, inventory);
}

async function fetchAndPrint(command: InventoryRun, deps: InventoryDeps): Promise<void> {
  const { options } = command;
  const how = { wait: options.wait === true, maxAgeMs: maxAgeOf(command) };
  const inventory =
    options.job !== undefined
      ? await fetchInventoryOf(deps, options.job, how)
      : await fetchAwaitedInventory(deps, how);
  try {
    await print(command, inventory);
  } finally {
    inventory.release();
  }
}

/** Prints it as it is read. One that is damaged ends in an error, and is not summed up. */
async function print(command: InventoryRun, source: InventorySource): Promise<void> {
  const { options, reporter, signal } = command;
  const isRaw = options.raw === true;
  const reading = source.read();
  for await (const entries of reading) {
    const written = reporter.isJson
      ? reporter.jsons(entries.map(entryJson))
      : reporter.lines(entries.map((entry) => entryText(entry, { isRaw })));
    // Nobody reads any more: `inventory | head` has what it wanted.
    if (!(await unlessAborted(signal, written))) return;
  }
  sumUp(command, source, reading.summary);
}

function entryJson(entry: InventoryEntry): { type: string; [field: string]: unknown } {
  return {
    type: isFaulty(entry) ? 'faulty-entry' : 'inventoried-archive',
    ...entry,
    ...readDescription(entry.description),
  };
}

function sumUp(
  { context, reporter }: InventoryRun,
  source: InventorySource,
  summary: InventorySummary,
): void {
  const { archives, sizeBytes, takenAt, vault, malformed } = summary;
  const { name, askedAtMs } = source;
  reporter.json({
    type: 'inventory',
    vault: vault?.name ?? null,
    region: vault?.region ?? null,
    accountId: vault?.accountId ?? null,
    takenAt,
    askedAt: askedAtMs === null ? null : new Date(askedAtMs).toISOString(),
    archives,
    sizeBytes,
    malformed,
    file: name,
  });
  const count = `${counted(archives, 'archive', 'archives')}, ${sizeText(sizeBytes)}`;
  const when = asOfText(summary, context.clock.now());
  reporter.note(`${vault ? `vault ${vault.name}: ` : ''}${count}${when}; ${visibleLine(name)}`);
  if (malformed === 0) return;
  throw new GlacierUpError(
    'failed',
    counted(malformed, 'entry of the inventory is faulty', 'entries of the inventory are faulty'),
    { hint: 'each is marked above with what it lacks; fetch the inventory again' },
  );
}
