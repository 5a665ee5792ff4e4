/** The events of transfers and retrievals in words. */
import { counted } from '../../counted.js';
import { rangeText } from '../../glacier/byte-range.js';
import { maxParts } from '../../glacier/limits.js';
import type { TransferEvent } from '../../transfer/events.js';
import { durationText, sizeText } from './units.js';
import { visibleLine } from './visible.js';

/** What is said without --verbose. */
const alwaysTold: ReadonlySet<TransferEvent['kind']> = new Set([
  'note',
  'sending',
  'receiving',
  'retrieving',
  'nearing-limit',
  'dropped',
]);

/** True when the event is printed without `--verbose`, too. */
export function isAlwaysTold(event: TransferEvent): boolean {
  return alwaysTold.has(event.kind) || (event.kind === 'downloading' && event.keptBytes > 0);
}

/** null: nothing is said of it. */
export function messageOf(event: TransferEvent): string | null {
  switch (event.kind) {
    case 'note':
      return event.message;
    case 'sending': {
      const { file, plan, keptParts, keptBytes, isNew } = event;
      const parts = `${counted(plan.partCount, 'part')} of ${sizeText(plan.partSizeBytes)}`;
      return isNew
        ? `${visibleLine(file)}: sending ${sizeText(plan.sizeBytes)} in ${parts}`
        : `${visibleLine(file)}: resumed: ${keptParts} of ${parts} (${sizeText(keptBytes)}) are stored already`;
    }
    case 'receiving': {
      const { file, partSizeBytes, keptParts, keptBytes, isNew } = event;
      const parts = `parts of ${sizeText(partSizeBytes)}`;
      return isNew
        ? `${visibleLine(file)}: sending what comes, in ${parts}: at most ${sizeText(partSizeBytes * maxParts)}`
        : `${visibleLine(file)}: resumed: ${keptParts} ${parts} (${sizeText(keptBytes)}) are stored already, what comes is compared with them`;
    }
    case 'nearing-limit': {
      const { usedParts, partSizeBytes } = event;
      const holds = `${sizeText(usedParts * partSizeBytes)} of the ${sizeText(maxParts * partSizeBytes)} that parts of ${sizeText(partSizeBytes)} can hold`;
      return `${usedParts} of ${maxParts} parts are used, ${holds}: if much more is to come, begin again with a larger --part-size and --start-over`;
    }
    case 'part-found':
      return `part ${rangeText(event.range)} is stored already`;
    case 'retrieving': {
      const { file, totalBytes, keptBytes, totalRanges, keptRanges } = event;
      const ranges = counted(totalRanges, 'range');
      return keptRanges === 0
        ? `${visibleLine(file)}: downloading ${sizeText(totalBytes)} in ${ranges}`
        : `${visibleLine(file)}: resumed: ${keptRanges} of ${ranges} (${sizeText(keptBytes)}) are proved already`;
    }
    case 'downloading': {
      const { totalBytes, keptBytes } = event;
      return keptBytes === 0
        ? `downloading the inventory: ${sizeText(totalBytes)}`
        : `resumed: ${sizeText(keptBytes)} of the inventory's ${sizeText(totalBytes)} are downloaded already`;
    }
    case 'dropped': {
      const { jobId, sizeBytes, reason } = event;
      return `the ${sizeText(sizeBytes)} that were downloaded of inventory job ${jobId} are deleted: ${reason}`;
    }
    case 'range-proved':
      return `range ${event.range.start}-${event.range.end - 1} proved`;
    case 'retry': {
      const { error, waitMs, attempt } = event;
      return `try ${attempt} failed: ${error.message}; again in ${durationText(waitMs)}`;
    }
    case 'concurrency':
      return `sending ${counted(event.partsAtOnce, 'part')} at a time: ${event.reason}`;
    case 'part-stored':
      return `part ${event.range.start}-${event.range.end - 1} stored`;
    case 'completing':
      return `${visibleLine(event.file)}: completing`;
    default:
      return null;
  }
}
