/** `receipts --import FILE`: receipts from what another tool has recorded. */
import { counted } from '../../../counted.js';
import { GlacierUpError } from '../../../errors.js';
import { findArchives } from '../../../glacier/inventory/inventory-source.js';
import { rebuiltReceipt } from '../../../retrieval/against-inventory.js';
import type { Destination } from '../../../session/destination.js';
import type { DeletedLine } from '../../../session/receipts/lines.js';
import { isRebuilt, type Receipt, receiptSchemaVersion } from '../../../session/receipts/receipt.js';
import type { ReceiptLog } from '../../../session/receipts/receipt-log.js';
import { type NumberedRecord, openRecords } from '../../../session/records/read-records.js';
import type { ArchiveRecord } from '../../../session/records/record.js';
import { withVaultConnection } from '../../open/connect-vault.js';
import { openInventories, openReceipts } from '../../open/open-state.js';
import { archiveFields, receiptName } from '../../output/archive-lines.js';
import { visibleLine } from '../../output/visible.js';
import type { ReceiptsRun } from './options.js';

/** So many lines share a flush. */
const groupSize = 1000;

type NumberedArchive = ArchiveRecord & { number: number };

/**
 * `receipts --import FILE`: takes another tool's records into the receipts, a group at a time.
 * @throws GlacierUpError `archive-unusable` when the file cannot be read; `state-unusable`
 */
export async function importRecords(command: ReceiptsRun, file: string): Promise<void> {
  const { options, signal } = command;
  const records = await openRecords(file);
  // Only to know which place the options name: nothing is asked of it.
  await withVaultConnection(command, options, 'there', async ({ destination }) => {
    const importing = new Importing(command, file, destination);
    let group: NumberedRecord[] = [];
    for await (const record of records) {
      signal.throwIfAborted();
      group.push(record);
      if (group.length < groupSize) continue;
      await importing.take(group);
      group = [];
    }
    await importing.take(group);
    await importing.end();
  });
}

/** Takes records in the order of the file, and appends receipts in groups. */
class Importing {
  readonly #command: ReceiptsRun;
  readonly #file: string;
  readonly #destination: Destination;
  readonly #receipts: ReceiptLog;
  #group: (Receipt | DeletedLine)[] = [];
  /** Records without size, tree hash or date, which an inventory may have. */
  readonly #incomplete = new Map<string, NumberedArchive>();
  readonly #counts = { added: 0, known: 0, deleted: 0, otherVaults: 0, refused: 0 };

  constructor(command: ReceiptsRun, file: string, destination: Destination) {
    this.#command = command;
    this.#file = file;
    this.#destination = destination;
    this.#receipts = openReceipts(command);
  }

  /** Receipts of the group are on disk on return. */
  async take(records: readonly NumberedRecord[]): Promise<void> {
    await this.#receipts.whileOpen(async () => {
      for (const record of records) this.#takeOne(record);
      await this.#flush();
    });
  }

  #takeOne(record: NumberedRecord): void {
    if (record.kind === 'refused') this.#refuse(record.number, record.reason);
    else if (!this.#isOfVault(record)) this.#counts.otherVaults += 1;
    else if (record.kind === 'archive') this.#takeArchive(record);
    else {
      const { archiveId, deletedAt } = record;
      this.#incomplete.delete(archiveId);
      this.#group.push({ schema: receiptSchemaVersion, kind: 'deleted', archiveId, deletedAt });
    }
  }

  /** What a record lacks is in the archive's receipt, if it has one, or else in the inventory: see `end`. */
  #takeArchive(record: NumberedArchive): void {
    const known = this.#receipts.byArchiveId(record.archiveId);
    if (known !== null && !isRebuilt(known)) {
      this.#counts.known += 1;
      return;
    }
    if (known !== null) {
      const { deletedAt: _, gone: __, ...receipt } = known;
      this.#addUnlessDifferent(record, receipt);
      return;
    }
    const { archiveId, sizeBytes, treeHash, createdAt } = record;
    if (sizeBytes === null || treeHash === null || createdAt === null) {
      const other = this.#incomplete.get(archiveId);
      if (!other) this.#incomplete.set(archiveId, record);
      else
        this.#refuse(
          record.number,
          `its archive is that of record ${other.number}, and a receipt has one name`,
        );
      return;
    }
    this.#addUnlessDifferent(
      record,
      rebuiltReceipt(
        { archiveId, sizeBytes, treeHash, createdAt, description: '' },
        this.#accountId,
        this.#destination,
      ),
    );
  }

  #addUnlessDifferent(record: NumberedArchive, receipt: Receipt): void {
    const { sizeBytes, treeHash, reading, number } = record;
    const isSame =
      (treeHash ?? receipt.treeHash) === receipt.treeHash &&
      (sizeBytes ?? receipt.sizeBytes) === receipt.sizeBytes;
    if (isSame) this.#group.push({ ...receipt, recorded: reading });
    else this.#refuse(number, 'its tree hash or size is not that of the archive as it is known here');
  }

  async end(): Promise<void> {
    const inventory =
      this.#incomplete.size === 0 ? null : openInventories(this.#command).kept(this.#destination);
    const found = inventory && (await findArchives(inventory, new Set(this.#incomplete.keys())));
    for (const record of this.#incomplete.values()) {
      const archive = found?.get(record.archiveId);
      if (archive) {
        this.#addUnlessDifferent(record, rebuiltReceipt(archive, this.#accountId, this.#destination));
      } else this.#refuse(record.number, missing(record, inventory !== null));
    }
    await this.#flush();
    this.#sumUp();
  }

  get #accountId(): string {
    const { accountOption } = this.#destination;
    return accountOption === '-' ? '' : accountOption;
  }

  #isOfVault(record: { vault: string | null; region?: string | null }): boolean {
    const { vault, region, endpoint } = this.#destination;
    if (record.vault !== null && record.vault !== vault) return false;
    return !record.region || endpoint !== null || record.region === region;
  }

  #refuse(number: number, reason: string): void {
    const { reporter } = this.#command;
    this.#counts.refused += 1;
    if (reporter.isJson) reporter.json({ type: 'refused-record', file: this.#file, number, reason });
    else reporter.urgent(`${visibleLine(this.#file)}:${number}: refused: ${reason}`);
  }

  async #flush(): Promise<void> {
    const { reporter } = this.#command;
    const group = this.#group;
    this.#group = [];
    const added = await this.#receipts.appendRecorded(group);
    const isReceipt = (line: Receipt | DeletedLine): line is Receipt => !('kind' in line);
    const receipts = added.filter(isReceipt);
    this.#counts.added += receipts.length;
    this.#counts.deleted += added.length - receipts.length;
    this.#counts.known += group.filter(isReceipt).length - receipts.length;
    if (receipts.length === 0) return;
    await (reporter.isJson
      ? reporter.jsons(receipts.map((receipt) => archiveFields(receipt, null)))
      : reporter.lines(receipts.map((receipt) => `${receipt.archiveId}  ${receiptName(receipt)}`)));
  }

  #sumUp(): void {
    const { reporter } = this.#command;
    const { added, known, deleted, otherVaults, refused } = this.#counts;
    reporter.json({
      type: 'imported',
      file: this.#file,
      vault: this.#destination.vault,
      ...this.#counts,
    });
    const words = [
      `${counted(added, 'receipt')} written`,
      `${counted(known, 'archive')} had one already`,
      ...(deleted > 0 ? [`${counted(deleted, 'deletion')} noted`] : []),
      ...(otherVaults > 0 ? [`${counted(otherVaults, 'record is', 'records are')} of other vaults`] : []),
    ];
    reporter.note(`${visibleLine(this.#file)}: ${words.join(', ')}`);
    if (refused === 0) return;
    throw new GlacierUpError('failed', counted(refused, 'record was refused', 'records were refused'), {
      hint: 'each is named above with the reason; the others have receipts',
    });
  }
}

function missing({ sizeBytes, treeHash }: ArchiveRecord, hasInventory: boolean): string {
  const what = [...(sizeBytes === null ? ['size'] : []), ...(treeHash === null ? ['tree hash'] : [])];
  const lacks = `it has no ${what.length === 0 ? 'date' : what.join(' and no ')}`;
  return hasInventory
    ? `${lacks}, and the inventory kept here does not list it`
    : `${lacks}: fetch the inventory of the vault first`;
}
