/** An archive found by its name: the one that its description says, or that another tool's record has. */
import { basename } from 'node:path';
import { GlacierUpError } from '../../../errors.js';
import { isFaulty } from '../../../glacier/inventory/inventory.js';
import { hint, stepAtVault } from '../../../hint.js';
import { nameKey } from '../../../names/name-key.js';
import type { NameReading } from '../../../names/name-reading.js';
import { readDescription } from '../../../names/read-description.js';
import { namesAsWindows, safeRelativePath } from '../../../names/safe-path.js';
import type { Destination } from '../../../session/destination.js';
import { isBelieved, type KnownReceipt, readingOf } from '../../../session/receipts/receipt.js';
import type { ReceiptLog } from '../../../session/receipts/receipt-log.js';
import { isSameVault } from '../../../session/which-vault.js';
import { openInventories } from '../../open/open-state.js';
import type { NamedArchive } from '../../operands/archives-known.js';
import { sizeText } from '../../output/units.js';
import type { RetrieveRun } from './options.js';

interface Candidate {
  archiveId: string;
  createdAt: string;
  sizeBytes: number;
  receipt: KnownReceipt | null;
  reading: NameReading;
}

/** So many are listed where a name is that of several archives. */
const mostListed = 20;

/**
 * Looks in the receipts and in the inventory that is kept here.
 * @returns it, and under which name it is retrieved when none is given; null when no archive has the name
 * @throws GlacierUpError `usage` when several have it, listing their IDs, or when it is that of a folder
 */
export async function archiveByName(
  command: RetrieveRun,
  receipts: ReceiptLog,
  destination: Destination,
  operand: string,
): Promise<(NamedArchive & { fileName: string | null }) | null> {
  const candidates = await candidatesOf(command, receipts, destination, operand);
  const [first] = candidates;
  if (first === undefined) return null;
  if (candidates.length > 1) throw severalArchives(operand, candidates);
  const { archiveId, receipt, reading } = first;
  if (reading.isFolder) {
    throw new GlacierUpError(
      'usage',
      `archive ${archiveId} stands for the folder ${operand}: it has no content`,
      {
        hint: hint`name a file in it; ${stepAtVault('inventory')} lists them`,
      },
    );
  }
  tellMarks(command, operand, reading);
  const path = safeRelativePath(reading.name ?? operand, { isWindowsPath: namesAsWindows(reading) });
  return { archiveId, receipt, selector: command.options, fileName: path && basename(path) };
}

async function candidatesOf(
  command: RetrieveRun,
  receipts: ReceiptLog,
  destination: Destination,
  operand: string,
): Promise<Candidate[]> {
  const wanted = nameKey(operand);
  const isWanted = ({ name, otherName }: NameReading): boolean =>
    [name, otherName].some((text) => typeof text === 'string' && nameKey(text) === wanted);
  const found = new Map<string, Candidate>();
  const vault = { destination, accountId: null };
  for (const receipt of receipts.all()) {
    const reading = readingOf(receipt);
    if (!isWanted(reading) || !isSameVault(receipt, vault)) continue;
    const { archiveId, completedAt: createdAt, sizeBytes } = receipt;
    found.set(archiveId, { archiveId, createdAt, sizeBytes, receipt, reading });
  }
  const inventory = openInventories(command).kept(destination);
  for await (const entries of inventory?.read() ?? []) {
    for (const entry of entries) {
      if (isFaulty(entry) || found.has(entry.archiveId)) continue;
      const reading = readDescription(entry.description);
      if (!isWanted(reading)) continue;
      const { archiveId, createdAt, sizeBytes } = entry;
      found.set(archiveId, {
        archiveId,
        createdAt,
        sizeBytes,
        reading,
        receipt: receipts.byArchiveId(archiveId),
      });
    }
  }
  return [...found.values()].filter(({ receipt }) => receipt === null || isBelieved(receipt));
}

function severalArchives(operand: string, candidates: readonly Candidate[]): GlacierUpError {
  const newestFirst = candidates.toSorted((a, b) => b.createdAt.localeCompare(a.createdAt));
  const listed = newestFirst
    .slice(0, mostListed)
    .map(({ archiveId, createdAt, sizeBytes }) => `${archiveId} (${createdAt}, ${sizeText(sizeBytes)})`);
  const more = candidates.length - listed.length;
  const all = [...listed, ...(more > 0 ? [`and ${more} more`] : [])].join(', ');
  return new GlacierUpError('usage', `${candidates.length} archives have the name ${operand}: ${all}`, {
    hint: 'name one by its archive ID',
  });
}

/** What is brought back is what was archived, not the file. */
function tellMarks({ reporter }: RetrieveRun, operand: string, reading: NameReading): void {
  const { isCompressed, isEncrypted, writer } = reading;
  const marks = [isCompressed ? 'compressed' : '', isEncrypted ? 'encrypted' : ''].filter(Boolean);
  if (marks.length === 0) return;
  reporter.note(
    `${operand}: the archive is ${marks.join(' and ')} by ${writer}, and is brought back like that`,
  );
}
