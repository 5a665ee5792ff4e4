/** Which archive a file is, or a stream of a name: the one that `upload` named for it last. */
import { realPathOf } from '../../archive/real-path.js';
import { GlacierUpError } from '../../errors.js';
import { hint, step } from '../../hint.js';
import { isNamed, type NamedVault } from '../../session/named-vault.js';
import { isBelieved, type KnownReceipt, streamSubject } from '../../session/receipts/receipt.js';
import type { ReceiptLog } from '../../session/receipts/receipt-log.js';
import { vaultKey } from '../../session/which-vault.js';
import { vaultNamedBy } from '../open/named-vault.js';
import type { WhereRun } from '../options/shared-options.js';

/**
 * The archives that a file, or an archive from a pipe of this name, was uploaded as, the latest first; one may come
 * several times.
 */
export async function archivesNamed(
  receipts: ReceiptLog,
  operand: string,
  named: NamedVault,
): Promise<KnownReceipt[]> {
  const path = await realPathOf(operand);
  const subjects = [path, streamSubject(operand)];
  return subjects
    .flatMap((subject) => [...receipts.bySubject(subject)])
    .map(({ archive }) => archive)
    .filter((archive) => isNamed(named, archive));
}

/**
 * The latest of those archives; of the vault that the options name, if it has one, or else of one of its name: a folder
 * may have been `--local` when it was uploaded, and be served now.
 */
export async function latestArchiveNamed(
  command: WhereRun,
  receipts: ReceiptLog,
  operand: string,
): Promise<KnownReceipt | undefined> {
  const ofName = await archivesNamed(receipts, operand, { vault: command.options.vault });
  if (ofName.length < 2) return ofName[0];
  const named = await vaultNamedBy(command);
  return ofName.find((archive) => isNamed(named, archive)) ?? ofName[0];
}

/** The first of each vault. @param archives the latest first */
export function firstOfEachVault(archives: readonly KnownReceipt[]): KnownReceipt[] {
  const current = new Map<string, KnownReceipt>();
  for (const archive of archives) {
    const key = vaultKey(archive);
    if (!current.has(key)) current.set(key, archive);
  }
  return [...current.values()];
}

/** Why an archive is not in its vault any more; null when nothing says so. */
export function goneText({ deletedAt, gone }: KnownReceipt): string | null {
  if (deletedAt !== undefined) return `it was deleted on ${deletedAt}`;
  if (gone === undefined) return null;
  const reasons: Record<typeof gone.reason, string> = {
    'vault-recreated': 'its vault was deleted and created again',
    'not-listed': 'an inventory of the vault does not list it',
    'not-found': 'the service could not find it',
    forgotten: 'it was forgotten by receipts --forget',
  };
  return `${reasons[gone.reason]} (noted on ${gone.goneAt})`;
}

/** @throws GlacierUpError `archive-gone` when the archive of a file is not in its vault any more */
export function assertThere(archive: KnownReceipt, operand: string): void {
  if (isBelieved(archive)) return;
  const message = `archive ${archive.archiveId} of ${operand} does not exist any more: ${goneText(archive)}`;
  throw new GlacierUpError('archive-gone', message, {
    hint: hint`${step('receipts', operand)} lists every archive of it; name one by its ID`,
  });
}
