import { GlacierUpError } from '../../../errors.js';
import type { Inventory } from '../../../glacier/inventory.js';
import { dueAt, usualDuration } from '../../../retrieval/await-job.js';
import { fetchInventory, requestInventory } from '../../../retrieval/fetch-inventory.js';
import type { CommandRun } from '../../command-run.js';
import { readInventory } from '../../inventory-file.js';
import { withPlace } from '../../open-place.js';
import { openInventories } from '../../open-state.js';
import { sizeText } from '../../output/units.js';
import { visibleLine } from '../../output/visible.js';

export async function run(command: CommandRun): Promise<void> {
  const { context, options, reporter, signal } = command;
  const { request, wait, kept, file } = options;
  const ways = [request, wait, kept, file !== undefined].filter(Boolean).length;
  if (ways > 1) throw new GlacierUpError('usage', '--request, --wait, --kept and --file exclude each other');
  if (typeof file === 'string') {
    print(command, await readInventory(command, file), file);
    return;
  }
  const inventories = openInventories(command);
  await withPlace(command, options, 'there', async ({ vault, destination }) => {
    const surroundings = {
      vault,
      destination,
      inventories,
      clock: context.clock,
      signal,
      emit: reporter.emit,
    };
    const keptFile = inventories.fileOf(destination);
    if (request) {
      const { job, isNew } = await requestInventory(surroundings);
      const begun = isNew ? 'started' : `under way already, since ${job.createdAt}`;
      const due = dueAt(job, context.clock.now());
      reporter.note(
        `the inventory job is ${begun}; it usually takes ${usualDuration(job)}: come back after ${due}`,
      );
      reporter.json({ type: 'job', jobId: job.jobId, createdAt: job.createdAt, isNew, dueAt: due });
      if (!reporter.isJson) reporter.line(job.jobId);
    } else if (kept) {
      const inventory = inventories.load(destination);
      if (!inventory) {
        throw new GlacierUpError(
          'session-unknown',
          `no inventory of vault ${destination.vault} is kept here`,
          {
            hint: 'leave --kept out to ask the service for one',
          },
        );
      }
      print(command, inventory, keptFile);
    } else {
      print(command, await fetchInventory(surroundings, { wait: wait === true }), keptFile);
    }
  });
}

function print({ reporter }: CommandRun, inventory: Inventory, file: string): void {
  const { archives, takenAt, vault, malformed } = inventory;
  for (const archive of archives) {
    if (reporter.isJson) reporter.json({ type: 'inventoried-archive', ...archive });
    else {
      const { archiveId, createdAt, sizeBytes, description } = archive;
      reporter.line([archiveId, createdAt, sizeText(sizeBytes), visibleLine(description)].join('  '));
    }
  }
  const sizeBytes = archives.reduce((sum, archive) => sum + archive.sizeBytes, 0);
  reporter.json({
    type: 'inventory',
    vault: vault?.name ?? null,
    region: vault?.region ?? null,
    accountId: vault?.accountId ?? null,
    takenAt,
    archives: archives.length,
    sizeBytes,
    malformed,
    file,
  });
  const count = `${archives.length} ${archives.length === 1 ? 'archive' : 'archives'}, ${sizeText(sizeBytes)}`;
  const when = takenAt === null ? '' : `, as of ${takenAt}`;
  reporter.note(`${vault ? `vault ${vault.name}: ` : ''}${count}${when}; ${visibleLine(file)}`);
  if (malformed === 0) return;
  throw new GlacierUpError('failed', `${malformed} entries of the inventory cannot be read`, {
    hint: 'they are left out above; look at the file',
  });
}
