/** Files of one `upload` that are under way at the same time: how many, and what they share. */
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { hasCode } from '../../../errors.js';
import type { Retry } from '../../../glacier/retry/retry.js';
import { systemPath } from '../../../os/path-bytes.js';
import { ContentsUnderWay } from '../../../transfer/contents-under-way.js';
import type { Emit } from '../../../transfer/events.js';
import { unitsOfFile, unitsPerSlot } from '../../../transfer/sending/adaptive-limiter.js';
import { openWire } from '../../../transfer/sending/wire.js';
import type { UploadDeps } from '../../../transfer/upload-deps.js';
import { optimizingLater } from '../../open/optimize-later.js';
import { type Look, OperandWindow, type Stay } from '../../operands/operand-window.js';
import type { UploadRun } from './options.js';

export interface FilesAtOnce {
  window: OperandWindow;
  /** What the transfer of one file works with. */
  depsOf(file: string, stay: Stay): UploadDeps;
  /** A file has come to its end, however. */
  fileDone(): void;
}

/** More connections than this bring no more: it is what 16 slots hold. */
const mostFiles = 128;

/** @param total how many files there will be; null: not known */
export function filesAtOnce(
  { options, patience, reporter }: UploadRun,
  deps: UploadDeps,
  total: number | null,
): FilesAtOnce {
  const { concurrency } = deps;
  const files = reporter.beginFiles(total);
  // The service has taken an upload, or a file needed nothing of it: others may follow.
  let isProven = false;
  const wire = openWire(deps, () => window.changed());
  const { limiter } = wire;
  const contents = new ContentsUnderWay();

  const unitsFor = (sizeBytes: number): number =>
    Math.min(concurrency * unitsPerSlot, unitsOfFile(sizeBytes, options.partSize));

  const look = async (file: string): Promise<Look> => {
    try {
      const { size, dev, ino } = await stat(systemPath(file), { bigint: true });
      return { units: unitsFor(Number(size)), key: `${dev} ${ino}` };
    } catch {
      // What is wrong with it is said when it is its turn.
      return { units: 1, key: resolve(file) };
    }
  };
  const window = new OperandWindow({
    look,
    capacity: () => limiter.width * unitsPerSlot,
    enoughToBegin: unitsPerSlot,
    most: mostFiles,
    isUnproven: () => !isProven || patience.isSpent,
  });

  /** A file takes as much of the window as it has parts to send. */
  const watching = (emit: Emit, stay: Stay): Emit => {
    let leftBytes = 0;
    return (event) => {
      if (event.kind === 'sending') {
        leftBytes = event.plan.sizeBytes - event.keptBytes;
        isProven = true;
        stay.take(unitsFor(leftBytes));
      } else if (event.kind === 'part-stored') {
        leftBytes -= event.range.end - event.range.start;
        stay.take(unitsFor(leftBytes));
      }
      emit(event);
    };
  };

  /** A part that is refused narrows the limit by itself. */
  const narrowing = (emit: Emit): ((retry: Retry) => void) => {
    let seenWidth = limiter.width;
    return (retry) => {
      const isPart = retry.error.service?.operation === 'UploadMultipartPart';
      if (!isPart && hasCode(retry.error, 'throttled', 'request-timeout')) limiter.narrow(seenWidth);
      seenWidth = limiter.width;
      emit({ kind: 'retry', ...retry });
    };
  };

  return {
    window,
    depsOf: (file, stay) => {
      const emit = watching(optimizingLater(files.emitOf(file)), stay);
      return { ...deps, emit, wire, contents, isProven, vault: deps.vault.telling(narrowing(emit)) };
    },
    fileDone: () => {
      isProven = true;
      files.fileDone();
    },
  };
}
