import { realPathOf } from '../../../archive/archive-file.js';
import { GlacierUpError } from '../../../errors.js';
import type { Receipt } from '../../../session/receipts.js';
import type { CommandRun } from '../../command-run.js';
import { openState } from '../../open-state.js';
import { archiveFields, receiptName } from '../../output/archive-lines.js';
import { sizeText } from '../../output/units.js';

export async function run(command: CommandRun, files: string[]): Promise<void> {
  const { options, reporter } = command;
  const { against, rebuild } = options;
  if (typeof against === 'string' || typeof rebuild === 'string') {
    if (files.length > 0 || (against !== undefined && rebuild !== undefined)) {
      throw new GlacierUpError('usage', '--against and --rebuild take no file, and exclude each other');
    }
    if (typeof against === 'string') await (await import('./receipts-against.js')).against(command, against);
    else await (await import('./receipts-rebuild.js')).rebuild(command, String(rebuild));
    return;
  }
  const { receipts } = await openState(command);
  const wanted = options.vault;
  const all = receipts
    .all()
    .filter(({ destination }) => wanted === undefined || destination.vault === wanted);
  if (files.length === 0) {
    for (const receipt of all) print(command, receipt);
    if (all.length === 0) reporter.note('no receipts');
  }
  for (const file of files) {
    const path = await realPathOf(file);
    const found = all.filter((receipt) => receipt.path === path || receipt.streamName === file);
    for (const receipt of found) print(command, receipt);
    if (found.length === 0)
      command.fail(new GlacierUpError('session-unknown', 'no receipt is known here'), file);
  }
  const unreadable = receipts.unreadableLines();
  if (unreadable.length > 0) {
    const lines = unreadable.join(', ');
    throw new GlacierUpError('state-unusable', `${receipts.file}: these lines are no receipts: ${lines}`, {
      hint: 'a line cut off by a crash is written anew by the next run of its upload; keep the file all the same',
    });
  }
}

function print({ reporter }: CommandRun, receipt: Receipt): void {
  if (reporter.isJson) {
    reporter.json(archiveFields(receipt, receipt.path));
    return;
  }
  const { archiveId, completedAt, destination, sizeBytes, deletedAt } = receipt;
  const end = deletedAt === undefined ? [] : [`deleted ${deletedAt}`];
  reporter.line(
    [archiveId, completedAt, destination.vault, sizeText(sizeBytes), receiptName(receipt), ...end].join('  '),
  );
}
