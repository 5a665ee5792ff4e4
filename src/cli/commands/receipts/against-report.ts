/** What `receipts --against` prints: a line for each receipt or archive, the totals, and the failure that follows from them. */
import { counted } from '../../../counted.js';
import { GlacierUpError } from '../../../errors.js';
import {
  type InventoryEntry,
  type InventorySummary,
  isFaulty,
} from '../../../glacier/inventory/inventory.js';
import { hint, stepAtVault } from '../../../hint.js';
import { readDescription } from '../../../names/read-description.js';
import type { ReceiptCheck, ReceiptState } from '../../../retrieval/against-inventory.js';
import { readingOf } from '../../../session/receipts/receipt.js';
import { unlessAborted } from '../../../unless-aborted.js';
import { asOfText } from '../../open/inventory-age.js';
import { entryText, receiptName } from '../../output/archive-lines.js';
import { sizeText } from '../../output/units.js';
import { visibleLine } from '../../output/visible.js';
import type { ReceiptsRun } from './options.js';

type State = ReceiptState | 'unknown' | 'faulty';
/** An archive without a receipt, or a receipt and what the inventory says of it. */
export type Line = { entry: InventoryEntry } | ReceiptCheck;

/** What is printed about receipts and archives, and how many there are of each state. */
export class AgainstReport {
  readonly #command: ReceiptsRun;
  readonly #counts = new Map<State, number>();

  constructor(command: ReceiptsRun) {
    this.#command = command;
  }

  /** Under `--quiet` nothing is said of what is as it should be. */
  async print(lines: readonly Line[]): Promise<void> {
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

  /** Prints the totals, and reports what is missing or different. */
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

/** An entry without a receipt is unknown here, or too faulty to say. */
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
