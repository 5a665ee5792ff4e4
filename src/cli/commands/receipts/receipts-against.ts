/** `receipts --against INVENTORY`: is everything in the vault that was archived? */
import { counted } from '../../../counted.js';
import { GlacierUpError, hasCode } from '../../../errors.js';
import {
  certainUntilMs,
  type InventoryEntry,
  type InventorySummary,
  isFaulty,
} from '../../../glacier/inventory/inventory.js';
import { headOf, type InventorySource } from '../../../glacier/inventory/inventory-source.js';
import { hint, stepAtVault } from '../../../hint.js';
import { readDescription } from '../../../names/read-description.js';
import {
  assertVault,
  checkEntry,
  type ReceiptCheck,
  type ReceiptState,
  receiptsOf,
  unlistedReceipts,
} from '../../../retrieval/against-inventory.js';
import type { Destination } from '../../../session/destination.js';
import { isNamed, type NamedVault } from '../../../session/named-vault.js';
import { type KnownReceipt, readingOf } from '../../../session/receipts/receipt.js';
import type { ReceiptLog } from '../../../session/receipts/receipt-log.js';
import { vaultKey } from '../../../session/which-vault.js';
import { unlessAborted } from '../../../unless-aborted.js';
import { asOfText, assertYoung } from '../../open/inventory-age.js';
import { inventoryFile, keptWord } from '../../open/inventory-file.js';
import { vaultNamedBy } from '../../open/named-vault.js';
import { openInventories, openState } from '../../open/open-state.js';
import { entryText, receiptName } from '../../output/archive-lines.js';
import { sizeText } from '../../output/units.js';
import { visibleLine } from '../../output/visible.js';
import type { ReceiptsRun } from './options.js';

type State = ReceiptState | 'unknown' | 'faulty';
type Line = { entry: InventoryEntry } | ReceiptCheck;

type IsOfVault = (receipt: KnownReceipt) => boolean;

/**
 * `receipts --against FILE`: compares the receipts with an inventory, and prints what became of each.
 * @param name a path, `-` for standard input, or the word for the inventory that is kept
 * @throws GlacierUpError `usage` when it is of another vault; `inventory-old`; what reading it may
 */
export async function against(command: ReceiptsRun, name: string): Promise<void> {
  const { receipts } = await openState(command);
  const named = await vaultNamedBy(command);
  if (name === keptWord) return await againstKept(command, receipts, named);
  const source = inventoryFile(command, name);
  await assertYoung(command, source);
  const head = await headOf(source);
  // A pipe may say it after the list.
  const isKnown = head.vault !== null || named.vault !== undefined || source.isOnce !== true;
  const isOfVault = isKnown ? receiptsOf(receipts.vaults(), head, named) : null;
  await tell(command, receipts, source, (summary) => {
    assertVault(summary, named);
    return isOfVault ?? receiptsOf(receipts.vaults(), summary, named);
  });
}

/** Each vault that the options name, by its own inventory. */
async function againstKept(command: ReceiptsRun, receipts: ReceiptLog, named: NamedVault): Promise<void> {
  const inventories = openInventories(command);
  let kept = 0;
  for (const [key, spellings] of vaultsOf(receipts, named)) {
    // An inventory is kept under the words that its vault was spelled in when it was fetched.
    const [inventory] = spellings.flatMap((destination) => inventories.kept(destination) ?? []);
    if (!inventory) {
      command.reporter.note(`no inventory of vault ${spellings[0]?.vault} is kept here`);
      continue;
    }
    kept += 1;
    try {
      await assertYoung(command, inventory);
      await tell(command, receipts, inventory, () => (receipt) => vaultKey(receipt) === key);
    } catch (error) {
      if (!hasCode(error, 'inventory-old')) throw error;
      command.fail(error, inventory.name);
    }
  }
  if (kept > 0) return;
  throw new GlacierUpError('session-unknown', 'no inventory of a vault with receipts is kept here', {
    hint: hint`fetch one with ${stepAtVault('inventory')}, or name a file`,
  });
}

/** The vaults with receipts, each with the ways in which it was spelled, by `vaultKey`. */
function vaultsOf(receipts: ReceiptLog, named: NamedVault): Map<string, Destination[]> {
  const vaults = new Map<string, Map<string, Destination>>();
  for (const vault of receipts.vaults()) {
    if (!isNamed(named, vault)) continue;
    const { destination } = vault;
    const key = vaultKey(vault);
    const spellings = vaults.get(key) ?? new Map<string, Destination>();
    vaults.set(key, spellings.set(JSON.stringify(destination), destination));
  }
  return new Map([...vaults].map(([key, spellings]) => [key, [...spellings.values()]]));
}

/**
 * Prints each archive that the inventory lists as it is read, then the receipts of those that it does not list.
 * @param isOfVaultBy which receipts are of its vault, once it was read to its end
 */
async function tell(
  command: ReceiptsRun,
  receipts: ReceiptLog,
  source: InventorySource,
  isOfVaultBy: (summary: InventorySummary) => IsOfVault,
): Promise<void> {
  const tally = receipts.tally();
  const telling = new Telling(command);
  const reading = source.read();
  await receipts.whileOpen(async () => {
    for await (const entries of reading) {
      await telling.tell(entries.map((entry) => checkEntry(tally, entry) ?? { entry }));
    }
  });
  const { summary } = reading;
  const certainMs = certainUntilMs(summary, source.askedAtMs);
  const unlisted = unlistedReceipts(receipts, tally, { certainMs, isOfVault: isOfVaultBy(summary) });
  for (const lines of inGroups(unlisted)) await telling.tell(lines);
  telling.sumUp(summary, source.name);
}

/** So many lines are written at a time. */
const groupSize = 200;

function* inGroups<T>(items: Iterable<T>): Generator<T[], void> {
  let group: T[] = [];
  for (const item of items) {
    group.push(item);
    if (group.length < groupSize) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}

/** What is printed about receipts and archives, and how many there are of each state. */
class Telling {
  readonly #command: ReceiptsRun;
  readonly #counts = new Map<State, number>();

  constructor(command: ReceiptsRun) {
    this.#command = command;
  }

  /** Under `--quiet` nothing is said of what is as it should be. */
  async tell(lines: readonly Line[]): Promise<void> {
    const { reporter, options, signal } = this.#command;
    const told: Line[] = [];
    for (const line of lines) {
      const state = lineState(line);
      this.#counts.set(state, this.#count(state) + 1);
      if (state !== 'confirmed' || options.quiet !== true) told.push(line);
    }
    if (told.length === 0) return;
    const written = reporter.isJson ? reporter.jsons(told.map(lineJson)) : reporter.lines(told.map(lineText));
    await unlessAborted(signal, written);
  }

  #count(state: State): number {
    return this.#counts.get(state) ?? 0;
  }

  sumUp(summary: InventorySummary, name: string): void {
    const { reporter, context } = this.#command;
    const { takenAt, vault, malformed } = summary;
    const count = (state: State): number => this.#count(state);
    reporter.json({
      type: 'against',
      vault: vault?.name ?? null,
      takenAt,
      confirmed: count('confirmed'),
      different: count('different'),
      unproved: count('unproved'),
      missing: count('missing'),
      replaced: count('replaced'),
      young: count('young'),
      deleted: count('deleted'),
      deletedListed: count('deleted-listed'),
      unknown: count('unknown'),
      malformed,
    });
    const words = [
      `${count('confirmed')} confirmed`,
      ...(['different', 'unproved', 'missing', 'replaced', 'young', 'deleted'] as const).flatMap((state) =>
        count(state) > 0 ? [`${count(state)} ${state}`] : [],
      ),
      ...(count('deleted-listed') > 0 ? [`${count('deleted-listed')} deleted and still listed`] : []),
      ...(count('unknown') > 0 ? [`${count('unknown')} unknown here`] : []),
    ];
    const when = asOfText(summary, context.clock.now());
    const text = `${visibleLine(name)}${when}: ${words.join(', ')}`;
    // Under `--quiet`, too, when a line was printed: the totals say what it is out of. With `--json` they are an object already.
    if (words.length > 1 && !reporter.isJson) reporter.urgent(text);
    else reporter.note(text);
    this.#failFor(malformed, name);
  }

  #failFor(malformed: number, name: string): void {
    const { fail } = this.#command;
    if (malformed > 0) {
      const entries = counted(
        malformed,
        'entry of the inventory is faulty',
        'entries of the inventory are faulty',
      );
      fail(new GlacierUpError('failed', entries, { hint: 'look at the file' }), name);
    }
    const [missing, different] = [this.#count('missing'), this.#count('different')];
    if (missing + different === 0) return;
    const message = `${counted(missing, 'archive is', 'archives are')} missing in the vault, ${counted(different, 'is', 'are')} there with another tree hash or size`;
    const next = hint`check whether somebody deleted them; if their files are still here, ${stepAtVault('upload', '--again', 'FILE')} uploads them`;
    fail(new GlacierUpError('mismatch', message, { hint: next }), name);
  }
}

/** An entry that no receipt tells of is unknown here, or too faulty to say. */
function lineState(line: Line): State {
  if ('receipt' in line) return line.state;
  return isFaulty(line.entry) ? 'faulty' : 'unknown';
}

function lineText(line: Line): string {
  const state = lineState(line);
  if ('entry' in line) return `${state}  ${entryText(line.entry, { isQuoted: true })}`;
  const { archiveId, completedAt, sizeBytes } = line.receipt;
  return [state, archiveId, completedAt, sizeText(sizeBytes), receiptName(line.receipt)].join('  ');
}

function lineJson(line: Line): { type: string; [field: string]: unknown } {
  if ('entry' in line && isFaulty(line.entry)) {
    return { type: 'faulty-entry', ...line.entry, ...readDescription(line.entry.description) };
  }
  const { archiveId, sizeBytes, treeHash, description } = 'entry' in line ? line.entry : line.receipt;
  const isKnown = 'receipt' in line;
  return {
    type: 'receipt-check',
    state: lineState(line),
    archiveId,
    file: isKnown ? line.receipt.path : null,
    vault: isKnown ? line.receipt.destination.vault : null,
    completedAt: isKnown ? line.receipt.completedAt : line.entry.createdAt,
    sizeBytes,
    treeHash,
    description,
    name: isKnown
      ? (line.receipt.streamName ?? readingOf(line.receipt).name)
      : readDescription(description).name,
  };
}
