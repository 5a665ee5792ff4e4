import { counted } from '../../../counted.js';
import { GlacierUpError } from '../../../errors.js';
import type { AskedInventory, Inventory } from '../../../glacier/inventory.js';
import { dueAt, usualDuration } from '../../../retrieval/await-job.js';
import {
  fetchAwaitedInventory,
  fetchInventoryOf,
  requestInventory,
} from '../../../retrieval/fetch-inventory.js';
import type { InventorySurroundings } from '../../../retrieval/surroundings.js';
import type { CommandRun } from '../../command-run.js';
import { asOfText, assertYoung, maxAgeOf } from '../../inventory-age.js';
import { readInventory } from '../../inventory-file.js';
import { withPlace } from '../../open-place.js';
import { openInventories, openReceipts } from '../../open-state.js';
import { describedName } from '../../output/described-name.js';
import { printJob, tellingJob } from '../../output/job-line.js';
import { sizeText } from '../../output/units.js';
import { visibleLine } from '../../output/visible.js';

export async function run(command: CommandRun): Promise<void> {
  const { context, options, reporter, signal } = command;
  refuseMixtures(command);
  if (typeof options.file === 'string') {
    const inventory = await readInventory(command, options.file);
    assertYoung(command, inventory, options.file);
    print(command, inventory, options.file);
    return;
  }
  const inventories = openInventories(command);
  await withPlace(command, options, 'there', async ({ vault, destination }) => {
    const surroundings = {
      vault,
      destination,
      inventories,
      receipts: openReceipts(command),
      clock: context.clock,
      signal,
      emit: reporter.emit,
    };
    if (options.request) await request(command, surroundings);
    else if (options.kept) printKept(command, surroundings);
    else await tellingJob(reporter, () => fetchAndPrint(command, surroundings));
  });
}

function refuseMixtures({ options }: CommandRun): void {
  const { request, wait, kept, file, job, maxAge } = options;
  const ways = [request, wait || job !== undefined, kept, file !== undefined].filter(Boolean).length;
  if (ways > 1) {
    const message = '--request, --kept and --file exclude each other, and --wait and --job';
    throw new GlacierUpError('usage', message);
  }
  if (request && maxAge !== undefined) {
    throw new GlacierUpError('usage', '--request prints no inventory: --max-age means nothing with it');
  }
}

async function request(command: CommandRun, surroundings: InventorySurroundings): Promise<void> {
  const { context, reporter } = command;
  const { job, isNew } = await requestInventory(surroundings);
  const begun = isNew ? 'started' : `under way already, since ${job.createdAt}`;
  const due = dueAt(job, context.clock.now());
  reporter.note(
    `the inventory job is ${begun}; it usually takes ${usualDuration(job)}: come back after ${due}`,
  );
  printJob(reporter, job, { isNew, dueAt: due });
  if (!reporter.isJson) reporter.line(job.jobId);
}

function printKept(command: CommandRun, { inventories, destination }: InventorySurroundings): void {
  const inventory = inventories.load(destination);
  if (!inventory) {
    const message = `no inventory of vault ${destination.vault} is kept here`;
    throw new GlacierUpError('session-unknown', message, {
      hint: 'leave --kept out to ask the service for one',
    });
  }
  const file = inventories.fileOf(destination);
  assertYoung(command, inventory, file);
  print(command, inventory, file);
}

async function fetchAndPrint(command: CommandRun, surroundings: InventorySurroundings): Promise<void> {
  const { options } = command;
  const how = { wait: options.wait === true, maxAgeMs: maxAgeOf(command) };
  const inventory =
    typeof options.job === 'string'
      ? await fetchInventoryOf(surroundings, options.job, how)
      : await fetchAwaitedInventory(surroundings, how);
  print(command, inventory, inventory.file ?? `job ${options.job}`);
}

function print({ context, reporter }: CommandRun, inventory: Inventory | AskedInventory, file: string): void {
  const { archives, takenAt, vault, malformed } = inventory;
  for (const archive of archives) {
    if (reporter.isJson) reporter.json({ type: 'inventoried-archive', ...archive });
    else {
      const { archiveId, createdAt, sizeBytes, description } = archive;
      reporter.line(
        [archiveId, createdAt, sizeText(sizeBytes), visibleLine(describedName(description))].join('  '),
      );
    }
  }
  const sizeBytes = archives.reduce((sum, archive) => sum + archive.sizeBytes, 0);
  const askedAtMs = 'askedAtMs' in inventory ? inventory.askedAtMs : null;
  reporter.json({
    type: 'inventory',
    vault: vault?.name ?? null,
    region: vault?.region ?? null,
    accountId: vault?.accountId ?? null,
    takenAt,
    askedAt: askedAtMs === null ? null : new Date(askedAtMs).toISOString(),
    archives: archives.length,
    sizeBytes,
    malformed,
    file,
  });
  const count = `${counted(archives.length, 'archive')}, ${sizeText(sizeBytes)}`;
  const when = asOfText(inventory, context.clock.now());
  reporter.note(`${vault ? `vault ${vault.name}: ` : ''}${count}${when}; ${visibleLine(file)}`);
  if (malformed === 0) return;
  throw new GlacierUpError(
    'failed',
    `${counted(malformed, 'entry', 'entries')} of the inventory cannot be read`,
    {
      hint: 'they are left out above; look at the file',
    },
  );
}
