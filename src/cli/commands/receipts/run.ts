import { assertResolvable } from '../../../archive/real-path.js';
import { counted } from '../../../counted.js';
import { GlacierUpError } from '../../../errors.js';
import { hint, step } from '../../../hint.js';
import { isNamed, type NamedVault } from '../../../session/named-vault.js';
import type { KnownReceipt } from '../../../session/receipts/receipt.js';
import type { ReceiptLog } from '../../../session/receipts/receipt-log.js';
import { vaultNamedBy } from '../../open/named-vault.js';
import { openReceipts } from '../../open/open-state.js';
import { archivesNamed, firstOfEachVault, goneText } from '../../operands/current-archive.js';
import { archiveFields, receiptName } from '../../output/archive-lines.js';
import { sizeText } from '../../output/units.js';
import { visibleLine } from '../../output/visible.js';
import type { ReceiptsRun } from './options.js';

/**
 * Runs the command. Failures of single operands are printed and counted; the exit status follows from them.
 * @throws GlacierUpError for what ends the whole run
 */
export async function run(command: ReceiptsRun, files: string[]): Promise<void> {
  const { options } = command;
  const { against, rebuild, forget, import: imported } = options;
  if (against !== undefined) return (await import('./receipts-against.js')).against(command, against);
  if (rebuild !== undefined) return (await import('./receipts-rebuild.js')).rebuild(command, rebuild);
  if (imported !== undefined) {
    return (await import('./receipts-import.js')).importRecords(command, imported);
  }
  if (forget !== undefined) return forgetArchive(command, forget);
  const receipts = openReceipts(command);
  const named = await vaultNamedBy(command);
  if (files.length === 0) return listAll(command, receipts, named);
  for (const file of files) {
    const archives = await archivesNamed(receipts, file, named);
    const current = new Set(firstOfEachVault(archives).map(({ archiveId }) => archiveId));
    const byId = new Map(archives.map((archive) => [archive.archiveId, archive]));
    for (const archive of [...byId.values()].reverse()) {
      print(command, archive, current.has(archive.archiveId) ? 'current' : 'earlier');
    }
    if (archives.length === 0) command.fail(await noReceipt(file), file);
  }
}

async function noReceipt(file: string): Promise<unknown> {
  const unknown = new GlacierUpError('receipt-unknown', 'no receipt is known here');
  return assertResolvable(file).then(
    () => unknown,
    (error: unknown) => error,
  );
}

async function forgetArchive(command: ReceiptsRun, archiveId: string): Promise<void> {
  const receipts = openReceipts(command);
  const known = receipts.byArchiveId(archiveId);
  if (known === null) {
    throw new GlacierUpError('receipt-unknown', `no receipt of archive ${archiveId} is known here`, {
      hint: hint`${step('receipts')} lists the receipts`,
    });
  }
  await receipts.noteGone(archiveId, 'forgotten');
  command.reporter.note(`archive ${archiveId} (${receiptName(known)}) does not count as uploaded any more`);
}

/** So many are written at a time: a million lines would be a million writes. */
const linesAtATime = 500;

async function listAll(command: ReceiptsRun, receipts: ReceiptLog, named: NamedVault): Promise<void> {
  const { reporter } = command;
  const { vault } = named;
  const unreadable: number[] = [];
  const told: KnownReceipt[] = [];
  let count = 0;
  let hidden = 0;
  for (const receipt of receipts.all((lineNumber) => unreadable.push(lineNumber))) {
    if (!isNamed(named, receipt)) {
      hidden += 1;
      continue;
    }
    count += 1;
    told.push(receipt);
    if (told.length < linesAtATime) continue;
    // Whoever reads them has gone away (`| head`).
    if (!(await printAll(command, told.splice(0)))) return;
  }
  await printAll(command, told);
  if (count === 0) reporter.note(vault === undefined ? 'no receipts' : `no receipts of vault ${vault}`);
  const hiding = hidden > 0 ? hidingVariables(command) : [];
  if (hiding.length > 0) {
    const others = counted(hidden, 'receipt of other vaults is', 'receipts of other vaults are');
    reporter.note(`${others} not shown, since ${hiding.join(' and ')}`);
  }
  if (unreadable.length === 0) return;
  const lines = unreadable.join(', ');
  throw new GlacierUpError('state-unusable', `${receipts.file}: invalid receipts on lines ${lines}`, {
    hint: 'a line cut off by a crash is written again by the next run of its upload; keep the file all the same',
  });
}

const variables = {
  vault: 'GLACIER_UP_VAULT',
  local: 'GLACIER_UP_LOCAL',
  region: 'GLACIER_UP_REGION',
  accountId: 'GLACIER_UP_ACCOUNT_ID',
  endpointUrl: 'GLACIER_UP_ENDPOINT_URL',
};

/** Whoever set them for uploads may not think of them here. */
function hidingVariables({ options, givenOptions }: ReceiptsRun): string[] {
  const names = Object.keys(variables) as (keyof typeof variables)[];
  const counting = options.local === undefined ? names : (['vault', 'local'] as const);
  return counting.flatMap((name) =>
    options[name] !== undefined && !givenOptions.has(name) ? [`${variables[name]} is ${options[name]}`] : [],
  );
}

/** @returns false when nobody reads the output any more */
function printAll({ reporter }: ReceiptsRun, receipts: readonly KnownReceipt[]): Promise<boolean> {
  return reporter.isJson
    ? reporter.jsons(receipts.map((receipt) => archiveFields(receipt, receipt.path)))
    : reporter.lines(receipts.map((receipt) => receiptText(receipt)));
}

/** @param content of a file: what it holds now as far as is known here, or what it held before */
function print({ reporter }: ReceiptsRun, receipt: KnownReceipt, content?: 'current' | 'earlier'): void {
  if (reporter.isJson) {
    reporter.json({ ...archiveFields(receipt, receipt.path), ...(content ? { content } : {}) });
    return;
  }
  reporter.line(receiptText(receipt, content));
}

function receiptText(receipt: KnownReceipt, content?: 'current' | 'earlier'): string {
  const { archiveId, completedAt, destination, sizeBytes } = receipt;
  const { vault, endpoint } = destination;
  const where = endpoint === null ? vault : `${vault} (${visibleLine(endpoint)})`;
  const gone = goneText(receipt);
  const end = [...(gone ? [gone] : []), ...(content === 'earlier' ? ['earlier content'] : [])];
  return [archiveId, completedAt, where, sizeText(sizeBytes), receiptName(receipt), ...end].join('  ');
}
